"""Code that looks for observers or stays in the background

## What it does
Reports looks for debuggers and tracers, long sleeps while a model is being loaded, and threads, exit handlers or
processes that are started at import.

## Why it matters
Sandboxes watch for a minute; code that sleeps longer, or runs after everybody has looked away, is not seen by them.

## Example
`time.sleep(600)` and then the rest, in a thread started at import.

## How to fix
Read what the thread or handler does before you load the model.

## References
- https://attack.mitre.org/techniques/T1497/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CALL, IMPORT, MAIN, code_facts, code_finding
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-evasion",
    title="Code that looks for observers or stays in the background",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per sign, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "evasion", "background"):
        background = fact.note.kind == "python-background"
        if fact.phase in (CALL, MAIN) or (background and fact.phase != IMPORT):
            continue
        severity = fact.weighed(Severity.LOW if background else Severity.MEDIUM)
        message = "starts something in the background" if background else "looks for observers, or waits them out"
        if severity is not Severity.INFO:
            yield code_finding(META, fact, message, severity, Confidence.LOW)
