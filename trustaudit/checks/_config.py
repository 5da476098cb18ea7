"""Facts of configuration files, and findings about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trustaudit.checks.interface import CheckMeta
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

Weight = tuple[Severity, Confidence]
"""How bad, and how sure."""

DEFINITE: Weight = (Severity.CRITICAL, Confidence.HIGH)
CERTAIN: Weight = (Severity.HIGH, Confidence.HIGH)
LIKELY: Weight = (Severity.HIGH, Confidence.MEDIUM)
POSSIBLE: Weight = (Severity.HIGH, Confidence.LOW)
ODD: Weight = (Severity.MEDIUM, Confidence.MEDIUM)
WEAK: Weight = (Severity.MEDIUM, Confidence.LOW)
MINOR: Weight = (Severity.LOW, Confidence.MEDIUM)
NOTE: Weight = (Severity.INFO, Confidence.MEDIUM)


def noted(snapshot: Snapshot, *kinds: str) -> Iterator[tuple[FileFacts, Observation]]:
    """Every observation of some kinds, with its file."""
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind in kinds:
                yield file, note


def weighed(
    meta: CheckMeta,
    snapshot: Snapshot,
    kinds: tuple[str, ...],
    weigh: Callable[[FileFacts, Observation], tuple[Weight, str] | None],
    remediation: str,
) -> Iterator[Finding]:
    """A finding for each observation that ``weigh`` gives a weight and a reason."""
    for file, note in noted(snapshot, *kinds):
        found = weigh(file, note)
        if found is not None:
            (severity, confidence), reason = found
            yield meta.found(
                f"{note.message}: {reason}" if reason else note.message,
                location=place(file, note),
                severity=severity,
                confidence=confidence,
                evidence=evidence(note),
                remediation=remediation,
                key=key(note),
            )


def place(file: FileFacts, note: Observation) -> Location:
    """Where a fact of a configuration stands."""
    return Location(path=file.path, member=note.member or None, line=note.line, field=note.get("field") or None)


def evidence(note: Observation) -> str:
    """The details of a fact, but for those that say where it stands."""
    return ", ".join(f"{name}: {value}" for name, value in note.data if value and name not in ("field", "steers"))


def key(note: Observation) -> str:
    """What tells two facts of one file apart, whatever the order of its lines."""
    named = note.get("target") or note.get("name") or note.get("value") or note.get("path") or note.get("key")
    return f"{note.get('field')}:{named}".strip(":")[:200] or note.kind
