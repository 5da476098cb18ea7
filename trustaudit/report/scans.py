"""What the Hub's five scanners said, counted by us: the Hub's own roll-up says "safe" where most never looked."""

from __future__ import annotations

from typing import Final

from trustaudit.facts import Known
from trustaudit.report.model import HubScans
from trustaudit.snapshot import SCANNERS, FileScans, Snapshot

NAMES: Final = {
    "avScan": "antivirus",
    "pickleImportScan": "the pickle scanner",
    "protectAiScan": "Protect AI",
    "jFrogScan": "JFrog",
    "virusTotalScan": "VirusTotal",
}
_ANSWERS: Final = ("safe", "caution", "suspicious", "unsafe")
_NO_ANSWER: Final = frozenset({"", "unscanned", "queued", "error"})


def hub_scans(snapshot: Snapshot) -> HubScans | None:
    """The scans of all files together; None where the Hub gave no scan of anything."""
    files = [(entry.path, entry.scans.value) for entry in snapshot.entries if isinstance(entry.scans, Known)]
    marked = _marked(snapshot, files)
    if not files and not marked:
        return None
    worst = {scanner: _worst(scanner, files) for scanner in SCANNERS}
    answered = {scanner: said for scanner, said in worst.items() if said is not None}
    overall = max((status for status, _ in answered.values()), key=_badness, default="none")
    hidden = [pair for pair in marked if overall == "none" or _badness(pair[0]) > _badness(overall)]
    return HubScans(
        answered=len(answered),
        of=len(SCANNERS),
        worst=hidden[0][0] if hidden else overall,
        summary="; ".join([_answers(answered, overall), *_silent(answered, files), *_rolled_up(hidden)]),
    )


def _marked(snapshot: Snapshot, files: list[tuple[str, FileScans]]) -> list[tuple[str, str]]:
    """Files that a roll-up of the Hub calls anything but safe, worst first: (level, path)."""
    rollups = [snapshot.scan.value] if isinstance(snapshot.scan, Known) else []
    issues = [(level, path) for rollup in rollups for path, level in rollup.issues]
    pairs = {*issues, *((scans.status, path) for path, scans in files)}
    alarming = [pair for pair in pairs if pair[0] not in _NO_ANSWER and pair[0] != "safe"]
    return sorted(alarming, key=lambda pair: (-_badness(pair[0]), pair[1]))


def _rolled_up(marked: list[tuple[str, str]]) -> list[str]:
    """Legacy answers name a level without the scanner that found it."""
    return [f"the Hub marks {marked[0][1]} as {marked[0][0]}"] if marked else []


def _worst(scanner: str, files: list[tuple[str, FileScans]]) -> tuple[str, str] | None:
    """The worst status this scanner gave and the first file it gave it to; None when it gave none."""
    said = [
        (verdict.status, path)
        for path, scans in files
        for verdict in scans.scanners
        if verdict.scanner == scanner and verdict.status not in _NO_ANSWER
    ]
    return max(said, key=lambda pair: _badness(pair[0]), default=None)


def _badness(status: str) -> int:
    # A word we do not know is new, and new words are not for good news.
    return _ANSWERS.index(status) if status in _ANSWERS else len(_ANSWERS)


def _answers(answered: dict[str, tuple[str, str]], overall: str) -> str:
    count = f"{len(answered)} of {len(SCANNERS)} scanners answered"
    if not answered:
        return "none of the Hub's scanners has answered"
    if overall == "safe":
        return f"{count}, all safe"
    alarms = [f"{NAMES[name]} says {status} ({path})" for name, (status, path) in answered.items() if status != "safe"]
    return f"{count}; {', '.join(alarms)}"


def _silent(answered: dict[str, tuple[str, str]], files: list[tuple[str, FileScans]]) -> list[str]:
    silent = [scanner for scanner in SCANNERS if scanner not in answered]
    if not silent or not answered:
        return []
    waiting = {v.scanner for _, scans in files for v in scans.scanners if v.status == "queued"}
    queued = " (queued)" if waiting.issuperset(silent) else ""
    have = "has" if len(silent) == 1 else "have"
    return [f"{_listed([NAMES[scanner] for scanner in silent])} {have} not looked{queued}"]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
