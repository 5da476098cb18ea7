"""Permits from a database: two processes' worth of workers draw on one row."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from trustaudit.errors import RateLimitedError
from trustaudit.hub.exchange import Bucket
from trustaudit.hub.permits import Permit
from trustaudit.settings import Settings
from trustaudit.store.place import Place
from trustaudit.store.shared_permits import SharedPermits, caller_of
from trustaudit.store.steady import Steady

SETTINGS = Settings(endpoint="http://127.0.0.1:9")


def headers(remaining: int, seconds: int = 60, quota: int = 20) -> dict[str, str]:
    return {
        "ratelimit": f'"api";r={remaining};t={seconds}',
        "ratelimit-policy": f'"fixed window";"api";q={quota};w=300',
    }


async def spend(permits: SharedPermits, answer: dict[str, str] | None) -> None:
    permits.answered(await permits.reserve(Bucket.API, 1.0), answer)


async def spend_all(*workers: SharedPermits) -> int:
    """By turns, until there is nothing left."""
    for number in range(100):
        try:
            await spend(workers[number % len(workers)], headers(18 - number))
        except RateLimitedError as error:
            assert "used up for" in error.what  # noqa: PT017 - how many went before is what counts
            return number
    raise AssertionError("without end")


async def test_two_workers_share_one_window(place: Place) -> None:
    with SharedPermits(Steady(place), SETTINGS) as one, SharedPermits(Steady(place), SETTINGS) as other:
        await spend(one, headers(19))
        sent = 1 + await spend_all(one, other)
        assert sent >= 16, "all but what the other one holds"
        assert sent <= 20


async def test_another_token_and_another_bucket_have_their_own(place: Place) -> None:
    with SharedPermits(Steady(place), SETTINGS) as one:
        await spend(one, headers(0))
        with pytest.raises(RateLimitedError):
            await one.reserve(Bucket.API, 1.0)
        await one.reserve(Bucket.RESOLVERS, 1.0)
        assert await one.reserve(Bucket.CDN, 0.0) == Permit(Bucket.CDN, 0)
        with SharedPermits(Steady(place), Settings(endpoint=SETTINGS.endpoint, token="hf_x")) as other:
            await other.reserve(Bucket.API, 1.0)
    assert "hf_x" not in caller_of(Settings(token="hf_x"))


async def test_everybody_waits_for_the_first_answer(place: Place) -> None:
    with SharedPermits(Steady(place), SETTINGS) as one, SharedPermits(Steady(place), SETTINGS) as other:
        first = await one.reserve(Bucket.API, 1.0)
        waiting = asyncio.ensure_future(other.reserve(Bucket.API, 20.0))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        one.answered(first, headers(19))
        await one.reserve(Bucket.API, 1.0)
        await waiting


async def test_a_hub_without_quota_and_answers_that_never_came(tmp_path: Path) -> None:
    with SharedPermits(Steady(Place.at(str(tmp_path / "x.db"))), SETTINGS) as one:
        await spend(one, {})
        for _ in range(50):
            await spend(one, None)
            await spend(one, {"ratelimit": "nonsense"})
