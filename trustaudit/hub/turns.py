"""Whose request goes out next: bounded seats, the Hub's quota, and audits under way before new ones.

Who waits for quota holds no seat, so reading files goes on while API requests wait, and the
other way round. Waiters are served in the order in which their audits began: what is begun is
finished first, and memory holds few audits.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from trustaudit.errors import RateLimitedError
from trustaudit.hub.exchange import Bucket
from trustaudit.hub.meter import Account
from trustaudit.hub.quota import Quota
from trustaudit.hub.window import Ticket

_UNTOLD = {Bucket.API: 1}
"""Requests at once before the first answer: an audit begins with one API request anyway."""

_HUNDREDTH = 100

Sleep = Callable[[float], Awaitable[None]]


@dataclass(order=True, slots=True)
class _Waiter:
    rank: tuple[int, int]
    account: Account = field(compare=False)
    ticket: asyncio.Future[Ticket] = field(compare=False)


class Turns:
    """Shared by all audits of a run. ``seats`` requests are on their way at the same time.

    ``scouts``: the last request of a window may wait a little to see it end. Nothing for an audit that is alone.
    """

    def __init__(self, quota: Quota, seats: int, sleep: Sleep, *, scouts: bool = False) -> None:
        self.quota, self._seats, self._sleep = quota, seats, sleep
        self._queues: dict[Bucket, list[_Waiter]] = {bucket: [] for bucket in Bucket}
        self._watches: dict[Bucket, asyncio.Task[None]] = {}
        self._wakes: dict[Bucket, float] = {}
        self._scouts = scouts
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self, bucket: Bucket, account: Account) -> AsyncIterator[Ticket]:
        """A turn of this audit. Raises RateLimitedError when the quota makes it wait longer than it may."""
        ticket = self._at_once(bucket) or await self._queued(bucket, account)
        try:
            yield ticket
        finally:
            self._leave(bucket)

    def hold(self, bucket: Bucket, seconds: float) -> None:
        """A 429 said to wait: everybody does."""
        self.quota.hold(bucket, seconds)
        self._admit()

    def learn(self, bucket: Bucket, headers: Mapping[str, str], ticket: Ticket) -> None:
        """An answer says what is left: let those in who may go now."""
        self.quota.learn(bucket, headers, ticket)
        self._admit()

    async def aclose(self) -> None:
        """Stop waiting."""
        for watch in self._watches.values():
            watch.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)

    def _at_once(self, bucket: Bucket) -> Ticket | None:
        """A turn without waiting, unless others wait."""
        return self.quota.take(bucket) if not self._queues[bucket] and self._is_open(bucket) else None

    async def _queued(self, bucket: Bucket, account: Account) -> Ticket:
        waiter = _Waiter((account.order, next(self._arrivals)), account, asyncio.get_running_loop().create_future())
        heapq.heappush(self._queues[bucket], waiter)
        with account.time.waiting():
            try:
                self._admit()
                return await waiter.ticket
            except asyncio.CancelledError:
                if waiter.ticket.done() and not waiter.ticket.cancelled() and waiter.ticket.exception() is None:
                    self._leave(bucket)
                raise

    def _leave(self, bucket: Bucket) -> None:
        self.quota.settle(bucket)
        self._admit()

    def _admit(self) -> None:
        """Hand out turns, each to the oldest audit that waits for a bucket that is open."""
        while open_queues := [queue for bucket, queue in self._queues.items() if queue and self._is_open(bucket)]:
            queue = min(open_queues)
            waiter = heapq.heappop(queue)
            if not waiter.ticket.done():
                waiter.ticket.set_result(self.quota.take(self._bucket_of(queue)))
        for bucket, queue in self._queues.items():
            if queue:
                self._await_end(bucket)

    def _bucket_of(self, queue: list[_Waiter]) -> Bucket:
        return next(bucket for bucket, other in self._queues.items() if other is queue)

    def _is_open(self, bucket: Bucket) -> bool:
        """Whether a request may go out now."""
        if sum(self.quota.under_way(one) for one in Bucket) >= self._seats:
            return False
        if self.quota.is_untold(bucket):
            return self.quota.under_way(bucket) < _UNTOLD.get(bucket, self._seats)
        if self.quota.is_blind(bucket):
            return not self.quota.under_way(bucket)
        return self._wait(bucket) <= 0

    def _wait(self, bucket: Bucket) -> float:
        """Seconds until the next request may go out, as far as the quota goes."""
        pause = self.quota.pause(bucket)
        if pause > 0:
            return pause
        several = self.quota.under_way(bucket) + len(self._queues[bucket]) > 1
        return self.quota.scouting(bucket) if several and self._scouts else 0.0

    def _await_end(self, bucket: Bucket) -> None:
        """Somebody waits for quota: refuse whom it takes too long, and have one watch for the end of the window."""
        pause = self._wait(bucket)
        if pause <= 0:
            return
        self._refuse_impatient(bucket, pause)
        if self._queues[bucket]:
            self._watch_from(bucket, asyncio.get_running_loop().time() + pause)

    def _watch_from(self, bucket: Bucket, until: float) -> None:
        """Have a watch that wakes at that time; one that would sleep on is replaced."""
        watch = self._watches.get(bucket)
        if watch is not None and not watch.done():
            if self._wakes.get(bucket, until) <= until + 2 / _HUNDREDTH:
                return
            watch.cancel()
        self._wakes[bucket] = until
        self._watches[bucket] = asyncio.create_task(self._watch(bucket))

    def _refuse_impatient(self, bucket: Bucket, pause: float) -> None:
        queue = self._queues[bucket]
        for waiter in [one for one in queue if pause > one.account.time.patience()]:
            queue.remove(waiter)
            if not waiter.ticket.done():
                told = f"the Hub's quota for {bucket} requests is used up for another {pause:.0f} s"
                waiter.ticket.set_exception(RateLimitedError(told))
        heapq.heapify(queue)

    async def _watch(self, bucket: Bucket) -> None:
        """Sleep until requests may go out. The clock is asked again, because an end can be told anew meanwhile."""
        while self._queues[bucket] and (pause := self._wait(bucket)) > 0:
            window, ends = self.quota.number(bucket), self.quota.ends(bucket)
            whole = self.quota.pause(bucket) > 0
            self._wakes[bucket] = asyncio.get_running_loop().time() + pause
            await self._sleep(math.ceil(pause * _HUNDREDTH) / _HUNDREDTH)
            if whole and (window, ends) == (self.quota.number(bucket), self.quota.ends(bucket)):
                self.quota.waited(bucket)
            self._admit()
