"""Snapshot, check results and policy → TrustReport. No decisions: those were made by ``policy.evaluate``.

The same input gives the same report, byte for byte: nothing here reads a clock, and every
collection is in a defined order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

import trustaudit
from trustaudit.checks import all_checks
from trustaudit.finding import Category, CheckResult, Finding, Outcome
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.denials import OWN_RULES
from trustaudit.policy.evaluate import evaluate
from trustaudit.policy.exemptions import Exempted
from trustaudit.policy.fingerprint import fingerprint
from trustaudit.policy.schema import Policy
from trustaudit.refs import DEFAULT_BRANCH
from trustaudit.report.about import about
from trustaudit.report.advice import code_to_run
from trustaudit.report.coverage import coverage_report
from trustaudit.report.extras import Extras, extras_of
from trustaudit.report.lineage import lineage_report
from trustaudit.report.model import (
    CostReport,
    Document,
    PolicyUsed,
    ReportedCheck,
    ReportedFinding,
    ReportedRepo,
    Suppressed,
    Tool,
    TrustReport,
    Verdict,
)
from trustaudit.report.notes import notes
from trustaudit.report.publisher import moment, publisher_report
from trustaudit.report.safe_load import safe_load
from trustaudit.report.scans import hub_scans
from trustaudit.report.signing import signature_reports
from trustaudit.report.timeline import timeline
from trustaudit.snapshot import Snapshot


def build_report(
    snapshot: Snapshot,
    results: Sequence[CheckResult],
    policy: Policy,
    knowledge: Knowledge | None = None,
    *,
    lineage_verdicts: Mapping[str, str] | None = None,
) -> TrustReport:
    """Judge by the policy and put everything a reader needs into one value.

    ``knowledge`` adds what only its tables can tell (the publisher's score, likely intended
    names, stale lists); ``lineage_verdicts`` maps ids of ancestors to their own audits' verdicts.
    """
    evaluation = evaluate(snapshot, results, policy, categories=_categories())
    more = extras_of(snapshot, evaluation.findings, knowledge) if knowledge else Extras()
    return TrustReport(
        repo=_repo(snapshot),
        verdict=evaluation.verdict,
        headline=evaluation.headline,
        score=evaluation.score,
        breakdown=evaluation.breakdown,
        findings=tuple(ReportedFinding.model_validate(_finding(item, snapshot)) for item in evaluation.findings),
        suppressed=tuple(_suppressed(item, snapshot) for item in evaluation.suppressed),
        checks=tuple(_reported(item.id, item.outcome, item.reason) for item in results),
        coverage=coverage_report(snapshot, evaluation.gaps),
        publisher=publisher_report(snapshot, more.publisher),
        hub_scans=hub_scans(snapshot),
        lineage=lineage_report(snapshot, lineage_verdicts or {}),
        safe_load=safe_load(snapshot, evaluation).model_copy(update={"code": code_to_run(snapshot)}),
        notes=notes(snapshot, evaluation, more.notes),
        did_you_mean=more.meant,
        cost=_cost(snapshot),
        collected_at=moment(snapshot.collected_at),
        about=about(snapshot),
        timeline=timeline(snapshot),
        signatures=signature_reports(snapshot, policy),
    )


def build_document(reports: Iterable[TrustReport], policy: Policy) -> Document:
    """The JSON output: reports in the order given, and how many of each verdict."""
    listed = tuple(reports)
    summary = {str(verdict): sum(report.verdict is verdict for report in listed) for verdict in Verdict}
    return Document(
        tool=Tool(name="trustaudit", version=trustaudit.__version__, ruleset=ruleset_id()),
        policy=PolicyUsed(name=policy.name, digest=policy.digest),
        reports=listed,
        summary=summary,
    )


@lru_cache(maxsize=1024)
def _reported(check_id: str, outcome: Outcome, reason: str) -> ReportedCheck:
    """A batch says the same of most checks of most repositories."""
    return ReportedCheck(id=check_id, outcome=outcome, reason=reason)


@cache
def _categories() -> dict[str, Category]:
    return {check.meta.id: check.meta.category for check in all_checks()}


def _repo(snapshot: Snapshot) -> ReportedRepo:
    if snapshot.origin == "local":
        return ReportedRepo(
            type="local", id=snapshot.requested, requested=snapshot.requested, revision=None, commit=None
        )
    ref = snapshot.ref
    return ReportedRepo(
        type=ref.type.value,
        id=ref.id,
        requested=snapshot.requested,
        revision=ref.revision or DEFAULT_BRANCH,
        commit=snapshot.commit,
    )


def _finding(item: Finding, snapshot: Snapshot) -> dict[str, object]:
    shown = item.model_dump(exclude={"key", "others"})
    docs = "docs/policy.md" if item.rule in OWN_RULES else f"docs/checks/{item.rule}.md"
    return {**shown, "docs": docs, "fingerprint": fingerprint(item, snapshot.ref.full_id)}


def _suppressed(item: Exempted, snapshot: Snapshot) -> Suppressed:
    expires = item.expires.isoformat() if item.expires else None
    return Suppressed.model_validate(
        {**_finding(item.finding, snapshot), "exception_reason": item.reason, "exception_expires": expires}
    )


def _cost(snapshot: Snapshot) -> CostReport:
    spent = snapshot.cost
    return CostReport(
        api_requests=spent.api_requests,
        file_requests=spent.file_requests,
        bytes=spent.bytes,
        repo_bytes=spent.repo_bytes,
        seconds=spent.seconds,
    )
