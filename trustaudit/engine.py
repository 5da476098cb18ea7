"""From a reference to a report: plan → collect → checks → policy → report.

The only module that knows all the parts. Judging (``judge``) is pure; collecting is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trustaudit import preparation, spare_time
from trustaudit.checks import all_checks
from trustaudit.checks.interface import Context
from trustaudit.collect.collector import collect
from trustaudit.collect.plan import Plan
from trustaudit.errors import FileInputError, TrustAuditError
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings, parse_ref
from trustaudit.snapshot import Snapshot

if TYPE_CHECKING:
    from trustaudit.ancestry import Ancestry
    from trustaudit.report.model import TrustReport

T = TypeVar("T")

AUDITS_AT_ONCE = 8
"""Audits under way at the same time in ``audit_many``; requests are bounded by the Hub client."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much more than the repository itself is looked at.

    ``lineage``: levels of ancestors that are audited too. ``previous``: an earlier snapshot of
    the same repository to compare with, which costs one request for the refs.
    """

    lineage: int = 0
    previous: Snapshot | None = None


def with_previous(snapshot: Snapshot, previous: Snapshot) -> Snapshot:
    """The snapshot beside an earlier one of the same repository; what that one was compared with is left out."""
    earlier = previous.model_copy(update={"previous": NotApplicable(why="an earlier audit itself")})
    return snapshot.model_copy(update={"previous": Known[Snapshot](value=earlier)})


def judge(snapshot: Snapshot, policy: Policy | str = "default", *, knowledge: Knowledge | None = None) -> TrustReport:
    """The report of a snapshot: a pure function of snapshot, policy and rule set."""
    from trustaudit.report.build import build_report  # noqa: PLC0415 - loaded while the Hub's first answer travels

    chosen = load_policy(policy) if isinstance(policy, str) else policy
    context = Context(knowledge=knowledge or Knowledge(), options=chosen.options())
    results = [check(snapshot, context) for check in all_checks()]
    return build_report(snapshot, results, chosen, context.knowledge)


async def collect_async(
    ref: str | RepoRef, *, settings: Settings | None = None, hub: Hub | None = None, plan: Plan | None = None
) -> Snapshot:
    """The snapshot of one repository. What could not be seen is inside, not raised."""
    settings = settings or Settings.load()
    parsed = parse_ref(ref, settings)
    plan = plan or Plan(ruleset=ruleset_id())
    async with _borrowed(hub, settings) as shared:
        return await collect(parsed, shared.session(fresh=plan.fresh), plan, requested=str(ref))


async def audit_async(
    ref: str | RepoRef,
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    hub: Hub | None = None,
    depth: Depth | None = None,
) -> TrustReport:
    """Audit one repository.

    Raises UsageError for a reference, policy or setting that does not hold. A repository
    that cannot be seen is a report with the verdict ``incomplete``.
    """
    reports = audit_many_async([ref], policy=policy, settings=settings, hub=hub, depth=depth)
    (report,) = [report async for report in reports]
    return report


async def audit_many_async(  # noqa: PLR0913 - what, by which policy and settings, how deep, and whom to tell
    refs: Iterable[str | RepoRef],
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    hub: Hub | None = None,
    on_snapshot: Callable[[Snapshot], None] | None = None,
    depth: Depth | None = None,
) -> AsyncIterator[TrustReport]:
    """Audit several repositories at once; reports come in the order of ``refs``.

    All references are parsed before the first request, so a misspelt one costs nothing.
    """
    settings = settings or Settings.load()
    chosen = load_policy(policy) if isinstance(policy, str) else policy
    parsed = [(str(ref), parse_ref(ref, settings)) for ref in refs]
    knowledge = Knowledge(settings.data_dir)

    def judged(snapshot: Snapshot) -> TrustReport:
        return judge(snapshot, chosen, knowledge=knowledge)

    async with _borrowed(hub, settings) as shared, spare_time.beside(preparation.pieces(knowledge)):
        async for snapshot in _in_order(parsed, _Look(shared, depth or Depth(), judged)):
            if on_snapshot is not None:
                on_snapshot(snapshot)
            yield judged(snapshot)


@asynccontextmanager
async def _borrowed(hub: Hub | None, settings: Settings) -> AsyncIterator[Hub]:
    """The caller's Hub, left open; or one of our own, closed afterwards."""
    if hub is not None:
        yield hub
        return
    async with Hub(settings) as own:
        yield own


class _Look:
    """Looking at one repository after the other, as deep as was asked for."""

    def __init__(self, hub: Hub, depth: Depth, judged: Callable[[Snapshot], TrustReport]) -> None:
        self._hub, self._depth = hub, depth
        self._plan = Plan(ruleset=ruleset_id(), refs=depth.previous is not None)
        self._ancestry = _ancestry(hub, judged, depth.lineage) if depth.lineage else None

    async def at(self, ref: RepoRef, requested: str) -> Snapshot:
        """The snapshot of a repository, with its ancestors and the earlier audit where these were asked for."""
        snapshot = await collect_or_blind(ref, self._hub, self._plan, requested=requested)
        if self._depth.previous is not None:
            snapshot = with_previous(snapshot, self._depth.previous)
        return await self._ancestry.added_to(snapshot) if self._ancestry else snapshot

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        if self._ancestry is not None:
            await self._ancestry.aclose()


def _ancestry(hub: Hub, judged: Callable[[Snapshot], TrustReport], levels: int) -> Ancestry:
    from trustaudit.ancestry import Ancestry  # noqa: PLC0415 - most runs look at no ancestor

    return Ancestry(hub, judged, levels)


async def _in_order(parsed: Sequence[tuple[str, RepoRef]], look: _Look) -> AsyncIterator[Snapshot]:
    gate = asyncio.Semaphore(AUDITS_AT_ONCE)

    async def one(requested: str, ref: RepoRef) -> Snapshot:
        async with gate:
            return await look.at(ref, requested)

    tasks = [asyncio.ensure_future(one(requested, ref)) for requested, ref in parsed]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await look.aclose()


async def collect_or_blind(ref: RepoRef, hub: Hub, plan: Plan, *, requested: str) -> Snapshot:
    """``collect`` among others: a defect met at one model must not end the run for the rest."""
    try:
        return await collect(ref, hub.session(fresh=plan.fresh), plan, requested=requested)
    except TrustAuditError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes a report that says so
        return _blind(ref, requested, hub, f"{type(error).__name__}: {error}")


def _blind(ref: RepoRef, requested: str, hub: Hub, detail: str) -> Snapshot:
    """A snapshot in which nothing could be seen."""
    unseen = Unavailable(reason=Reason.INTERNAL, detail=detail)
    return Snapshot(
        ref=ref,
        requested=requested,
        endpoint=hub.session().endpoint,
        collected_at=hub.now(),
        info=unseen,
        files=unseen,
        history=unseen,
        publisher=unseen,
        scan=unseen,
    )


def audit(
    ref: str | RepoRef,
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    depth: Depth | None = None,
) -> TrustReport:
    """``audit_async`` for callers without an event loop."""
    return run_sync(audit_async(ref, policy=policy, settings=settings, depth=depth))


def audit_many(
    refs: Iterable[str | RepoRef],
    *,
    policy: Policy | str = "default",
    settings: Settings | None = None,
    depth: Depth | None = None,
) -> list[TrustReport]:
    """``audit_many_async`` for callers without an event loop; reports in the order of ``refs``."""

    async def gather() -> list[TrustReport]:
        reports = audit_many_async(refs, policy=policy, settings=settings, depth=depth)
        return [report async for report in reports]

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


_SNAPSHOT = "name a file that `trustaudit check REF --save-snapshot FILE` wrote"


def load_snapshot(path: Path) -> Snapshot:
    """A snapshot saved earlier. Raises FileInputError."""
    try:
        return Snapshot.from_json(path.read_bytes())
    except OSError as error:
        raise FileInputError(f"cannot read {path}: {error.strerror}", advice=_SNAPSHOT) from error
    except FileInputError as error:
        raise FileInputError(f"{path}: {error.what}", cause=error.cause, advice=_SNAPSHOT) from error
