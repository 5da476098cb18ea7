"""Script that does what malware does

## What it does
Reads shell and batch scripts, Dockerfiles, Makefiles and the command lines of notebooks for downloads piped into an
interpreter, encoded commands, reverse shells, protection switched off, entries in places that start by themselves,
miners, deletion of everything, and secrets sent away. Installers that well-known projects publish are a note.

## Why it matters
A script beside the weights is there to be started. `start.bat` was the first step of a malicious repository that was
trending in May 2026.

## Example
`powershell -enc JABjAGwAaQBlAG4A…` in `start.bat`

## How to fix
Do not start it.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
- https://attack.mitre.org/techniques/T1059/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._observed import Weight
from trustaudit.checks._shell import shell_weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="script-suspicious",
    title="Script that does what malware does",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per line, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind == "script-trait":
                weight = _adjusted(shell_weight(note), file, snapshot)
                if weight.severity is not Severity.INFO:
                    yield _finding(file, note, weight)


def _adjusted(weight: Weight, file: FileFacts, snapshot: Snapshot) -> Weight:
    """A Space builds itself on the Hub; the cells of a notebook are run one by one, in sight.

    What no honest build does asks for a look there too: a copy of a Space runs with the token of who copied it.
    """
    if snapshot.ref.type is RepoType.SPACE and weight.severity.rank > Severity.LOW.rank:
        plain = weight.confidence is Confidence.HIGH
        return Weight(weight.severity.lowered() if plain else Severity.LOW, weight.confidence)
    if file.format == "notebook" and weight.confidence is not Confidence.HIGH:
        return Weight(weight.severity.lowered(), weight.confidence)
    return weight


def _finding(file: FileFacts, note: Observation, weight: Weight) -> Finding:
    return META.found(
        f"holds a command of the kind {note.get('trait')}",
        location=Location(path=file.path, member=note.member or None, line=note.line),
        severity=weight.severity,
        confidence=weight.confidence,
        evidence=note.get("text"),
        remediation="do not start this script",
        key=f"{note.get('trait')}:{note.get('text')[:80]}",
    )
