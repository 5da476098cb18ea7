"""Card that leads its readers into a trap

## What it does
Reads the card and other Markdown for instructions that lure: commands that pipe a download into a shell, programs and
scripts of the repository that are to be started, protection that is to be switched off, archives with a password, links
to programs on file hosters, weights that are only to be had elsewhere, and code of other repositories that is to be
trusted.

## Why it matters
What a person does by hand no sandbox stops. The card of a malicious copy told its readers to run `start.bat`; the
weights beside it were clean.

## Example
"Turn off Windows Defender, extract `model.zip` (password: 1234) and run `setup.exe`."

## How to fix
Load the weights with a library and ignore the instructions.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
- https://attack.mitre.org/techniques/T1204/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._lures import Lure, lures
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="card-lure",
    title="Card that leads its readers into a trap",
    severity=Severity.HIGH,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, context: Context) -> Iterable[Finding]:
    """One finding per instruction, bounded in number."""
    return bounded(META, _findings(snapshot, context))


def _findings(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    for lure in lures(snapshot, context):
        severity = lure.weight.severity
        if lure.file.path.casefold() != "readme.md":
            severity = severity.lowered()
        if severity is not Severity.INFO:
            yield _finding(lure, severity)


def _finding(lure: Lure, severity: Severity) -> Finding:
    return META.found(
        f"the card {lure.message}",
        location=Location(path=lure.file.path, member=lure.note.member or None, line=lure.note.line),
        severity=severity,
        confidence=lure.weight.confidence,
        evidence=lure.note.get("text") or lure.note.get("url") or lure.note.get("file") or lure.note.get("repo"),
        remediation="do not follow these instructions; load the weights with a library",
        key=lure.key,
    )
