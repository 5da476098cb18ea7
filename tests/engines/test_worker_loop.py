"""The loop of a worker over a queue in memory: what it leases, gives back and gives up."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from trustaudit.batch.engines.interface import Grant, Lease, Outcome
from trustaudit.batch.engines.worker import work_through
from trustaudit.batch.runner import given_up
from trustaudit.batch.worklist import Item
from trustaudit.errors import StoreError
from trustaudit.policy.model import load_policy
from trustaudit.refs import RepoRef

POLICY = load_policy("default")


def item(name: str) -> Item:
    return Item(name, POLICY, name, RepoRef.parse(f"org/{name}"))


@dataclass
class Memory:
    """As the database, for one worker that never dies."""

    fresh: deque[Lease]
    tried: deque[Lease] = field(default_factory=deque)
    out: int = 0
    results: dict[str, Outcome] = field(default_factory=dict)
    refunded: list[str] = field(default_factory=list)
    stopped: bool = False

    @classmethod
    def of(cls, *names: str) -> Memory:
        return cls(deque(Lease(item(name), at, 1, name) for at, name in enumerate(names)))

    async def lease(self, wanted: int, *, alone: bool) -> Grant:
        if self.stopped:
            return Grant(stopped=True)
        taken = [self.fresh.popleft() for _ in range(min(wanted, len(self.fresh)))]
        if not taken and alone and self.tried:
            taken = [self.tried.popleft()]
        self.out += len(taken)
        return Grant(tuple(taken), finished=not (taken or self.fresh or self.tried or self.out))

    async def complete(self, lease: Lease, outcome: Outcome) -> bool:
        self.out -= 1
        assert lease.item.key not in self.results
        self.results[lease.item.key] = outcome
        return True

    async def give_back(self, lease: Lease, *, trouble: str) -> None:
        self.out -= 1
        if trouble:
            self.tried.append(replace(lease, attempts=lease.attempts + 1, trouble=trouble))
        else:
            self.refunded.append(lease.item.key)

    def is_stopped(self) -> bool:
        return self.stopped


def fine(one: Item) -> Outcome:
    return Outcome(given_up(one, 0, "no matter"), one.policy)


async def test_everything_is_done_some_at_a_time() -> None:
    queue, under_way, most = Memory.of(*"abcdefghij"), 0, 0

    async def audit(one: Item) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return fine(one)

    await work_through(queue, audit, at_once=3)
    assert sorted(queue.results) == list("abcdefghij")
    assert most == 3


async def test_what_fails_is_tried_again_alone_and_three_times() -> None:
    queue, tries, beside = Memory.of(*"abcd"), 0, set[str]()
    under_way: set[str] = set()

    async def audit(one: Item) -> Outcome:
        nonlocal tries
        under_way.add(one.key)
        try:
            await asyncio.sleep(0.01)
            if one.key == "b":
                tries += 1
                if tries > 1:
                    beside.update(under_way)
                raise ValueError("boom\n  twice")
            return fine(one)
        finally:
            under_way.discard(one.key)

    await work_through(queue, audit, at_once=4)
    assert tries == 3
    assert beside == {"b"}
    assert queue.results["b"].trouble == "ValueError: boom twice"
    assert queue.results["b"].report.headline == "given up after 3 tries: ValueError: boom twice"
    assert [queue.results[key].trouble for key in "acd"] == ["", "", ""]


async def test_what_took_three_workers_down_is_not_tried_again() -> None:
    queue = Memory(deque(), deque([Lease(item("a"), 0, 4, "a")]))

    async def audit(_one: Item) -> Outcome:
        raise AssertionError

    await work_through(queue, audit, at_once=4)
    assert "without a word" in queue.results["a"].trouble


@pytest.mark.parametrize("how", ["cancelled", "stopped"])
async def test_who_ends_early_gives_back_what_it_has(how: str) -> None:
    queue = Memory.of(*"abc")

    async def audit(_one: Item) -> Outcome:
        await asyncio.sleep(100)
        raise AssertionError

    working = asyncio.ensure_future(work_through(queue, audit, at_once=2))
    for _ in range(20):
        await asyncio.sleep(0)
    assert queue.out == 2
    if how == "stopped":
        queue.stopped = True
    else:
        working.cancel()
    await asyncio.wait([working])
    assert sorted(queue.refunded) == ["a", "b"]
    assert queue.results == {}


async def test_a_database_that_is_gone_ends_the_worker() -> None:
    queue = Memory.of("a")

    async def audit(_one: Item) -> Outcome:
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        await work_through(queue, audit, at_once=2)
