"""Doing the work: collect, judge, keep, one row each, in the order of the list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from trustaudit.batch.ordered import AT_ONCE, in_order
from trustaudit.batch.rows import Row
from trustaudit.batch.run_file import RunFile
from trustaudit.batch.worklist import Item, Worklist
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_or_blind, judge
from trustaudit.errors import RefError
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.model import Policy
from trustaudit.report.model import (
    CostReport,
    CoverageReport,
    NotSeen,
    PublisherReport,
    ReportedRepo,
    SafeLoad,
    TrustReport,
    Verdict,
)
from trustaudit.snapshot import Snapshot

Keep = Callable[[Snapshot, TrustReport, Policy], None]


@dataclass(frozen=True, slots=True)
class Run:
    """Where audits are asked for and where their results go."""

    hub: Hub
    file: RunFile
    knowledge: Knowledge = field(default_factory=Knowledge)
    keep: Keep = lambda _snapshot, _report, _policy: None
    done: Callable[[Row], None] = lambda _row: None
    """Called as each audit finishes, whatever its place in the list."""


async def run(work: Worklist, how: Run, *, at_once: int = AT_ONCE) -> AsyncIterator[tuple[Item, Row]]:
    """Every item in order. What an earlier run finished is read back, not done again."""

    async def one(item: Item) -> tuple[Item, Row]:
        row = how.file.rows.get(item.key)
        if row is None:
            row = how.file.append(item.key, await _audit(item, how))
        how.done(row)
        return item, row

    async for result in in_order(work.items, one, at_once=at_once):
        yield result


async def _audit(item: Item, how: Run) -> TrustReport:
    if item.ref is None:
        return unreadable(item, item.problem)
    snapshot = await collect_or_blind(item.ref, how.hub, Plan(ruleset=ruleset_id()), requested=item.requested)
    report = judge(snapshot, item.policy, knowledge=how.knowledge)
    if item.own_policy:
        report = report.model_copy(update={"notes": (*report.notes, f"judged by policy {item.policy.name}")})
    how.keep(snapshot, report, item.policy)
    return report


def unreadable(item: Item, problem: RefError | None) -> TrustReport:
    """The report of a line that names no repository: incomplete, and it says where and why."""
    what = problem.what if problem else "no repository"
    told: dict[str, Any] = {"reason": f"not an id: {what}"}
    return TrustReport(
        repo=ReportedRepo(type="model", id=item.requested, requested=item.requested, revision=None, commit=None),
        verdict=Verdict.INCOMPLETE,
        headline=f"{item.place}: {what}" if item.place else what,
        score=None,
        breakdown={},
        findings=(),
        suppressed=(),
        checks=(),
        coverage=CoverageReport(
            files_total=None, files_inspected=0, by_coverage={}, not_seen=(NotSeen(path="(repository)", **told),)
        ),
        publisher=PublisherReport(state="not_applicable", **told),
        hub_scans=None,
        lineage=(),
        safe_load=SafeLoad(
            possible=False, revision=None, call="", use_safetensors=None, trust_remote_code=False, notes=("not an id",)
        ),
        notes=(problem.advice,) if problem and problem.advice else (),
        did_you_mean=(),
        cost=CostReport(api_requests=0, file_requests=0, bytes=0, repo_bytes=None, seconds=0.0),
    )
