"""What the rules say of themselves, for formats that carry help texts along. Ours, so nothing in here is hostile."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from trustaudit.checks import all_checks
from trustaudit.checks.interface import Check

INCOMPLETE_RULE: Final = "incomplete-audit"
"""Not a check: the verdict ``incomplete``, in formats where only results are seen."""

_SECTION: Final = "## What it does"
_URL: Final = re.compile(r"https://[^\s)>\]]+")


@dataclass(frozen=True, slots=True)
class RuleText:
    """``summary`` is one paragraph, ``page`` the whole documentation in Markdown, ``url`` its first reference.

    ``severity`` is the usual one; empty where nobody knows.
    """

    id: str
    title: str
    summary: str
    page: str
    severity: str
    category: str
    url: str = ""


def rule_text(rule: str) -> RuleText:
    """Of any rule id: also of those that only a policy states, or that this version does not know."""
    return _by_id().get(rule) or RuleText(rule, rule, f"A rule of another version: {rule}.", rule, "", "")


@cache
def _by_id() -> dict[str, RuleText]:
    texts = [_of_check(check) for check in all_checks()]
    return {text.id: text for text in (*texts, *_OWN)}


def _of_check(check: Check) -> RuleText:
    page = inspect.cleandoc(check.doc)
    body = page.partition(_SECTION)[2].lstrip()
    summary = " ".join(body.partition("\n\n")[0].partition("\n##")[0].split())
    found = _URL.search(page)
    meta = check.meta
    url = found[0] if found else ""
    return RuleText(meta.id, meta.title, summary or meta.title, page, meta.severity, meta.category, url)


_OWN: Final = (
    RuleText(
        "not-allowed-by-policy",
        "Repository that the policy does not list",
        "The policy allows listed repositories only, and this is not one of them.",
        "The policy allows listed repositories only. See docs/policy.md, `[repos] allowed`.",
        severity="high",
        category="publisher",
    ),
    RuleText(
        INCOMPLETE_RULE,
        "Audit that could not see what the policy requires",
        "Something that the policy requires could not be looked at, so there is no verdict. This is not a pass.",
        "A gated, private or missing repository, an endpoint that failed, or a file beyond the budget. What was not "
        "seen is named in the result. This is not a pass: see docs/policy.md, `[required]`.",
        severity="medium",
        category="integrity",
    ),
)
