"""The whole quota, to the last request, and never one more: against a Hub in simulated time."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hub.quota_hub import CountedHub, Rounding, ask, simulated
from trustaudit.errors import RateLimitedError
from trustaudit.hub.exchange import Bucket
from trustaudit.hub.meter import Account, Deadline
from trustaudit.hub.quota import Quota
from trustaudit.hub.turns import Turns

ROUNDINGS = {"up": math.ceil, "down": math.floor, "nearest": round}


@pytest.mark.parametrize("rounding", ROUNDINGS.values(), ids=ROUNDINGS)
@pytest.mark.parametrize(("quota", "seconds"), [(20, 3.0), (300, 6.0), (300, 2.5), (400, 300.0)])
def test_every_full_window_is_used_up_and_nobody_is_refused(rounding: Rounding, quota: int, seconds: float) -> None:
    hub = CountedHub(quota, seconds, rounding=rounding)
    simulated(ask(hub, quota * 5))
    assert hub.refused == []
    assert min(hub.full_windows()) >= 0.97 * quota


@settings(max_examples=20, deadline=None)
@given(
    quota=st.integers(5, 150),
    seconds=st.floats(2.0, 12.0),
    latency=st.floats(0.001, 0.2),
    phase=st.floats(0.0, 0.99),
    rounding=st.sampled_from(list(ROUNDINGS.values())),
    policy=st.booleans(),
)
def test_nobody_is_refused(
    *, quota: int, seconds: float, latency: float, phase: float, rounding: Rounding, policy: bool
) -> None:
    hub = CountedHub(quota, seconds, latency, rounding, phase, policy=policy)
    simulated(ask(hub, quota * 4, seats=8))
    assert hub.refused == [] or not policy, "a Hub that tells no quota is asked once more at the start of a window"


@pytest.mark.parametrize("rounding", ROUNDINGS.values(), ids=ROUNDINGS)
def test_the_end_of_windows_is_learned(rounding: Rounding) -> None:
    hub = CountedHub(300, 6.0, latency=0.1, rounding=rounding)
    simulated(ask(hub, 300 * 9, seats=8))
    late = list(hub.began.values())
    assert max(late[1:3]) < 1.3, "whole seconds tell it to a second"
    assert max(late[5:]) < 0.4, "latency included"


def test_a_nearly_used_up_quota_is_heard_of_before_many_ask() -> None:
    hub = CountedHub(100, 10.0, others=97)
    simulated(ask(hub, 9))
    assert hub.refused == []


def test_others_on_the_same_quota_make_it_slower_not_incomplete() -> None:
    async def both() -> None:
        await asyncio.gather(ask(hub, 150), ask(hub, 150))

    hub = CountedHub(100, 5.0)
    simulated(both())
    assert sum(hub.used.values()) - len(hub.refused) == 300


def turns_of(seats: int = 8) -> Turns:
    return Turns(Quota(asyncio.get_running_loop().time), seats, asyncio.sleep)


TOLD = {"ratelimit": '"api";r=0;t=20', "ratelimit-policy": '"fixed window";"api";q=9;w=30'}


async def used_up(turns: Turns) -> None:
    async with turns.turn(Bucket.API, Account(1.0, 1)) as ticket:
        turns.learn(Bucket.API, TOLD, ticket)


def test_file_reads_go_on_while_api_requests_wait() -> None:
    async def story() -> float:
        turns = turns_of()
        await used_up(turns)
        account = Account(5.0, 1, quota_seconds=100.0)
        waiter = asyncio.create_task(_once(turns, Bucket.API, account))
        await asyncio.sleep(0)
        await _once(turns, Bucket.RESOLVERS, account)
        read_at = asyncio.get_running_loop().time()
        await waiter
        await turns.aclose()
        return read_at

    assert simulated(story()) == 1000.0


def test_audits_under_way_go_before_new_ones() -> None:
    async def story() -> list[str]:
        turns = turns_of(seats=1)
        older, newer = Account(50.0, 1), Account(50.0, 1)
        done: list[str] = []

        async def asks(account: Account, name: str) -> None:
            await _once(turns, Bucket.API, account)
            done.append(name)

        async with turns.turn(Bucket.API, older):
            tasks = [asyncio.create_task(asks(newer, "newer")), asyncio.create_task(asks(older, "older"))]
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)
        return done

    assert simulated(story()) == ["older", "newer"]


def test_who_cannot_wait_is_told_at_once() -> None:
    async def story() -> None:
        turns = turns_of()
        await used_up(turns)
        with pytest.raises(RateLimitedError, match="used up for another 21 s"):
            await _once(turns, Bucket.API, Account(10.0, 1))
        assert asyncio.get_running_loop().time() == 1000.0

    simulated(story())


def test_who_gives_up_waiting_takes_nobodys_turn() -> None:
    async def story() -> None:
        turns = turns_of(seats=1)
        account = Account(50.0, 1)
        async with turns.turn(Bucket.API, account):
            leaving = asyncio.create_task(_once(turns, Bucket.API, account))
            await asyncio.sleep(1)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await asyncio.wait_for(_once(turns, Bucket.API, account), 1)
        assert not turns.quota.under_way(Bucket.API)

    simulated(story())


def test_waiting_for_quota_is_no_part_of_the_time_of_one_of_many_audits() -> None:
    async def story(deadline: Deadline) -> float:
        deadline.remaining()

        async def wait(seconds: float) -> None:
            with deadline.waiting():
                await asyncio.sleep(seconds)

        await asyncio.gather(wait(30), wait(40))
        await asyncio.sleep(3)
        return deadline.remaining()

    patient = Deadline(10.0, 3600.0)
    assert simulated(story(patient)) == 7.0
    assert patient.quota_seconds - 40 == simulated(_async(patient.patience))
    assert simulated(story(Deadline(10.0))) == -33.0


async def _async(call: object) -> object:
    assert callable(call)
    return call()


async def _once(turns: Turns, bucket: Bucket, account: Account) -> None:
    async with turns.turn(bucket, account):
        pass
