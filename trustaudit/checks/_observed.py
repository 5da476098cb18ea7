"""Findings from observations of inspectors, by a table from kind to weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from trustaudit.checks.interface import CheckMeta
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

_MOST_PER_KIND = 5


class Weight(Struct, frozen=True):
    """What an observation of one kind means."""

    severity: Severity
    confidence: Confidence = Confidence.HIGH


Adjust = Callable[[FileFacts, Observation, Weight], Weight | None]


def unchanged(_file: FileFacts, _seen: Observation, weight: Weight) -> Weight:
    """The weight of the table as it is."""
    return weight


def observed_findings(
    meta: CheckMeta,
    snapshot: Snapshot,
    weights: Mapping[str, Weight],
    *,
    remediation: str,
    adjust: Adjust = unchanged,
) -> Iterator[Finding]:
    """One finding per file and kind of observation that the table knows, the first few places named."""
    for file in snapshot.file_facts:
        groups: defaultdict[str, list[tuple[Weight, Observation]]] = defaultdict(list)
        for seen in file.observations:
            weight = weights.get(seen.kind)
            adjusted = adjust(file, seen, weight) if weight is not None else None
            if adjusted is not None:
                groups[seen.kind].append((adjusted, seen))
        for kind, found in groups.items():
            yield _finding(meta, file, kind, found, remediation)


def _finding(
    meta: CheckMeta, file: FileFacts, kind: str, found: list[tuple[Weight, Observation]], remediation: str
) -> Finding:
    found.sort(key=lambda pair: (-pair[0].severity.rank, -pair[0].confidence.rank))
    weight, first = found[0]
    more = f" ({len(found)} times)" if len(found) > 1 else ""
    return meta.found(
        f"{first.message or kind}{more}",
        location=Location(
            path=file.path, member=first.member or None, offset=first.offset, length=first.length, line=first.line
        ),
        severity=weight.severity,
        confidence=weight.confidence,
        evidence="; ".join(_shown(kind, seen) for _, seen in found[:_MOST_PER_KIND]),
        remediation=remediation,
        key=kind,
    )


def _shown(kind: str, seen: Observation) -> str:
    where = f" in {seen.member}" if seen.member else ""
    at = f" at {seen.offset}" if seen.offset is not None else ""
    details = ", ".join(f"{name}={value}" for name, value in seen.data if value and len(value) <= 120)  # noqa: PLR2004 - a line
    return f"{kind}{where}{at}" + (f": {details}" if details else "")
