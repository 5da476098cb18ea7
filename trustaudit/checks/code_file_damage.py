"""Code that deletes files of the machine

## What it does
Reports deletions that run at import or while a model is loaded, and deletions of home folders, drives or the root.

## Why it matters
Loading a model has nothing to delete but its own temporary files.

## Example
`shutil.rmtree(os.path.expanduser("~"))`

## How to fix
Do not run this code.

## References
- https://attack.mitre.org/techniques/T1485/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trustaudit.checks._code import IMPORT, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-file-damage",
    title="Code that deletes files of the machine",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_WIDE = re.compile(
    r"(?:/|~/?|\$HOME/?|[A-Za-z]:[\\/]?|/(?:home|root|etc|usr|var|boot|bin|opt|mnt|Users)(?:/[^/]{0,40})?/?|%USERPROFILE%)"
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "delete"):
        weight = _weight(fact)
        severity = fact.weighed(weight.severity, loose=1) if weight is not None else Severity.INFO
        if weight is not None and severity is not Severity.INFO:
            yield code_finding(META, fact, "deletes files", severity, weight.confidence)


def _weight(fact: CodeFact) -> Weight | None:
    text = fact.note.get("text")
    if "tree" in fact.what and fact.note.get("constant") and _WIDE.fullmatch(text):
        return Weight(Severity.CRITICAL)
    return Weight(Severity.LOW, Confidence.MEDIUM) if fact.phase == IMPORT else None
