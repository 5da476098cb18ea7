"""From a reference to a report: plan → collect → checks → policy → report.

The only module that knows all the parts. Judging (``judge``) is pure; collecting is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from trustaudit.checks import all_checks
from trustaudit.checks.interface import Context
from trustaudit.collect.collector import collect
from trustaudit.collect.plan import Plan
from trustaudit.errors import InternalError, TrustAuditError
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import HUB_HOSTS, RepoRef
from trustaudit.report.build import build_report
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings
from trustaudit.snapshot import Snapshot

T = TypeVar("T")

AUDITS_AT_ONCE = 8
"""Audits under way at the same time in ``audit_many``; requests are bounded by the Hub client."""


def judge(snapshot: Snapshot, policy: Policy | str = "default", *, knowledge: Knowledge | None = None) -> TrustReport:
    """The report of a snapshot: a pure function of snapshot, policy and rule set."""
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    context = Context(knowledge=knowledge or Knowledge(), options=chosen.options())
    results = [check(snapshot, context) for check in all_checks()]
    return build_report(snapshot, results, chosen, context.knowledge)


def parse_ref(text: str | RepoRef, settings: Settings) -> RepoRef:
    """A reference in any spelling; addresses on the configured Hub are understood too."""
    if isinstance(text, RepoRef):
        return text
    _, host, port = settings.origin
    return RepoRef.parse(text, hub_hosts=(*HUB_HOSTS, host, f"{host}:{port}"))


async def collect_async(
    ref: str | RepoRef, *, settings: Settings | None = None, hub: Hub | None = None, plan: Plan | None = None
) -> Snapshot:
    """The snapshot of one repository. What could not be seen is inside, not raised."""
    settings = settings or Settings.load()
    parsed = parse_ref(ref, settings)
    plan = plan or Plan(ruleset=ruleset_id())
    if hub is not None:
        return await collect(parsed, hub.session(), plan, requested=str(ref))
    async with Hub(settings) as own:
        return await collect(parsed, own.session(), plan, requested=str(ref))


async def audit_async(
    ref: str | RepoRef,
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    hub: Hub | None = None,
) -> TrustReport:
    """Audit one repository.

    Raises UsageError for a reference, policy or setting that does not hold. A repository
    that cannot be seen is a report with the verdict ``incomplete``.
    """
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    return judge(await collect_async(ref, settings=settings, hub=hub), chosen)


async def audit_many_async(
    refs: Iterable[str | RepoRef],
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    hub: Hub | None = None,
    on_snapshot: Callable[[Snapshot], None] | None = None,
) -> AsyncIterator[TrustReport]:
    """Audit several repositories at once; reports come in the order of ``refs``.

    All references are parsed before the first request, so a misspelt one costs nothing.
    """
    settings = settings or Settings.load()
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    parsed = [(str(ref), parse_ref(ref, settings)) for ref in refs]
    if hub is not None:
        async for report in _in_order(parsed, chosen, hub, on_snapshot):
            yield report
        return
    async with Hub(settings) as own:
        async for report in _in_order(parsed, chosen, own, on_snapshot):
            yield report


async def _in_order(
    parsed: Sequence[tuple[str, RepoRef]],
    policy: Policy,
    hub: Hub,
    on_snapshot: Callable[[Snapshot], None] | None,
) -> AsyncIterator[TrustReport]:
    gate = asyncio.Semaphore(AUDITS_AT_ONCE)
    plan = Plan(ruleset=ruleset_id())

    async def one(requested: str, ref: RepoRef) -> TrustReport:
        async with gate:
            snapshot = await collect(ref, hub.session(), plan, requested=requested)
        if on_snapshot is not None:
            on_snapshot(snapshot)
        return judge(snapshot, policy)

    tasks = [asyncio.ensure_future(one(requested, ref)) for requested, ref in parsed]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def audit(ref: str | RepoRef, *, policy: Policy | str = "default", settings: Settings | None = None) -> TrustReport:
    """``audit_async`` for callers without an event loop."""
    return run_sync(audit_async(ref, policy=policy, settings=settings))


def audit_many(
    refs: Iterable[str | RepoRef], *, policy: Policy | str = "default", settings: Settings | None = None
) -> list[TrustReport]:
    """``audit_many_async`` for callers without an event loop; reports in the order of ``refs``."""

    async def gather() -> list[TrustReport]:
        return [report async for report in audit_many_async(refs, policy=policy, settings=settings)]

    return run_sync(gather())


def run_sync(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end. Inside a running loop (a notebook) it gets a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only notebooks come here

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


def load_snapshot(path: Path) -> Snapshot:
    """A snapshot saved earlier. Raises FileInputError."""
    from trustaudit.errors import FileInputError  # noqa: PLC0415 - keeps the module's imports to its parts

    try:
        return Snapshot.from_json(path.read_bytes())
    except OSError as error:
        raise FileInputError(f"cannot read {path}: {error.strerror}") from error


__all__ = ["InternalError", "TrustAuditError", "audit", "audit_async", "audit_many", "audit_many_async", "judge"]
