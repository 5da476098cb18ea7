"""What every process of a shared run does. Dask finds this function by its name on its own machines."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from trustaudit.batch.engines.interface import Order, Outcome
from trustaudit.batch.engines.worker import work_through
from trustaudit.batch.runner import audit_item
from trustaudit.batch.worklist import Item
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.policy.model import Policy
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings, silence_hub_client
from trustaudit.snapshot import Snapshot
from trustaudit.store.leasing import LeasedWork
from trustaudit.store.place import Place
from trustaudit.store.reuse import Reuse
from trustaudit.store.shared_permits import SharedPermits
from trustaudit.store.steady import Steady

_AHEAD: Final = 5000
_LOOK_AHEAD: Final = 1000
"""Every so many audits a worker looks so many items ahead: list pages then answer for several models of an owner."""


def work(order: str) -> None:
    """Work on the run of this order until it is finished. Raises StoreError when that cannot be."""
    silence_hub_client()
    asyncio.run(_work(Order.from_text(order)))


async def _work(order: Order) -> None:
    settings = order.settled(Settings.load())
    with ExitStack() as stack:
        steady = Steady(Place.at(order.db))  # one connection per process: a server has only so many
        stack.callback(steady.close)
        queue = stack.enter_context(LeasedWork(order, settings, steady))
        permits = stack.enter_context(SharedPermits(steady, settings))
        stack.callback(steady.hurry)  # who leaves waits for nobody
        reuse = stack.enter_context(Reuse(settings, timedelta(days=order.reuse_days)))
        async with Hub(settings, permits=permits) as hub:
            knowledge, count = Knowledge(settings.data_dir), itertools.count(1)

            async def audit(item: Item) -> Outcome:
                if next(count) % _LOOK_AHEAD == 0:
                    hub.expect(await queue.ahead(_AHEAD))
                earlier = await reuse.report(item, hub)
                return Outcome(earlier, item.policy) if earlier else await _outcome(item, hub, knowledge)

            hub.expect(await queue.ahead(_AHEAD))
            await work_through(queue, audit, at_once=order.jobs)


async def _outcome(item: Item, hub: Hub, knowledge: Knowledge) -> Outcome:
    seen: list[Snapshot] = []

    def keep(snapshot: Snapshot, _report: TrustReport, _policy: Policy) -> None:
        seen.append(snapshot)

    report = await audit_item(item, hub, knowledge, keep)
    return Outcome(report, item.policy, seen[0] if seen else None)
