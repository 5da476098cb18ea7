"""A file that can run code could not be looked into

## What it does
Names files that a loader would execute or deserialize and of which nothing, or only a part, could be read: encrypted or
unknown archives, files beyond the byte budget, answers that broke off, limits of the parser that were reached.

## Why it matters
What was not seen is not clean. An archive format that no scanner opens is a hiding place, and padding a file until a
scanner gives up is an old trick.

## Example
`model.bin` is a 7z archive; `huge.pkl` has more opcodes than were read.

## How to fix
Raise the budget, look into the downloaded file with `trustaudit inspect`, or leave it out.

## References
- docs/scoring.md (what "incomplete" means)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Coverage
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import kind_of
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="unseen-content",
    title="A file that can run code could not be looked into",
    severity=Severity.LOW,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One note per file; whether the audit is complete without it is the policy's decision."""
    for file in snapshot.file_facts:
        short = file.coverage in (Coverage.PARTIAL, Coverage.NONE)
        if short and (kind_of(file.path).runs_on_load or file.globals):
            limits = f" (limits: {', '.join(file.limits)})" if file.limits else ""
            yield _finding(file.path, f"{file.coverage} coverage: {file.reason or 'not all of it was read'}{limits}")
    for path, why in snapshot.not_inspected:
        if kind_of(path).runs_on_load:
            yield _finding(path, f"{why.reason}: {why.detail}")


def _finding(path: str, why: str) -> Finding:
    return META.found(
        "can run code when loaded and could not be looked into fully",
        location=Location(path=path),
        confidence=Confidence.HIGH,
        evidence=why,
        remediation="download it into a sandbox and run `trustaudit inspect`, or leave it out",
        key="unseen",
    )
