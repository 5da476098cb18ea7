"""Doing the work: collect, judge, keep, one row each, in the order of the list."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from msgspec import Struct, field

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


class Run(Struct, frozen=True):
    """Where audits are asked for and where their results go."""

    hub: Hub
    file: RunFile
    knowledge: Knowledge = field(default_factory=Knowledge)
    keep: Keep = lambda _snapshot, _report, _policy: None
    done: Callable[[Row], None] = lambda _row: None
    """Called as each audit finishes, whatever its place in the list."""
    reuse: Callable[[Item, Hub], Awaitable[TrustReport | None]] | None = None
    """The report of an earlier audit that still holds, if there is one."""


async def run(work: Worklist, how: Run, *, at_once: int = AT_ONCE) -> AsyncGenerator[tuple[Item, Row], None]:
    """Every item in order. What an earlier run finished is read back, not done again."""

    async def one(item: Item) -> tuple[Item, Row]:
        row = how.file.rows.get(item.key)
        if row is None:
            report = await how.reuse(item, how.hub) if how.reuse else None
            report = report or await audit_item(item, how.hub, how.knowledge, how.keep)
            row = how.file.append(item.key, report)
        how.done(row)
        return item, row

    how.hub.expect(item.ref for item in work.items if item.ref is not None and item.key not in how.file.rows)
    async for result in in_order(work.items, one, at_once=at_once):
        yield result


async def audit_item(item: Item, hub: Hub, knowledge: Knowledge, keep: Keep) -> TrustReport:
    """The report of one item; ``keep`` gets the facts too, where there are any."""
    if item.ref is None:
        return unreadable(item, item.problem)
    plan = Plan(ruleset=ruleset_id(), thrifty=True)
    snapshot = await collect_or_blind(item.ref, hub, plan, requested=item.requested)
    report = judge(snapshot, item.policy, knowledge=knowledge)
    if item.own_policy:
        report = report.model_copy(update={"notes": (*report.notes, f"judged by policy {item.policy.name}")})
    keep(snapshot, report, item.policy)
    return report


def unreadable(item: Item, problem: RefError | None) -> TrustReport:
    """The report of a line that names no repository: incomplete, and it says where and why."""
    what = problem.what if problem else "no repository"
    headline = f"{item.place}: {what}" if item.place else what
    notes = (problem.advice,) if problem and problem.advice else ()
    return _without_facts(item, headline, (f"not an id: {what}", "not an id"), notes)


def given_up(item: Item, tries: int, trouble: str) -> TrustReport:
    """The report of an item that cannot be audited here: incomplete, with what happened the last time."""
    headline = f"given up after {tries} tries: {trouble}"
    return _without_facts(item, headline, (headline, "not audited"), ("trustaudit check it by itself",))


def _without_facts(item: Item, headline: str, why: tuple[str, str], notes: tuple[str, ...]) -> TrustReport:
    """Nothing was looked at. ``why`` in full, and in two words."""
    told: dict[str, Any] = {"reason": why[0]}
    ref = item.ref
    return TrustReport(
        repo=ReportedRepo(
            type="model" if ref is None else ref.type.value,
            id=item.requested if ref is None else ref.id,
            requested=item.requested,
            revision=None if ref is None else ref.revision,
            commit=None,
        ),
        verdict=Verdict.INCOMPLETE,
        headline=headline,
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
            possible=False, revision=None, call="", use_safetensors=None, trust_remote_code=False, notes=why[1:]
        ),
        notes=notes,
        did_you_mean=(),
        cost=CostReport(api_requests=0, file_requests=0, bytes=0, repo_bytes=None, seconds=0.0),
    )
