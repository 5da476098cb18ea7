"""A question may leave before the audit that asks it is there: it costs one request, and the audit pays."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.hub.conftest import MakeBench, info_body
from trustaudit import errors
from trustaudit.refs import RepoRef

REF = RepoRef.parse("org/name")


def told() -> httpx.Response:
    return httpx.Response(200, json=info_body())


async def test_the_audit_that_asks_gets_the_answer_and_pays_for_it(bench: MakeBench) -> None:
    test = bench(told())
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        await asyncio.sleep(0.01)
        assert len(test.targets) == 1
        session = hub.session()
        answer = await session.info(REF)
        assert answer.info.id == "org/name"
        assert len(test.targets) == 1
        assert session.meter.api_requests == 1
        assert session.meter.bytes > 0


async def test_an_answer_is_given_once(bench: MakeBench) -> None:
    test = bench(lambda _: told(), use_cache=False)
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        for _ in range(2):
            session = hub.session()
            await session.info(REF)
            assert session.meter.api_requests == 1
        assert len(test.targets) == 2


async def test_a_reference_that_stands_twice_is_asked_ahead_once(bench: MakeBench) -> None:
    test = bench(lambda _: told(), use_cache=False)
    async with test.hub() as hub:
        for _ in range(2):
            hub.ask_ahead(REF)
        sessions = [hub.session(), hub.session()]
        for session in sessions:
            await session.info(REF)
        assert [session.meter.api_requests for session in sessions] == [1, 1]
        assert len(test.targets) == 2
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_who_wants_a_fresh_answer_asks_by_itself(bench: MakeBench) -> None:
    test = bench(lambda _: told())
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        await asyncio.sleep(0.01)
        await hub.session().info(REF, fresh=True)
        await hub.session(fresh=True).info(REF)
        assert len(test.targets) == 3


async def test_a_refusal_reaches_the_audit(bench: MakeBench) -> None:
    test = bench(httpx.Response(404, headers={"x-error-code": "RepoNotFound"}))
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        session = hub.session()
        with pytest.raises(errors.RepoNotFoundError):
            await session.info(REF)
        assert session.meter.api_requests == 1


async def test_what_nobody_asks_ends_with_the_run(bench: MakeBench) -> None:
    test = bench(lambda _: told())
    async with test.hub() as hub:
        hub.ask_ahead(REF)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_recorded_audit_asks_by_itself(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(lambda _: told(), record=tmp_path / "recording")
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        await asyncio.sleep(0.01)
        assert test.targets == []


async def test_the_time_of_an_audit_counts_from_the_question_that_was_sent_ahead(bench: MakeBench) -> None:
    test = bench(told(), use_cache=False)
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        (ahead,) = hub._shared.ahead.values()
        before = ahead.account.remaining()
        session = hub.session()
        await session.info(REF)
        assert session._asker.account.remaining() <= before


async def test_an_answer_that_is_there_takes_no_time_of_the_audit(bench: MakeBench) -> None:
    test = bench(told(), use_cache=False)
    async with test.hub() as hub:
        hub.ask_ahead(REF)
        (ahead,) = hub._shared.ahead.values()
        await ahead.reply
        session = hub.session()
        await session.info(REF)
        assert session._asker.account.remaining() > ahead.account.remaining()
