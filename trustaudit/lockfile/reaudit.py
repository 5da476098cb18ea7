"""Asking the Hub about locked repositories: a request at most for each that did not change, else a whole audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

from msgspec import Struct, field
from msgspec.structs import replace

from trustaudit.batch.ordered import AT_ONCE, in_order
from trustaudit.collect.collector import canonical, collect
from trustaudit.collect.plan import Plan
from trustaudit.engine import judge
from trustaudit.errors import HubError, RevisionNotFoundError
from trustaudit.facts import Unavailable, value_of
from trustaudit.hub.client import Hub
from trustaudit.hub.session import HubSession
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.drift import Drift, DriftKind, full_drifts, head_drifts, lost
from trustaudit.lockfile.entry import Audited, with_accepted
from trustaudit.lockfile.glance import Glances
from trustaudit.lockfile.groups import thrift
from trustaudit.lockfile.model import LockEntry
from trustaudit.lockfile.signs import signs, tag_signs, why
from trustaudit.policy.model import Policy
from trustaudit.report.model import Verdict


class Outcome(Struct, frozen=True):
    """What became of one entry. ``unseen``: what could not be looked at; ``audited`` is there after a whole audit.

    ``glanced``: it seems to be as it was, and its info answer, with scan state and all files, was not asked for.
    """

    entry: LockEntry
    drifts: tuple[Drift, ...] = ()
    unseen: str = ""
    audited: Audited | None = None
    api_requests: int = 0
    glanced: bool = False

    @property
    def matters(self) -> bool:
        """Whether somebody should look."""
        return any(drift.matters for drift in self.drifts)


class Terms(Struct, frozen=True):
    """How to look: by which policy, with which tables, and whether at everything although nothing seems changed.

    ``renew``: entries whose owner alone changed are audited as well, so that they can be pinned anew.
    """

    policy_of: Callable[[LockEntry], Policy]
    knowledge: Knowledge = field(default_factory=Knowledge)
    full: bool = False
    renew: bool = False


async def reaudit(
    entries: Iterable[LockEntry], hub: Hub, terms: Terms, *, at_once: int = AT_ONCE
) -> AsyncIterator[Outcome]:
    """Every entry in order. Raises nothing for what the Hub does or does not answer."""
    listed = tuple(entries)
    at = hub.settings.endpoint
    glances = Glances(thrift((comparable(entry, at) for entry in listed if _is_settled(entry, terms)), hub.now()))

    async def one(entry: LockEntry) -> Outcome:
        return await _looked(Outcome(entry), hub, terms, glances)

    async for outcome in in_order(listed, one, at_once=at_once):
        yield outcome


async def look_by_info(outcome: Outcome, hub: Hub, terms: Terms) -> Outcome:
    """The same entry, compared with its info answer."""
    return await _looked(outcome, hub, terms, Glances())


async def _looked(outcome: Outcome, hub: Hub, terms: Terms, glances: Glances) -> Outcome:
    entry, session = outcome.entry, hub.session(fresh=True)
    found = await _look(comparable(entry, session.endpoint), session, terms, glances)
    return replace(found, entry=entry, api_requests=outcome.api_requests + session.meter.api_requests)


def _is_settled(entry: LockEntry, terms: Terms) -> bool:
    """Whether the judgement that is locked still stands as far as it depends on rules and policy."""
    return not terms.full and entry.ruleset == ruleset_id() and entry.policy_digest == terms.policy_of(entry).digest


async def look_again(outcome: Outcome, hub: Hub, terms: Terms) -> Outcome:
    """The same entry, audited as a whole."""
    entry, session = outcome.entry, hub.session(fresh=True)
    found = await _look_closely(comparable(entry, session.endpoint), session, terms, terms.policy_of(entry))
    return replace(found, entry=entry, api_requests=outcome.api_requests + session.meter.api_requests)


def comparable(entry: LockEntry, endpoint: str) -> LockEntry:
    """Account and object ids are a Hub's own: of an entry locked from another Hub they tell nothing here."""
    if entry.endpoint == endpoint:
        return entry
    return entry.model_copy(update={"object_id": None, "publisher": None, "gated": None})


async def _look(entry: LockEntry, session: HubSession, terms: Terms, glances: Glances) -> Outcome:
    policy = terms.policy_of(entry)
    if await glances.suffice(entry, session):
        sign = await tag_signs(entry, entry.ref, session)
        outcome = Outcome(entry, unseen=sign.unseen, glanced=True)
        return await _look_closely(entry, session, terms, policy) if sign.changed else outcome
    try:
        answer = await session.info(entry.ref)
    except HubError as error:
        return _lost(entry, error.as_unavailable())
    head = head_drifts(entry, answer.info, answer.files)
    if head or not _is_settled(entry, terms):
        session.pass_on(entry.ref, answer)
        return _with_head(await _look_closely(entry, session, terms, policy), head)
    sign = await signs(entry, canonical(entry.ref, answer.info), answer.info, session)
    if sign.changed:
        session.pass_on(entry.ref, answer)
        return await _look_closely(entry, session, terms, policy)
    return Outcome(entry, unseen=sign.unseen)


def _with_head(outcome: Outcome, head: tuple[Drift, ...]) -> Outcome:
    """What the first answer showed stays, although a later one differs: two answers that disagree are no all-clear."""
    known = {drift.kind for drift in outcome.drifts}
    if outcome.audited is not None:  # told better by now
        known |= {DriftKind.NEW_COMMITS, DriftKind.TAG_MOVED}
    return replace(outcome, drifts=(*(drift for drift in head if drift.kind not in known), *outcome.drifts))


def _lost(entry: LockEntry, gone: Unavailable) -> Outcome:
    drift = lost(entry, gone)
    return Outcome(entry, drifts=(drift,)) if drift else Outcome(entry, unseen=why(gone))


async def _look_closely(entry: LockEntry, session: HubSession, terms: Terms, policy: Policy) -> Outcome:
    if entry.publisher is not None:
        session.expect_owner(entry.publisher.name, entry.publisher.kind)
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
