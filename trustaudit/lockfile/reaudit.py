"""Asking the Hub about locked repositories: one request for each that did not change, a whole audit for the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from trustaudit.batch.ordered import AT_ONCE, in_order
from trustaudit.collect.collector import collect
from trustaudit.collect.plan import Plan
from trustaudit.engine import judge
from trustaudit.errors import HubError, RevisionNotFoundError
from trustaudit.facts import Fact, Known, NotApplicable, Unavailable, value_of
from trustaudit.hub.client import Hub
from trustaudit.hub.session import HubSession
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.drift import Drift, DriftKind, full_drifts, head_drifts, lost, publisher_drifts
from trustaudit.lockfile.entry import Audited, with_accepted
from trustaudit.lockfile.model import LockEntry
from trustaudit.policy.model import Policy
from trustaudit.report.model import Verdict
from trustaudit.snapshot import Publisher

PUBLISHER_HOLDS: Final = timedelta(days=1)
"""Owners of entries younger than this are not asked for again; of older ones once per run and owner."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one entry. ``unseen``: what could not be looked at; ``audited`` is there after a whole audit."""

    entry: LockEntry
    drifts: tuple[Drift, ...] = ()
    unseen: str = ""
    audited: Audited | None = None
    api_requests: int = 0

    @property
    def matters(self) -> bool:
        """Whether somebody should look."""
        return any(drift.matters for drift in self.drifts)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to look: by which policy, with which tables, and whether at everything although nothing seems changed."""

    policy_of: Callable[[LockEntry], Policy]
    knowledge: Knowledge = field(default_factory=Knowledge)
    full: bool = False


async def reaudit(
    entries: Iterable[LockEntry], hub: Hub, terms: Terms, *, at_once: int = AT_ONCE
) -> AsyncIterator[Outcome]:
    """Every entry in order. Raises nothing for what the Hub does or does not answer."""

    async def one(entry: LockEntry) -> Outcome:
        session = hub.session(fresh=True)
        outcome = await _look(_comparable(entry, session), session, terms)
        return replace(outcome, entry=entry, api_requests=session.meter.api_requests)

    async for outcome in in_order(entries, one, at_once=at_once):
        yield outcome


def with_shared_owners(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The same, and what closer looks at other repositories of an owner tell about it: that costs nothing more."""
    listed = list(outcomes)
    seen = {_owner(item.entry): item.audited.snapshot.publisher for item in listed if item.audited is not None}
    return [_with_owner(item, seen.get(_owner(item.entry))) for item in listed]


def _owner(entry: LockEntry) -> str:
    return (entry.ref.namespace or "").casefold()


def _with_owner(outcome: Outcome, publisher: Fact[Publisher] | None) -> Outcome:
    if publisher is None or outcome.audited is not None or outcome.drifts:
        return outcome
    return replace(outcome, drifts=publisher_drifts(outcome.entry.publisher, publisher))


def _comparable(entry: LockEntry, session: HubSession) -> LockEntry:
    """Account and object ids are a Hub's own: of an entry locked from another Hub they tell nothing here."""
    if entry.endpoint == session.endpoint:
        return entry
    return entry.model_copy(update={"object_id": None, "publisher": None, "gated": None})


async def _look(entry: LockEntry, session: HubSession, terms: Terms) -> Outcome:
    try:
        answer = await session.info(entry.ref)
    except HubError as error:
        return _lost(entry, error.as_unavailable())
    head = head_drifts(entry, answer.info, answer.files)
    policy = terms.policy_of(entry)
    if head or terms.full or entry.ruleset != ruleset_id() or entry.policy_digest != policy.digest:
        return _with_head(await _look_closely(entry, session, terms, policy), head)
    outcome = await _publisher_only(entry, session)
    return await _look_closely(entry, session, terms, policy) if outcome.drifts else outcome


def _with_head(outcome: Outcome, head: tuple[Drift, ...]) -> Outcome:
    """What the first answer showed stays, although a later one differs: two answers that disagree are no all-clear."""
    known = {drift.kind for drift in outcome.drifts}
    if outcome.audited is not None:  # told better by now
        known |= {DriftKind.NEW_COMMITS, DriftKind.TAG_MOVED}
    return replace(outcome, drifts=(*(drift for drift in head if drift.kind not in known), *outcome.drifts))


def _lost(entry: LockEntry, gone: Unavailable) -> Outcome:
    drift = lost(entry, gone)
    return Outcome(entry, drifts=(drift,)) if drift else Outcome(entry, unseen=_why(gone))


def _why(gone: Unavailable) -> str:
    return f"{gone.reason}: {gone.detail}" if gone.detail else str(gone.reason)


async def _publisher_only(entry: LockEntry, session: HubSession) -> Outcome:
    """The repository is as it was; its owner may not be."""
    if entry.publisher is None or session.now() - entry.audited < PUBLISHER_HOLDS:
        return Outcome(entry)
    publisher = await _publisher(entry, session)
    drifts = publisher_drifts(entry.publisher, publisher)
    unseen = f"publisher: {_why(publisher)}" if isinstance(publisher, Unavailable) and not drifts else ""
    return Outcome(entry, drifts=drifts, unseen=unseen)


async def _publisher(entry: LockEntry, session: HubSession) -> Fact[Publisher]:
    """The owner of today. Within a run later questions for the same owner get the same answer."""
    if entry.ref.namespace is None:
        return NotApplicable(why="a root-level id has no owner")
    likely = entry.publisher.kind if entry.publisher else None
    try:
        return Known(value=await session.publisher(entry.ref.namespace, likely=likely))
    except HubError as error:
        return error.as_unavailable()


async def _look_closely(entry: LockEntry, session: HubSession, terms: Terms, policy: Policy) -> Outcome:
    snapshot = await collect(entry.ref, session, Plan(ruleset=ruleset_id(), refs=True), requested=str(entry.ref))
    report = judge(snapshot, with_accepted(policy, entry.ref.full_id, entry.accepted), knowledge=terms.knowledge)
    audited = Audited(snapshot, report)
    if isinstance(snapshot.info, Unavailable):
        return _lost(entry, snapshot.info)
    drifts = full_drifts(entry, audited, kept=await _kept(entry, audited, session))
    unseen = report.headline if report.verdict is Verdict.INCOMPLETE and entry.verdict is not Verdict.INCOMPLETE else ""
    return Outcome(entry, drifts=drifts, unseen=unseen, audited=audited)


async def _kept(entry: LockEntry, audited: Audited, session: HubSession) -> bool | None:
    """Whether a commit that the history no longer holds can still be fetched by those who pinned it."""
    history = value_of(audited.snapshot.history)
    if history is None or not history.complete or any(commit.id == entry.commit for commit in history.commits):
        return None
    try:
        await session.info(entry.pinned)
    except RevisionNotFoundError:
        return False
    except HubError:
        return None
    return True
