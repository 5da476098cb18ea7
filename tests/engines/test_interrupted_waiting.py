"""Ctrl-C is heard while a run waits for its database, and nobody goes on waiting behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from trustaudit.batch.intake import read_list
from trustaudit.batch.worklist import worklist
from trustaudit.cli import batch_engine
from trustaudit.cli.batch_engine import LOCAL, SharedRun
from trustaudit.settings import Settings
from trustaudit.store.connection import Connection, ConnectionLostError
from trustaudit.store.place import Place


def lost(_: Connection) -> None:
    raise ConnectionLostError("the database is away")


async def nobody_waits() -> None:
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 10)


async def test_a_report_that_is_waited_for(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "runs.db"))
    run = await SharedRun.begun(LOCAL, settings, worklist(read_list("org/a\n", "l.txt"), settings), resume=False)
    waiting = asyncio.create_task(run.apart(lambda: run._steady.run(lost)))
    await asyncio.sleep(0.1)  # the loop goes on meanwhile
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await nobody_waits()
    run.close()


async def test_a_database_that_is_waited_for_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Place) -> None:
        raise ConnectionLostError("the database is away")

    monkeypatch.setattr(batch_engine.Place, "opened", away)
    settings = Settings(db=str(tmp_path / "runs.db"))
    work = worklist(read_list("org/a\n", "l.txt"), settings)
    waiting = asyncio.create_task(SharedRun.begun(LOCAL, settings, work, resume=False))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await nobody_waits()
