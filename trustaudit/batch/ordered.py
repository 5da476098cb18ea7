"""Work on many things at once, results in the order of the things, memory for a window of them only."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

AT_ONCE: Final = 24
"""Audits under way at the same time; requests are bounded by the Hub client.

An audit has one to four requests under way, and none while it computes: fewer audits leave the Hub
client's seats empty, and more wait in memory for the quota.
"""

_AHEAD: Final = 4
"""How many windows a slow item may hold back: results behind it wait in memory."""


async def in_order(
    items: Iterable[A], work: Callable[[A], Awaitable[B]], *, at_once: int = AT_ONCE
) -> AsyncIterator[B]:
    """``work`` of each item, at most ``at_once`` under way; items are taken from the iterable as places become free."""
    gate = asyncio.Semaphore(at_once)

    async def one(item: A) -> B:
        async with gate:
            return await work(item)

    window: deque[asyncio.Task[B]] = deque()
    try:
        for item in items:
            window.append(asyncio.ensure_future(one(item)))
            while len(window) >= at_once * _AHEAD or (window and window[0].done()):
                yield await window.popleft()
        while window:
            yield await window.popleft()
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)
