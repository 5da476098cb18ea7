"""What is said before a batch: what the rest of its list will cost, and which of its lines cost nothing."""

from __future__ import annotations

from collections.abc import Collection

from trustaudit.batch.estimate import Estimate
from trustaudit.batch.worklist import Worklist
from trustaudit.hub.client import Hub
from trustaudit.store.reuse import Reuse


def budget(work: Worklist, reuse: Reuse, hub: Hub, done: Collection[str] = ()) -> str:
    """One line. ``done`` are the keys of what the run that is resumed has finished."""
    left = [item for item in work.items if item.key not in done]
    known = {item.ref: item for item in left if item.ref is not None}
    again = frozenset(ref for ref, item in known.items() if reuse.candidate(item, hub.now()))
    estimate = Estimate.of(
        (item.ref for item in left if item.ref is not None),
        hub.api_quota,
        authenticated=hub.authenticated,
        reused=again,
        asks=not hub.settings.offline and hub.settings.replay is None,
    )
    strange = sum(1 for item in left if item.ref is None)
    apart = ((len(done), "done"), (work.repeated, "repeated left out"), (strange, "that name no repository"))
    return "; ".join((estimate.sentence(), *(f"{count:,} {what}" for count, what in apart if count)))
