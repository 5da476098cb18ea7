"""Code that installs itself to be started again

## What it does
Reports writes to places from which something starts by itself (shell profiles, cron, autostart folders, registry,
`sitecustomize`, git hooks, `authorized_keys`) and commands that do the same.

## Why it matters
A model that was deleted is gone; what it left there is not. Honest models have no business in these places.

## Example
`open(os.path.expanduser("~/.bashrc"), "a").write(…)`

## How to fix
Do not run this code. If it ran, look at the place that the finding names.

## References
- https://attack.mitre.org/tactics/TA0003/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CALL, code_facts, code_finding
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-persistence",
    title="Code that installs itself to be started again",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_SIGN = "persistence"


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per sign, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "process", "persistence"):
        named = fact.what == _SIGN or _SIGN in fact.note.get("traits").split()
        if named or fact.note.kind == "python-persistence":
            first = Severity.HIGH if fact.phase == CALL else Severity.CRITICAL
            severity = fact.weighed(first, loose=1, hosted=Severity.MEDIUM)
            message = "writes where things start by themselves"
            yield code_finding(META, fact, message, severity, Confidence.MEDIUM)
