"""An archive is built so that two readers see different things

## What it does
Reports zip and tar structures that honest writers do not produce: names, flags or methods that differ between a
member's own header and the directory, members twice or hidden from the directory, a second directory, data in front
of, between or behind members, encrypted members, paths that lead out, links, devices, decompression bombs.

## Why it matters
Loaders and scanners read archives by different rules. A member that only the loader sees is never scanned; an
encrypted or packed one cannot be.

## Example
A checkpoint whose directory says `data.pkl` where the member's own header says `data.txt`: the scanner crashes or
skips it, the loader takes it.

## How to fix
Do not load the file. If it is your own, write it again with the library's own `save`.

## References
- CVE-2025-1944, CVE-2025-1945, CVE-2025-10156
- https://snyk.io/research/zip-slip-vulnerability
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="archive-anomaly",
    title="An archive is built so that two readers see different things",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW)

WEIGHTS = {
    "zip-name-mismatch": _HIGH,
    "zip-flag-mismatch": _LIKELY,
    "zip-method-mismatch": _LIKELY,
    "zip-size-mismatch": _MEDIUM,
    "zip-crc-mismatch": _MEDIUM,
    "zip-encrypted": _HIGH,
    "zip-duplicate-member": _HIGH,
    "zip-hidden-member": _HIGH,
    "zip-local-header-missing": _LIKELY,
    "zip-second-directory": _LIKELY,
    "zip-prefix-data": _LIKELY,
    "zip-gap": _MEDIUM,
    "zip-overlap": _LIKELY,
    "zip-comment-data": _MEDIUM,
    "zip-trailing-data": _MEDIUM,
    "zip-entry-count": _MEDIUM,
    "zip-directory-missing": _MEDIUM,
    "zip-truncated": _MEDIUM,
    "zip-path-traversal": _HIGH,
    "zip-symlink": _LIKELY,
    "zip-name-nul": _HIGH,
    "zip-name-backslash": _LIKELY,
    "zip-method-unsupported": _MEDIUM,
    "archive-bomb": _MEDIUM,
    "archive-nesting": _LOW,
    "tar-path-traversal": _HIGH,
    "tar-link-outside": _HIGH,
    "tar-device": _HIGH,
    "tar-link": _LOW,
    "tar-unusual-member": _LOW,
    "tar-pax-override": _MEDIUM,
    "tar-header-invalid": _MEDIUM,
    "tar-truncated": _MEDIUM,
    "tar-trailing-data": _LOW,
    "compressed-trailing-data": _LOW,
}

_DATA_ARCHIVES = frozenset({FileKind.ARCHIVE, FileKind.AMBIGUOUS, FileKind.DATA, FileKind.DOCUMENT, FileKind.MEDIA})
_PLAIN_FORMATS = frozenset({"zip", "tar", "unknown"})
_ALWAYS = frozenset({"zip-path-traversal", "tar-path-traversal", "tar-link-outside", "tar-device", "zip-name-nul"})


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and anomaly."""
    return observed_findings(
        META,
        snapshot,
        WEIGHTS,
        adjust=_adjusted,
        remediation="do not load or unpack this archive before its writer is known",
    )


def _adjusted(file: FileFacts, seen: Observation, weight: Weight) -> Weight:
    """In an archive of data or documents oddities are common: old packers, signatures, appended notes."""
    plain = kind_of(file.path) in _DATA_ARCHIVES and file.format in _PLAIN_FORMATS and not file.globals
    if plain and seen.kind not in _ALWAYS and weight.severity.rank > Severity.LOW.rank:
        return Weight(weight.severity.lowered(), Confidence.LOW)
    return weight
