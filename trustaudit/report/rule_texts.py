"""What the rules say of themselves, for formats that carry help texts along. Ours, so nothing in here is hostile."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Final

from msgspec import Struct

from trustaudit.checks import all_checks
from trustaudit.checks.interface import Check

INCOMPLETE_RULE: Final = "incomplete-audit"
"""Not a check: the verdict ``incomplete``, in formats where only results are seen."""

_SECTION: Final = "## What it does"
_URL: Final = re.compile(r"https://[^\s)>\]]+")


class RuleText(Struct, frozen=True):
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
    """Of any rule id, also of one that this version does not know."""
    return _by_id().get(rule) or RuleText(rule, rule, f"A rule of another version: {rule}.", rule, "", "")


@cache
def _by_id() -> dict[str, RuleText]:
    texts = [_of_check(check) for check in all_checks()]
    return {text.id: text for text in (*texts, *texts_without_check())}


def _of_check(check: Check) -> RuleText:
    page = inspect.cleandoc(check.doc)
    body = page.partition(_SECTION)[2].lstrip()
    summary = " ".join(body.partition("\n\n")[0].partition("\n##")[0].split())
    found = _URL.search(page)
    meta = check.meta
    url = found[0] if found else ""
    return RuleText(meta.id, meta.title, summary or meta.title, page, meta.severity, meta.category, url)


def all_rule_texts() -> tuple[RuleText, ...]:
    """Every rule that a report can name: those of the checks in their order, then those without a check."""
    return tuple(_by_id().values())


def texts_without_check() -> tuple[RuleText, ...]:
    """The rules that follow from a policy alone."""
    return tuple(_own(id_, *rest) for id_, *rest in _OWN)


def _own(rule: str, severity: str, category: str, page: str) -> RuleText:
    text = inspect.cleandoc(page)
    body = text.partition(_SECTION)[2].lstrip()
    summary = " ".join(body.partition("\n\n")[0].split())
    return RuleText(rule, text.partition("\n")[0], summary, text, severity, category)


_OWN: Final = (
    (
        "not-allowed-by-policy",
        "high",
        "publisher",
        """Repository that the policy does not list

        ## What it does
        Compares the id that was asked for and the id that the Hub answered with to the repositories that the policy in
        use allows. Both have to be listed. Without such a list the rule says nothing.

        ## Why it matters
        A team that has looked at a few repositories wants to hear of every other one, however clean it looks.

        ## Example
        ```toml
        [repos]
        allowed = ["our-org/*", "datasets/our-org/*"]
        ```
        `trustaudit check somebody/model` is then a block.

        ## How to fix
        Use a repository of the list, or have this one added by whoever owns the policy.

        ## References
        - docs/policy.md
        """,
    ),
    (
        INCOMPLETE_RULE,
        "medium",
        "integrity",
        """Audit that could not see what the policy requires

        ## What it does
        Stands for the verdict *incomplete* in formats that know results only: something that the policy requires could
        not be looked at. A gated, private or missing repository, an endpoint that failed, or a file beyond the budget.

        ## Why it matters
        What was not seen is not clean. An empty list of results would read as a pass.

        ## Example
        A gated repository without a token that may read it.

        ## How to fix
        Give a token that has access, ask again later, or require less (`[required]` of the policy). What was not
        seen is named in the result.

        ## References
        - docs/policy.md
        - docs/exit-codes.md
        """,
    ),
)
