"""A Hub's quota without sockets, in a time that passes as fast as it can be computed."""

from __future__ import annotations

import asyncio
import math
import random
import selectors
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from trustaudit.hub.exchange import Bucket
from trustaudit.hub.meter import Account
from trustaudit.hub.quota import Quota
from trustaudit.hub.turns import Turns

T = TypeVar("T")
Rounding = Callable[[float], int]


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting, lets the time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return []


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes from one timer to the next."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def simulated(work: Coroutine[Any, Any, T]) -> T:
    """Run in simulated time."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(work)


@dataclass
class CountedHub:
    """Counts requests in fixed windows. ``others`` used that many of the first one before anybody else."""

    quota: int
    seconds: float
    latency: float = 0.05
    rounding: Rounding = math.ceil
    phase: float = 0.37
    others: int = 0
    policy: bool = True
    used: Counter[int] = field(default_factory=Counter)
    began: dict[int, float] = field(default_factory=dict)
    refused: list[float] = field(default_factory=list)
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret

    @property
    def _elapsed(self) -> float:
        return asyncio.get_running_loop().time() - 1000.0 + self.phase * self.seconds

    async def answer(self) -> tuple[int, dict[str, str]]:
        """Status and headers, a while after the request was counted."""
        await asyncio.sleep(self.latency * self.random.uniform(0.1, 1.0))
        window, into = divmod(self._elapsed, self.seconds)
        self.used[int(window)] += 1
        self.began.setdefault(int(window), into)
        left = self.quota - (0 if window else self.others) - self.used[int(window)]
        seconds = self.rounding(self.seconds - into)
        if left < 0:
            self.refused.append(asyncio.get_running_loop().time())
        headers = {"ratelimit": f'"api";r={max(0, left)};t={seconds}'}
        if self.policy:
            headers["ratelimit-policy"] = f'"fixed window";"api";q={self.quota};w={round(self.seconds)}'
        await asyncio.sleep(self.latency * self.random.uniform(0.1, 1.0))
        return (429 if left < 0 else 200), headers

    def full_windows(self) -> list[int]:
        """Requests of the windows between the first and the last."""
        first, last = min(self.used), max(self.used)
        return [self.used[window] for window in range(first + 1, last)]


async def ask(hub: CountedHub, questions: int, *, audits: int = 24, seats: int = 32, work: float = 0.0) -> Turns:
    """Many audits of three questions each, ``audits`` at the same time, ``work`` seconds for each answer."""
    turns = Turns(Quota(asyncio.get_running_loop().time), seats, asyncio.sleep, scouts=True)
    places = asyncio.Semaphore(audits)

    async def audit() -> None:
        async with places:
            account = Account(60.0, 1, quota_seconds=3600.0)
            await question(account)
            await asyncio.gather(question(account), question(account))

    async def question(account: Account) -> None:
        status = 429
        while status == 429:
            async with turns.turn(Bucket.API, account) as ticket:
                status, headers = await hub.answer()
                turns.learn(Bucket.API, headers, ticket)
        await asyncio.sleep(work)

    await asyncio.gather(*(audit() for _ in range(questions // 3)))
    await turns.aclose()
    return turns
