"""Owners of repositories that are as they were: a badge can be lost, an account change hands, and no file shows it.

Asked for after everything else, so that closer looks at other repositories have asked for some already;
each owner once per run. That is one API request for an owner, however many of its repositories are locked;
``groups`` says where it is saved.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from trustaudit.batch.ordered import in_order
from trustaudit.errors import HubError
from trustaudit.facts import Fact, Known, Unavailable
from trustaudit.hub.client import Hub
from trustaudit.hub.session import HubSession
from trustaudit.lockfile.drift import publisher_drifts
from trustaudit.lockfile.groups import is_due
from trustaudit.lockfile.model import LockEntry
from trustaudit.lockfile.reaudit import Outcome, Terms, comparable, look_again
from trustaudit.lockfile.signs import why
from trustaudit.snapshot import Publisher


async def with_owners(outcomes: Iterable[Outcome], hub: Hub, terms: Terms) -> list[Outcome]:
    """The same outcomes, those without any drift compared with their owners of today."""
    listed = list(outcomes)
    eventful = any(outcome.drifts for outcome in listed)

    async def one(outcome: Outcome) -> Outcome:
        entry = comparable(outcome.entry, hub.settings.endpoint)
        quiet = not outcome.drifts and outcome.audited is None and not outcome.unseen
        if not quiet or not (eventful or is_due(entry, hub.now())):
            return outcome
        return await _compared(outcome, entry, hub, terms)

    return [outcome async for outcome in in_order(listed, one)]


async def _compared(outcome: Outcome, entry: LockEntry, hub: Hub, terms: Terms) -> Outcome:
    if entry.publisher is None or entry.ref.namespace is None:
        return outcome
    session = hub.session(fresh=True)
    owner = await _owner(entry, entry.ref.namespace, session)
    drifts = publisher_drifts(entry.publisher, owner)
    unseen = f"publisher: {why(owner)}" if isinstance(owner, Unavailable) and not drifts else ""
    spent = outcome.api_requests + session.meter.api_requests
    found = replace(outcome, drifts=drifts, unseen=unseen, api_requests=spent)
    return await look_again(found, hub, terms) if drifts and terms.renew else found


async def _owner(entry: LockEntry, namespace: str, session: HubSession) -> Fact[Publisher]:
    likely = entry.publisher.kind if entry.publisher else None
    try:
        return Known(value=await session.publisher(namespace, likely=likely))
    except HubError as error:
        return error.as_unavailable()
