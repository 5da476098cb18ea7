"""The loop of a worker process: lease, audit, keep, and again until there is nothing left.

An item that took a worker down is not tried beside others: they would be blamed for it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from trustaudit.batch.engines.interface import TRIES, Lease, Outcome, Queue
from trustaudit.batch.runner import given_up
from trustaudit.batch.worklist import Item
from trustaudit.errors import StoreError

Audit = Callable[[Item], Awaitable[Outcome]]

_LOOK_AGAIN: Final = 0.5
"""Seconds until a worker without work asks again: an item of somebody who died may have come free."""

_MAX_TROUBLE: Final = 300
VANISHED: Final = "the process that audited it ended without a word"


async def work_through(queue: Queue, audit: Audit, *, at_once: int) -> None:
    """Audit what the queue gives, ``at_once`` at a time, until the run is finished or we are stopped.

    Cancelled or stopped, it gives back what it has. Raises StoreError when the queue cannot be reached.
    """
    running: set[asyncio.Task[None]] = set()
    suspected = False
    try:
        while not queue.is_stopped():
            suspected = suspected and bool(running)
            if not suspected and len(running) < at_once:
                grant = await queue.lease(at_once - len(running), alone=not running)
                if grant.stopped or (grant.finished and not running):
                    return
                suspected = any(lease.attempts > 1 for lease in grant.leases)
                running |= {asyncio.create_task(_one(queue, audit, lease)) for lease in grant.leases}
            running = await _rest(running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _rest(running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Until one is done, or it is time to look again. What still runs."""
    if not running:
        await asyncio.sleep(_LOOK_AGAIN)
        return running
    done, left = await asyncio.wait(running, timeout=_LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return left


async def _one(queue: Queue, audit: Audit, lease: Lease) -> None:
    """One item, whatever comes of it."""
    try:
        outcome = _hopeless(lease) if lease.is_spent else await audit(lease.item)
    except asyncio.CancelledError:
        await queue.give_back(lease, trouble="")
        raise
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect met at one repository must not end the run for the rest
        await _failed(queue, lease, _in_a_line(error))
    else:
        await queue.complete(lease, outcome)


def _in_a_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_TROUBLE]


async def _failed(queue: Queue, lease: Lease, trouble: str) -> None:
    if lease.attempts < TRIES:
        await queue.give_back(lease, trouble=trouble)
    else:
        await queue.complete(lease, _error(lease.item, trouble))


def _hopeless(lease: Lease) -> Outcome:
    return _error(lease.item, lease.trouble or VANISHED)


def _error(item: Item, trouble: str) -> Outcome:
    return Outcome(given_up(item, TRIES, trouble), item.policy, trouble=trouble)
