"""The ancestors as a report shows them, and their tree in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trustaudit.facts import NotApplicable, Unavailable, value_of
from trustaudit.lineage.licences import stated_licenses
from trustaudit.lineage.ways import way_ids
from trustaudit.policy.gaps import said
from trustaudit.report.model import LineageFinding, LineageReport, TrustReport
from trustaudit.snapshot import Ancestor, RepoInfo, Snapshot

INDENT = "  "


def lineage_report(snapshot: Snapshot, verdicts: Mapping[str, str]) -> tuple[LineageReport, ...]:
    """Every ancestor of a snapshot, nearest first. ``verdicts`` overrule those of the ancestors' own audits."""
    return tuple(_ancestor(item, snapshot, verdicts) for item in snapshot.lineage)


def lineage_lines(report: TrustReport) -> list[str]:
    """The tree, one line per ancestor: each below what is made from it, deeper ones indented."""
    children: dict[str, list[LineageReport]] = {}
    for item in report.lineage:
        children.setdefault(item.parent or _below(item, report), []).append(item)
    return list(_walk(children, report.repo.id, 0, set()))


def ancestor_words(item: LineageReport) -> str:
    """``quantized org/model-awq: pass, apache-2.0``."""
    parts = [part for part in (item.verdict or "", _state(item), ", ".join(item.licenses)) if part]
    worst = item.findings[0] if item.findings else None
    found = f" · {worst.severity} {worst.rule}" if worst else ""
    more = " · its own parents were not looked at" if item.beyond else ""
    return f"{item.relation} {item.id}{': ' if parts else ''}{', '.join(parts)}{found}{more}"


def _ancestor(item: Ancestor, snapshot: Snapshot, verdicts: Mapping[str, str]) -> LineageReport:
    info: RepoInfo | None = value_of(item.found)
    return LineageReport(
        id=item.id,
        type=item.type.value,
        relation=item.relation,
        depth=item.depth,
        declared_in=item.declared_in,
        state=item.found.state,
        reason=_reason(item),
        commit=item.commit or (info.sha if info else None),
        verdict=verdicts.get(item.id) or item.verdict or None,
        path=way_ids(item, snapshot),
        parent=item.parent,
        licenses=stated_licenses(info) if info else (),
        findings=tuple(
            LineageFinding(rule=found.rule, severity=found.severity, message=found.message, path=found.path)
            for found in item.findings
        ),
        circular=item.circular,
        beyond=item.beyond,
        api_requests=item.api_requests,
    )


def _reason(item: Ancestor) -> str:
    if isinstance(item.found, Unavailable):
        return said(item.found)
    if isinstance(item.found, NotApplicable):
        return item.found.why
    return "gated" if item.found.value.gated not in (None, "no") else ""


def _below(item: LineageReport, report: TrustReport) -> str:
    """What the ancestor belongs to in reports that do not say it: the id before it on the way."""
    return item.path[-2] if len(item.path) > 1 else report.repo.id


def _walk(children: dict[str, list[LineageReport]], parent: str, level: int, told: set[str]) -> Iterator[str]:
    """Depth first. Levels are bounded by the depth of the lineage; what has been told is not followed again."""
    if parent in told:
        return
    told.add(parent)
    for item in children.get(parent, ()):
        yield INDENT * level + ancestor_words(item)
        yield from _walk(children, item.id, level + 1, told)


def _state(item: LineageReport) -> str:
    if item.circular:
        return "closes a circle"
    return item.reason.partition(":")[0] if item.state != "known" or item.reason == "gated" else ""
