"""What follows once every entry was looked at: owners, and where anything changed, all that was saved on."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from trustaudit.batch.ordered import in_order
from trustaudit.hub.client import Hub
from trustaudit.lockfile.owners import with_owners
from trustaudit.lockfile.reaudit import Outcome, Terms, look_by_info


async def finished(outcomes: Iterable[Outcome], hub: Hub, terms: Terms) -> list[Outcome]:
    """The same outcomes in the same order. A change anywhere ends the saving: that run is not a quiet one."""
    listed = await with_owners(outcomes, hub, terms)
    if not any(outcome.drifts for outcome in listed):
        return listed

    async def closer(outcome: Outcome) -> Outcome:
        return await _asked(outcome, hub, terms) if outcome.glanced else outcome

    return await with_owners([outcome async for outcome in in_order(listed, closer)], hub, terms)


async def _asked(outcome: Outcome, hub: Hub, terms: Terms) -> Outcome:
    """What is known already stays, when the answer brings nothing (a publisher's change is in no info answer)."""
    found = await look_by_info(outcome, hub, terms)
    return replace(found, drifts=found.drifts or outcome.drifts)
