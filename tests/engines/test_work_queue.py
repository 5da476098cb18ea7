"""Leases: one holder at a time, by the clock of the database, and one result whatever happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from tests.builders import make_info, make_snapshot
from trustaudit.batch.engines.interface import TRIES, Grant, Lease, Order, Outcome, sent
from trustaudit.batch.intake import Job
from trustaudit.batch.runner import given_up
from trustaudit.batch.worklist import Worklist, worklist
from trustaudit.engine import judge
from trustaudit.errors import StoreError, UsageError
from trustaudit.report.model import Verdict
from trustaudit.settings import Settings
from trustaudit.store import work_queue, work_runs
from trustaudit.store.connection import Connection
from trustaudit.store.history import History
from trustaudit.store.place import Place
from trustaudit.store.work_queue import Share
from trustaudit.store.work_runs import WorkRun, open_run

SETTINGS = Settings(endpoint="http://127.0.0.1:9")
HUB = SETTINGS.endpoint
LONG = 600.0


def listed(count: int) -> Worklist:
    return worklist([Job(f"org/m{number}") for number in range(count)], SETTINGS)


def share_of(connection: Connection, run: WorkRun, seconds: float = LONG) -> Share:
    return Share(run.id, run.crew, seconds, SETTINGS, work_queue.policies_of(connection, run.id))


@contextmanager
def begun(place: Place, count: int, seconds: float = LONG) -> Iterator[tuple[Connection, Share]]:
    with place.opened() as connection:
        run = open_run(connection, listed(count), HUB, resume=False)
        yield connection, share_of(connection, run, seconds)


def lease(
    connection: Connection, share: Share, token: str, wanted: int = 1, *, alone: bool = True, owner: str = ""
) -> Grant:
    return work_queue.lease(connection, share, token, wanted, alone=alone, owner=owner)


def count_done(connection: Connection, share: Share) -> int:
    return len(work_runs.rows_from(connection, share.run, 0, 100))


def audited(one: Lease) -> Outcome:
    assert one.item.ref is not None
    snapshot = make_snapshot(one.item.requested, info=make_info(id=one.item.ref.id))
    return Outcome(judge(snapshot, one.item.policy), one.item.policy, snapshot)


def test_items_are_leased_once_and_in_order(place: Place) -> None:
    with begun(place, 5) as (connection, share):
        first, second = lease(connection, share, "a", 3), lease(connection, share, "b", 3)
        assert [one.position for one in (*first.leases, *second.leases)] == [0, 1, 2, 3, 4]
        assert first.leases[0].item == listed(5).items[0]
        assert lease(connection, share, "c") == Grant(finished=False)
        for one in (*first.leases, *second.leases):
            assert work_queue.complete(connection, share, one, audited(one))
        assert lease(connection, share, "d") == Grant(finished=True)
        assert count_done(connection, share) == 5
        assert len(History(connection).audits()) == 5


def test_everything_may_be_said_twice(place: Place) -> None:
    """After a lost connection nobody knows whether the last transaction went through."""
    with begun(place, 3) as (connection, share):
        grant = lease(connection, share, "a", 2)
        assert lease(connection, share, "a", 2) == grant
        one = grant.leases[0]
        assert work_queue.complete(connection, share, one, audited(one))
        work_queue.complete(connection, share, one, audited(one))
        assert count_done(connection, share) == 1
        work_queue.give_back(connection, share, grant.leases[1], "")
        work_queue.give_back(connection, share, grant.leases[1], "")
        assert [(one.position, one.attempts) for one in lease(connection, share, "b", 9).leases] == [(1, 1), (2, 1)]


def test_workers_at_the_same_time_get_different_items(place: Place) -> None:
    with begun(place, 40) as (_, share):
        taken: list[int] = []

        def take(name: int) -> None:
            with place.opened() as connection:
                for number in range(20):
                    grant = lease(connection, share, f"{name}-{number}", 2)
                    taken.extend(one.position for one in grant.leases)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take, range(4)))
    assert sorted(taken) == list(range(40))


def test_a_lease_that_ran_out_goes_to_somebody_else_whose_result_counts(place: Place) -> None:
    with begun(place, 1, seconds=0.2) as (connection, share):
        (mine,) = lease(connection, share, "a").leases
        assert lease(connection, share, "b") == Grant()
        time.sleep(0.25)
        (theirs,) = lease(connection, share, "b").leases
        assert (theirs.position, theirs.attempts) == (0, 2)
        assert not work_queue.complete(connection, share, mine, audited(mine))
        assert count_done(connection, share) == 0
        assert work_queue.complete(connection, share, theirs, audited(theirs))
        assert not work_queue.complete(connection, share, mine, audited(mine))
        assert count_done(connection, share) == 1


def test_a_lease_that_is_renewed_does_not_run_out(place: Place) -> None:
    with begun(place, 1, seconds=0.5) as (connection, share):
        (mine,) = lease(connection, share, "a").leases
        for _ in range(4):
            time.sleep(0.2)
            assert not work_queue.renew(connection, share, [(0, "a"), (0, "not mine"), (7, "a")])
        assert lease(connection, share, "b") == Grant()
        assert work_queue.complete(connection, share, mine, audited(mine))


def test_the_clock_of_a_worker_means_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun(place, 2) as (connection, share):
        lease(connection, share, "a", 2)
        for hours in (-7, 7):
            real = time.time
            monkeypatch.setattr(time, "time", lambda real=real, hours=hours: real() + hours * 3600)
            assert lease(connection, share, f"b{hours}") == Grant()
            work_queue.renew(connection, share, [(0, "a"), (1, "a")])
            assert lease(connection, share, f"c{hours}") == Grant()


def test_a_worker_keeps_to_its_owner(place: Place) -> None:
    """Whoever asked about an owner, or for its list of models, need not ask again."""
    names = ["a/1", "a/2", "B/1", "a/3", "b/2", "c/1", "d/1", "a/4"]
    work = worklist([Job(name) for name in names], SETTINGS)
    with place.opened() as connection:
        share = share_of(connection, open_run(connection, work, HUB, resume=False))
        assert [str(ref) for ref in work_queue.ahead(connection, share, 3)] == ["a/1", "a/2", "B/1"]

        def taken(token: str, wanted: int, owner: str) -> list[str]:
            return [one.item.requested for one in lease(connection, share, token, wanted, owner=owner).leases]

        assert taken("x1", 1, "") == ["a/1"]
        assert taken("y1", 1, "") == ["B/1"]
        assert taken("x2", 2, "a") == ["a/2", "a/3"]
        assert taken("y2", 2, "b") == ["b/2"]
        assert taken("y3", 1, "b") == ["c/1"]
        assert taken("z1", 4, "") == ["d/1"]
        assert taken("z2", 4, "d") == ["a/4"], "better than nothing"
        assert work_queue.ahead(connection, share, 3) == []


def test_a_suspect_is_given_to_nobody_who_does_something_else(place: Place) -> None:
    with begun(place, 3, seconds=0.1) as (connection, share):
        lease(connection, share, "dead", 2)
        time.sleep(0.15)
        grant = lease(connection, share, "b", 8, alone=True)
        assert [(one.position, one.attempts) for one in grant.leases] == [(2, 1)]
        assert lease(connection, share, "b2", 8, alone=False).leases == ()
        assert [(one.position, one.attempts) for one in lease(connection, share, "b3", 8).leases] == [(0, 2)]


def test_three_tries_then_all_that_is_left_is_to_say_so(place: Place) -> None:
    with begun(place, 1, seconds=0.05) as (connection, share):
        for attempt in range(1, TRIES + 2):
            (one,) = lease(connection, share, f"worker {attempt}").leases
            assert (one.attempts, one.is_spent) == (attempt, attempt == TRIES + 1)
            time.sleep(0.08)
        trouble = "it took its process down"
        report = given_up(one.item, TRIES, trouble)
        assert work_queue.complete(connection, share, one, Outcome(report, one.item.policy, trouble=trouble))
        (row,) = work_runs.rows_from(connection, share.run, 0, 10).values()
        assert (row.name, row.verdict, row.worst) == (
            "org/m0",
            Verdict.INCOMPLETE,
            f"given up after 3 tries: {trouble}",
        )
        assert work_runs.report_at(connection, share.run, 0) == report
        assert connection.execute("SELECT state, trouble FROM work_items").fetchone() == ("failed", trouble)


def test_a_failure_counts_and_a_parting_does_not(place: Place) -> None:
    with begun(place, 1) as (connection, share):
        for token, trouble, attempts in (("a", "", 1), ("b", "boom", 1), ("c", "", 2), ("d", "bang", 2), ("e", "", 3)):
            (one,) = lease(connection, share, token).leases
            assert one.attempts == attempts
            work_queue.give_back(connection, share, one, trouble)
        assert one.trouble == "bang"


def test_who_comes_second_joins_and_a_finished_run_is_not_resumed(place: Place) -> None:
    with place.opened() as connection:
        first = open_run(connection, listed(2), HUB, resume=True)
        assert not first.joined
        second = open_run(connection, listed(2), HUB, resume=True)
        assert (second.id, second.joined, second.done) == (first.id, True, frozenset())
        assert second.crew != first.crew
        for other, hub in ((listed(3), HUB), (listed(2), "http://127.0.0.1:10")):
            assert open_run(connection, other, hub, resume=True).id != first.id
        assert open_run(connection, listed(2), HUB, resume=False).id != first.id
        share = share_of(connection, first)
        (one,) = lease(connection, share, "a").leases
        work_queue.complete(connection, share, one, audited(one))
        assert open_run(connection, listed(2), HUB, resume=True).done in ({0}, frozenset())
        work_runs.finish_run(connection, first.id)
        assert open_run(connection, listed(2), HUB, resume=True).id != first.id


def test_two_that_start_together_share_one_run(place: Place) -> None:
    barrier = threading.Barrier(4)

    def start(_number: int) -> str:
        with place.opened() as connection:
            barrier.wait()
            return open_run(connection, listed(5), HUB, resume=True).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1


def test_a_crew_is_stopped_without_the_others(place: Place) -> None:
    with begun(place, 2) as (connection, share):
        other = share_of(connection, open_run(connection, listed(2), HUB, resume=True))
        work_runs.stop_crew(connection, share.crew)
        assert lease(connection, share, "a") == Grant(stopped=True)
        assert work_queue.renew(connection, share, [])
        assert len(lease(connection, other, "b").leases) == 1
        assert not work_queue.renew(connection, other, [])


def test_ids_that_are_none_are_items_too(place: Place) -> None:
    work = worklist([Job("no id at all", place="l.txt:1"), Job("org/m")], SETTINGS)
    with place.opened() as connection:
        share = share_of(connection, open_run(connection, work, HUB, resume=False))
        grant = lease(connection, share, "a", 2)
        assert [one.item.ref is None for one in grant.leases] == [True, False]
        assert grant.leases[0].item.place == "l.txt:1"
        assert grant.leases[0].item.problem is not None


def test_a_policy_that_was_changed_in_the_database_is_refused(place: Place) -> None:
    with begun(place, 1) as (connection, share):
        (body,) = connection.execute("SELECT body FROM work_policies").fetchone()
        connection.execute("UPDATE work_policies SET body = ?", (body.replace('"high":', '"critical":'),))
        with pytest.raises(StoreError, match="was changed"):
            work_queue.policies_of(connection, share.run)


def test_every_setting_travels_or_is_a_machine_s_own() -> None:
    own = {"token", "cache_dir", "data_dir", "cache_bytes", "record", "replay", "policy", "db"}
    assert set(sent(Settings())) | own == {field.name for field in fields(Settings)}


def test_a_worker_of_other_rules_or_without_the_token_is_refused(tmp_path: Path) -> None:
    ours = Settings(data_dir=tmp_path, token="hf_x", audit_timeout=7.0, record=tmp_path)
    order = Order("run", "crew", 4, authenticated=True, db="postgresql://h/d", settings=sent(ours))
    assert "hf_x" not in order.text()
    assert "postgresql" not in repr(order)
    found = Order.from_text(order.text()).settled(Settings(token="hf_y", data_dir=Path("/own")))
    assert (found.token, found.audit_timeout, found.data_dir, found.db, found.record) == (
        "hf_y",
        7.0,
        Path("/own"),
        "postgresql://h/d",
        None,
    )
    with pytest.raises(StoreError, match="no token"):
        order.settled(Settings())
    with pytest.raises(StoreError, match="rules"):
        Order("run", "crew", 4, authenticated=False, db="", ruleset="0.0.1+old").settled(Settings())
    with pytest.raises(UsageError, match="another version"):
        Order.from_text('{"run": "1"}')
    anonymous = Order("run", "crew", 4, authenticated=False, db="x.db").settled(Settings(token="hf_z"))
    assert anonymous.token is None
