"""A report read against published guidance: what was checked, what only partly, what cannot be seen from outside.

Nothing is judged anew: outcomes and findings of the report are grouped by the points of the
guidance. "Checked" says that somebody looked, not that all is well; findings stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

from trustaudit.facts import Frozen
from trustaudit.finding import Outcome, Severity
from trustaudit.report.guidance import Guidance, GuidanceItem, all_guidance
from trustaudit.report.model import ReportedCheck, TrustReport, Verdict
from trustaudit.report.words import full_id, grouped, plural, size

_BLIND: Final = frozenset({Outcome.UNAVAILABLE, Outcome.ERROR})
_CONTENT: Final = frozenset({"(contents)", "(files)", "(tree)"})
"""Gaps of the report that are about files."""


class Standing(StrEnum):
    """How far an audit reaches. ``not seen``: it could have looked, and something kept it from it."""

    CHECKED = "checked"
    PARTLY = "partly"
    NOT_SEEN = "not seen"
    NOT_APPLICABLE = "not applicable"
    NOT_VISIBLE = "not visible from outside"


class Concern(Frozen):
    """The worst finding of one rule, and how many there are."""

    rule: str
    severity: Severity
    count: int


class ChecklistItem(Frozen):
    """One point of the guidance. Rules are listed by what became of them; ``facts`` are sentences."""

    id: str
    title: str
    standing: Standing
    passed: tuple[str, ...]
    found: tuple[Concern, ...]
    unavailable: tuple[str, ...]
    facts: tuple[str, ...]
    unseen: str


class GuidanceChecklist(Frozen):
    """One publication against one report."""

    id: str
    title: str
    publisher: str
    date: str
    url: str
    items: tuple[ChecklistItem, ...]


class Checklist(Frozen):
    """One repository against all publications."""

    repo: str
    commit: str | None
    verdict: Verdict
    guidance: tuple[GuidanceChecklist, ...]


def checklist(report: TrustReport) -> Checklist:
    """What the report says to every point of every publication."""
    return Checklist(
        repo=full_id(report),
        commit=report.repo.commit,
        verdict=report.verdict,
        guidance=tuple(_against(guidance, report) for guidance in all_guidance()),
    )


def _against(guidance: Guidance, report: TrustReport) -> GuidanceChecklist:
    return GuidanceChecklist(
        id=guidance.id,
        title=guidance.title,
        publisher=guidance.publisher,
        date=guidance.date.isoformat(),
        url=guidance.url,
        items=tuple(_item(item, report) for item in guidance.items),
    )


def _item(item: GuidanceItem, report: TrustReport) -> ChecklistItem:
    rules = set(item.rules)
    ran = [check for check in report.checks if check.id in rules]
    return ChecklistItem(
        id=item.id,
        title=item.title,
        standing=_standing(item, ran, report),
        passed=_ids(ran, Outcome.PASS),
        found=_concerns(rules, report),
        unavailable=_ids(ran, *_BLIND),
        facts=tuple(text for name in item.facts for text in FACTS[name](report)),
        unseen=item.unseen,
    )


def _standing(item: GuidanceItem, ran: Sequence[ReportedCheck], report: TrustReport) -> Standing:
    if item.sight == "none":
        return Standing.NOT_VISIBLE
    outcomes = [check.outcome for check in ran if check.outcome is not Outcome.NOT_APPLICABLE]
    blind = sum(outcome in _BLIND for outcome in outcomes)
    if ran and not outcomes:
        return Standing.NOT_APPLICABLE
    if blind == len(outcomes):
        return Standing.NOT_SEEN
    whole = not blind and not ("coverage" in item.facts and _unread(report))
    return Standing.CHECKED if item.sight == "outside" and whole else Standing.PARTLY


def _unread(report: TrustReport) -> bool:
    """Whether some content was not looked into, although rules that need it ran on the rest."""
    return any(not item.path.startswith("(") or item.path in _CONTENT for item in report.coverage.not_seen)


def _ids(checks: Iterable[ReportedCheck], *outcomes: Outcome) -> tuple[str, ...]:
    return tuple(check.id for check in checks if check.outcome in outcomes)


def _concerns(rules: set[str], report: TrustReport) -> tuple[Concern, ...]:
    """Worst first, as the findings are. Those under an exception are not among them."""
    by_rule: dict[str, list[Severity]] = {}
    for finding in report.findings:
        if finding.rule in rules:
            by_rule.setdefault(finding.rule, []).append(finding.severity)
    return tuple(Concern(rule=rule, severity=found[0], count=len(found)) for rule, found in by_rule.items())


def _commit(report: TrustReport) -> list[str]:
    commit = report.repo.commit
    return [f"pinned to commit {commit}"] if commit else ["there was no commit to pin to"]


def _hashes(report: TrustReport) -> list[str]:
    files = report.coverage.files
    hashed = sum(file.sha256 is not None for file in files)
    return [f"{hashed:,} of {plural(len(files), 'file')} with a SHA-256"] if files else []


def _coverage(report: TrustReport) -> list[str]:
    cost, coverage = report.cost, report.coverage
    total = "an unknown number of" if coverage.files_total is None else f"{coverage.files_total:,}"
    unseen = [f"not seen: {line}" for line in grouped(coverage.not_seen)]
    return [f"{coverage.files_inspected:,} of {total} files opened, {size(cost.bytes)} read", *unseen]


def _formats(report: TrustReport) -> list[str]:
    found = sorted({file.format for file in report.coverage.files if file.format})
    return [f"formats: {', '.join(found)}"] if found else []


def _datasets(report: TrustReport) -> list[str]:
    names = report.about.datasets if report.about else ()
    return [f"datasets that the card names: {', '.join(names)}"] if names else ["the card names no datasets"]


def _lineage(report: TrustReport) -> list[str]:
    names = [f"{item.id} ({item.verdict or item.state})" for item in report.lineage]
    return [f"made from {', '.join(names)}"] if names else []


def _publisher(report: TrustReport) -> list[str]:
    owner = report.publisher
    if owner.state != "known":
        return [f"publisher: {owner.reason or owner.state}"]
    verified = {True: "verified ", False: "unverified ", None: ""}[owner.verified]
    return [f"publisher: {verified}{owner.kind} {owner.name}"]


def _signatures(report: TrustReport) -> list[str]:
    return [f"{item.path}: {item.state}, {item.signer}" for item in report.signatures]


def _hub_scans(report: TrustReport) -> list[str]:
    return [f"Hub scanners: {report.hub_scans.summary}"] if report.hub_scans else []


def _licences(report: TrustReport) -> list[str]:
    names = report.about.licenses if report.about else ()
    return [f"declared licence: {', '.join(names)}"] if names else []


def _bom(_report: TrustReport) -> list[str]:
    return ["a bill of materials of this revision: trustaudit check --format cyclonedx (or spdx)"]


FACTS: Final[dict[str, Callable[[TrustReport], list[str]]]] = {
    "commit": _commit,
    "hashes": _hashes,
    "coverage": _coverage,
    "formats": _formats,
    "datasets": _datasets,
    "lineage": _lineage,
    "publisher": _publisher,
    "signatures": _signatures,
    "hub-scans": _hub_scans,
    "licences": _licences,
    "bom": _bom,
}
"""Facts that speak to a point beside its rules, by the names that the data file uses."""
