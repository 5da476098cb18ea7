"""Findings and gaps → verdict, score, breakdown. A pure function of snapshot, results and policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trustaudit.finding import Category, CheckResult, Finding
from trustaudit.policy import score
from trustaudit.policy.acceptance import accepted
from trustaudit.policy.denials import denials
from trustaudit.policy.exemptions import Exempted, excepted, overridden
from trustaudit.policy.gaps import Gap, broken_checks, gaps
from trustaudit.policy.headline import headline
from trustaudit.policy.schema import Policy, RequiredFact
from trustaudit.report.model import CategoryScore, Verdict
from trustaudit.snapshot import Snapshot


class Evaluation(Struct, frozen=True):
    """What a policy makes of a snapshot.

    ``findings`` are worst first and carry the policy's severities; ``suppressed`` left the
    verdict but not the report; ``gaps`` is all that was not seen, ``missing`` the part the
    policy requires; ``notes`` tell what the policy did.
    """

    verdict: Verdict
    score: int | None
    breakdown: dict[str, CategoryScore]
    findings: tuple[Finding, ...]
    suppressed: tuple[Exempted, ...]
    gaps: tuple[Gap, ...]
    missing: tuple[Gap, ...]
    notes: tuple[str, ...]
    headline: str


def evaluate(
    snapshot: Snapshot,
    results: Sequence[CheckResult],
    policy: Policy,
    *,
    categories: Mapping[str, Category] | None = None,
) -> Evaluation:
    """Judge. ``categories`` gives each check's category, to tell which crashed checks matter; unknown ones do."""
    findings, suppressed, notes = _settled(snapshot, results, policy)
    broken = broken_checks(results, policy.required.facts, categories or {})
    unseen = (*gaps(snapshot), *broken)
    missing = _missing(unseen, policy, broken)
    verdict = _verdict(findings, missing, policy)
    rooms = score.breakdown(findings)
    return Evaluation(
        verdict=verdict,
        score=score.overall(rooms, verdict),
        breakdown=rooms,
        findings=findings,
        suppressed=suppressed,
        gaps=unseen,
        missing=missing,
        notes=notes,
        headline=headline(verdict, snapshot, findings, missing=missing, unseen=unseen),
    )


def worst_first(finding: Finding) -> tuple[object, ...]:
    """Sort key: severity, confidence, rule, place, and the rest so that no two runs differ."""
    place = finding.location
    return (
        -finding.severity.rank,
        -finding.confidence.rank,
        finding.rule,
        place.path or "",
        place.member or "",
        place.line or 0,
        place.offset or 0,
        place.field or "",
        finding.key,
        finding.model_dump_json(),
    )


def _settled(
    snapshot: Snapshot, results: Sequence[CheckResult], policy: Policy
) -> tuple[tuple[Finding, ...], tuple[Exempted, ...], tuple[str, ...]]:
    stated = dict.fromkeys(finding for result in results for finding in result.findings)
    kept, off, lowered = overridden([*stated, *denials(snapshot, policy, stated)], policy)
    kept, excused, idle = excepted(kept, snapshot, policy)
    kept, known, unused = accepted(kept, snapshot, policy)
    findings = sorted(dict.fromkeys(kept), key=worst_first)
    suppressed = sorted([*off, *excused, *known], key=lambda item: worst_first(item.finding))
    return tuple(findings), tuple(suppressed), (*sorted(lowered), *idle, *unused)


def _missing(unseen: Sequence[Gap], policy: Policy, broken: Sequence[Gap]) -> tuple[Gap, ...]:
    order = list(RequiredFact)
    wanted = [gap for gap in unseen if gap.fact in policy.required.facts or gap in broken]
    return tuple(sorted(wanted, key=lambda gap: order.index(gap.fact) if gap.fact else len(order)))


def _verdict(findings: Sequence[Finding], missing: Sequence[Gap], policy: Policy) -> Verdict:
    if any(policy.thresholds.blocks(finding) for finding in findings):
        return Verdict.BLOCK
    if missing:
        return Verdict.INCOMPLETE
    return Verdict.REVIEW if any(policy.thresholds.reviews(finding) for finding in findings) else Verdict.PASS
