"""Whole batches on several processes, with one of the parts dying: every model exactly once, the cap never exceeded.

Slow; ``make engines`` runs them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engines.fleet import Fleet, audits_of, eventually, run_fleet
from tests.engines.server import Server, run_server
from trustaudit.store.place import Place

pytestmark = pytest.mark.slow
pytest.importorskip("distributed", reason="no dask: pip install trustaudit[dask]")

STRANGE = str(Path(__file__).with_name("strange_worker.py"))
AT_ONCE = 4
"""What a worker may have under way, and so may have to do again."""


@contextmanager
def dask_fleet(
    home: Path, server: Server, models: int, *, quota: tuple[int, int] | None = None, workers: int = 2
) -> Iterator[Fleet]:
    """A Hub, a scheduler and workers."""
    with run_fleet(home, Place.at(server.url), models, quota) as fleet:
        fleet.start_scheduler()
        for _ in range(workers):
            fleet.add_worker("--no-nanny")
        yield fleet


def test_two_workers_never_exceed_the_cap(tmp_path: Path, postgres: Server) -> None:
    with dask_fleet(tmp_path, postgres, 40, quota=(30, 5)) as fleet:
        batch = fleet.on_dask("a")
        fleet.finished(batch, "a")
        fleet.assert_once()
        log = fleet.hub.log()
        assert log.refused == 0
        assert len(log.windows) > 3
        assert max(log.windows) <= 30
        assert set(log.audits.values()) == {1}


def test_a_worker_is_killed(tmp_path: Path, postgres: Server) -> None:
    with dask_fleet(tmp_path, postgres, 50) as fleet:
        batch = fleet.on_dask("a")
        fleet.wait_for(10)
        os.kill(fleet.workers[0].pid, signal.SIGKILL)
        before = fleet.done()
        fleet.finished(batch, "a")
        fleet.assert_once()
        log = fleet.hub.log()
        assert audits_of(log, before) == len(before)
        assert sum(log.audits.values()) <= 50 + AT_ONCE


def test_all_workers_are_killed_and_another_one_comes(tmp_path: Path, postgres: Server) -> None:
    with dask_fleet(tmp_path, postgres, 40) as fleet:
        batch = fleet.on_dask("a")
        fleet.wait_for(5)
        for worker in fleet.workers:
            os.kill(worker.pid, signal.SIGKILL)
        fleet.add_worker("--no-nanny")
        fleet.finished(batch, "a")
        fleet.assert_once()


def test_the_command_is_killed_and_resumed(tmp_path: Path, postgres: Server) -> None:
    """Its workers may go on meanwhile: nothing that is done is done again."""
    with dask_fleet(tmp_path, postgres, 50) as fleet:
        batch = fleet.on_dask("a")
        fleet.wait_for(10)
        os.kill(batch.pid, signal.SIGKILL)
        batch.wait()
        again = fleet.on_dask("b", "--resume")
        fleet.finished(again, "b")
        assert "resuming run" in fleet.said("b")
        fleet.assert_once()
        assert sum(fleet.hub.log().audits.values()) <= 50 + 2 * AT_ONCE


def test_everything_is_killed_and_resumed_by_another_engine(tmp_path: Path, postgres: Server) -> None:
    with dask_fleet(tmp_path, postgres, 40) as fleet:
        batch = fleet.on_dask("a")
        fleet.wait_for(10)
        for process in (batch, *fleet.workers):
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        before = fleet.done()
        fleet.finished(fleet.batch("b", "--resume"), "b")
        fleet.assert_once()
        log = fleet.hub.log()
        assert audits_of(log, before) == len(before)
        assert sum(log.audits.values()) <= 40 + 2 * AT_ONCE
        asked = log.requests
        fleet.finished(fleet.batch("c", "--resume"), "c")
        assert "nothing to resume" in fleet.said("c")
        assert fleet.hub.log().requests > asked


def test_the_database_is_restarted(tmp_path: Path) -> None:
    with run_server() as server, dask_fleet(tmp_path, server, 50) as fleet:
        batch = fleet.on_dask("a")
        for count in (8, 25):
            fleet.wait_for(count)
            before = fleet.done()
            server.restart()
            assert set(before) <= set(fleet.done())
        fleet.finished(batch, "a")
        fleet.assert_once()


def test_a_repository_that_takes_its_process_down(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_POISON", "acme/m3")
    with dask_fleet(tmp_path, postgres, 20, workers=0) as fleet:
        for _ in range(2):
            fleet.add_worker("--nanny", "--preload", STRANGE)
        batch = fleet.on_dask("a")
        fleet.finished(batch, "a")
        assert batch.returncode == 3
        ((state, attempts, trouble),) = fleet.query(
            "SELECT state, attempts, trouble FROM work_items WHERE requested = 'acme/m3'"
        )
        assert (state, attempts, trouble) == ("failed", 3, "the process that audited it ended without a word")
        assert fleet.query("SELECT DISTINCT state FROM work_items WHERE requested <> 'acme/m3'") == [("done",)]
        assert fleet.query("SELECT COUNT(*) FROM results") == [(20,)]


@pytest.mark.parametrize("hours", ["-5", "5"])
def test_a_worker_whose_clock_is_wrong(
    tmp_path: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch, hours: str
) -> None:
    with dask_fleet(tmp_path, postgres, 40, quota=(60, 6), workers=1) as fleet:
        monkeypatch.setenv("TEST_CLOCK_HOURS", hours)
        fleet.add_worker("--no-nanny", "--preload", STRANGE)
        fleet.finished(fleet.on_dask("a"), "a")
        fleet.assert_once()
        log = fleet.hub.log()
        assert set(log.audits.values()) == {1}
        assert log.refused == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_commands_on_one_run(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> None:
    address = str(tmp_path / "runs.db") if kind == "sqlite" else request.getfixturevalue("postgres").url
    with run_fleet(tmp_path, Place.at(address), 60) as fleet:
        both = [(fleet.batch(name, "--resume"), name) for name in ("a", "b")]
        for batch, name in both:
            fleet.finished(batch, name)
        fleet.assert_once()
        assert set(fleet.hub.log().audits.values()) == {1}
        assert fleet.query("SELECT COUNT(*) FROM work_runs WHERE finished_at IS NOT NULL") == [(1,)]


def test_one_command_without_an_engine_is_killed(tmp_path: Path) -> None:
    with run_fleet(tmp_path, Place.at(str(tmp_path / "runs.db")), 60) as fleet:
        batch = fleet.batch("a")
        before = fleet.wait_for(10)
        os.kill(batch.pid, signal.SIGKILL)
        batch.wait()
        fleet.finished(fleet.batch("b", "--resume"), "b")
        fleet.assert_once()
        log = fleet.hub.log()
        assert audits_of(log, before) == len(before)
        assert sum(log.audits.values()) <= 60 + AT_ONCE


def test_processes_of_this_machine_and_a_file(tmp_path: Path) -> None:
    with run_fleet(tmp_path, Place.at(str(tmp_path / "runs.db")), 30, quota=(60, 6)) as fleet:
        batch = fleet.batch("a", "--engine", "dask", "--workers", "2")
        fleet.finished(batch, "a")
        fleet.assert_once()
        assert fleet.hub.log().refused == 0


def test_interrupted_workers_give_back_what_they_have(tmp_path: Path, postgres: Server) -> None:
    with dask_fleet(tmp_path, postgres, 120) as fleet:
        batch = fleet.on_dask("a")
        fleet.wait_for(10)
        os.kill(batch.pid, signal.SIGINT)
        assert batch.wait(60) == 130, fleet.said("a")
        eventually(lambda: fleet.query("SELECT COUNT(*) FROM work_items WHERE state = 'leased'") == [(0,)])
        assert fleet.query("SELECT MAX(attempts) FROM work_items WHERE state = 'waiting'") == [(0,)]
        assert len(fleet.done()) < 120
        fleet.finished(fleet.on_dask("b", "--resume"), "b")
        fleet.assert_once()


def test_interrupted_while_the_database_is_away(tmp_path: Path) -> None:
    with run_server() as server, run_fleet(tmp_path, Place.at(server.url), 60) as fleet:
        batch = fleet.batch("a")
        fleet.wait_for(5)
        server.stop("immediate")
        os.kill(batch.pid, signal.SIGINT)
        assert batch.wait(60) == 130, fleet.said("a")
        server.start()
        fleet.finished(fleet.batch("b", "--resume"), "b")
        fleet.assert_once()
