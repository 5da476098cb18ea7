"""File name that hides or misdirects

## What it does
Reports file names that lead out of the download folder (`..`, absolute paths, drive letters, `.git`), that are
shown as another name than they have (text direction controls, `model.safetensors.exe`, invisible characters,
Cyrillic letters in Latin words), that mean different files on different systems (backslashes, trailing dots,
device names, names that differ only in case), or that hold control characters.

## Why it matters
Names of files are written by the uploader. They decide where a download is stored, what a person believes it
is, and which of two files a loader takes.

## Example
`model[U+202E]srosnetefas.exe` is shown as `modelexe.safetensors`: the control character turns the rest of
the name around.

## How to fix
Do not download such files; name the files you want with `allow_patterns`.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2014-9390 (case folding and `.git`)
- https://nvd.nist.gov/vuln/detail/CVE-2021-42574 (text direction controls)
- https://learn.microsoft.com/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from trustaudit.checks._paths import Oddity, folded, oddities
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="suspicious-path",
    title="File name that hides or misdirects",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.FILES}),
    local=True,
)

_HARMLESS_TWINS = frozenset({FileKind.MEDIA, FileKind.TEXT, FileKind.DATA, FileKind.LOG, FileKind.DOCUMENT})


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """Findings per path and kind of oddity, bounded in number."""
    paths = sorted({entry.path for entry in snapshot.entries})
    found = (*_single(paths), *_collisions(paths))
    return bounded(META, (_finding(path, _graded(oddity, snapshot)) for path, oddity in found))


def _graded(oddity: Oddity, snapshot: Snapshot) -> Oddity:
    """Names in datasets come from the data (speakers, titles, times), and no loader goes by them."""
    in_data = snapshot.ref.type is RepoType.DATASET and oddity.severity is Severity.MEDIUM
    return replace(oddity, severity=Severity.LOW) if in_data else oddity


def _single(paths: list[str]) -> Iterator[tuple[str, Oddity]]:
    for path in paths:
        for oddity in oddities(path):
            yield path, oddity


def _collisions(paths: list[str]) -> Iterator[tuple[str, Oddity]]:
    by_folded: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_folded[folded(path)].append(path)
    for twins in by_folded.values():
        if len(twins) > 1:
            harmless = all(kind_of(path) in _HARMLESS_TWINS for path in twins)
            severity = Severity.LOW if harmless else Severity.MEDIUM
            message = f"is the same file as {listed(twins[1:])} on systems that ignore case"
            yield twins[0], Oddity("collision", severity, message)


def _finding(path: str, oddity: Oddity) -> Finding:
    return META.found(
        f"the name of the file {oddity.message}",
        location=Location(path=path),
        severity=oddity.severity,
        confidence=Confidence.HIGH,
        evidence=ascii(path)[1:-1],
        remediation="do not download this file; name the files you want with allow_patterns",
        key=oddity.key,
    )
