"""The Hub's scanners: their names for people, and which of their answers are answers."""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.facts import Known
from trustaudit.finding import Severity
from trustaudit.snapshot import SCANNERS, FileEntry, FileScans, ScannerVerdict, Snapshot

SCANNER_NAMES = {
    "avScan": "antivirus",
    "pickleImportScan": "pickle import scanner",
    "protectAiScan": "Protect AI Guardian",
    "jFrogScan": "JFrog",
    "virusTotalScan": "VirusTotal",
}
SAFE = "safe"
ALARMS = {"caution": Severity.LOW, "suspicious": Severity.MEDIUM, "unsafe": Severity.HIGH}
"""Statuses that accuse, with the severity of the matter. Never critical: scanners are often wrong."""

ANSWERS = frozenset({SAFE, *ALARMS})
"""Statuses that say a scanner looked. ``unscanned``, ``queued``, ``error`` and unknown words do not."""


def scanner_name(verdict: ScannerVerdict) -> str:
    """The scanner as people know it."""
    return SCANNER_NAMES.get(verdict.scanner, verdict.scanner)


def scanned_files(snapshot: Snapshot) -> Iterator[tuple[FileEntry, FileScans]]:
    """Files with scan results of their own."""
    for entry in snapshot.entries:
        if isinstance(entry.scans, Known):
            yield entry, entry.scans.value


def answered(scans: FileScans) -> tuple[ScannerVerdict, ...]:
    """The verdicts of scanners that really looked."""
    return tuple(verdict for verdict in scans.scanners if verdict.status in ANSWERS)


def silent(scans: FileScans) -> tuple[str, ...]:
    """``JFrog (queued)`` for each scanner that gave no verdict; without a status when it has no key."""
    said = {verdict.scanner: verdict.status for verdict in scans.scanners}
    missing = (name for name in SCANNERS if said.get(name, "") not in ANSWERS)
    return tuple(SCANNER_NAMES[name] + (f" ({said[name]})" if said.get(name) else "") for name in missing)
