"""One schema and one history in both databases, and a connection that comes back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import make_info, make_snapshot
from tests.engines.server import Server, free_port
from trustaudit.engine import judge
from trustaudit.errors import ConfigurationError, StoreError, UsageError
from trustaudit.policy.model import load_policy
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings
from trustaudit.snapshot import Card
from trustaudit.store.connection import Connection, ConnectionLostError, database_now, transaction
from trustaudit.store.database import migrations
from trustaudit.store.exchange import exported, imported
from trustaudit.store.history import Audit, History
from trustaudit.store.place import Place
from trustaudit.store.postgres import _is_refused
from trustaudit.store.recorder import Recorder
from trustaudit.store.steady import Steady

POLICY = load_policy("default")


def audit(name: str = "org/model", **info: object) -> Audit:
    snapshot = make_snapshot(name, info=make_info(id=name.removeprefix("datasets/"), **info))
    return Audit.of(snapshot, judge(snapshot, POLICY), POLICY)


def test_all_migrations_apply_and_are_recorded(place: Place) -> None:
    for _ in range(2):
        with place.opened() as connection:
            found = connection.execute("SELECT name FROM schema_migrations ORDER BY number").fetchall()
            assert [row[0] for row in found] == [step.name for step in migrations()]


def test_many_may_be_the_first_to_come(place: Place) -> None:
    def come(_number: int) -> int:
        with place.opened() as connection:
            return int(connection.execute("SELECT COUNT(*) FROM schema_migrations").fetchone()[0])

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(come, range(12))) == {len(migrations())}


def test_the_history_is_the_same(place: Place, tmp_path: Path) -> None:
    audits = [audit("org/b", card=Card(base_models=("org/a",))), audit("org/a"), audit("datasets/org/d")]
    with place.opened() as connection:
        history = History(connection)
        run = history.start_run("check", datetime.now(UTC))
        for at, one in enumerate(audits):
            name = history.save(one, run=run, position=at)
            assert history.save(one, run=run, position=at) == name
        (row,) = history.audits(RepoRef.parse("ORG/b"))
        assert history.load(row) == audits[0]
        assert [descent.id for descent in history.descents()] == ["datasets/org/d", "org/a", "org/b"]
        text = list(exported(history))
    with Place.at(str(tmp_path / "copy.db")).opened() as connection:
        assert imported(History(connection), text) == 3
        assert sorted(exported(History(connection))) == sorted(text)


def test_hostile_text_is_stored_and_comes_back_harmless(postgres: Server) -> None:
    with Place.at(postgres.url).opened() as connection:
        connection.execute(
            "INSERT INTO runs (id, command, started_at, tool, ruleset) VALUES (?, ?, ?, ?, ?)",
            ("a\0b", "\ud800 100% ?", "'; DROP TABLE runs; --", "%s", "\u202e"),
        )
        assert connection.execute("SELECT * FROM runs").fetchone() == (
            "a\ufffdb",
            "? 100% ?",
            "'; DROP TABLE runs; --",
            "%s",
            "\u202e",
        )


def test_a_transaction_that_fails_leaves_nothing(place: Place) -> None:
    with place.opened() as connection:
        with pytest.raises(StoreError), transaction(connection):
            insert_run_and_fail(connection)
        assert count_runs(connection) == 0
        insert_run(connection, "b")
        assert count_runs(connection) == 1
        assert database_now(connection) == pytest.approx(datetime.now(UTC).timestamp(), abs=60)


def insert_run(connection: Connection, name: str) -> None:
    connection.execute("INSERT INTO runs (id, command, started_at, tool, ruleset) VALUES (?, '', '', '', '')", (name,))


def insert_run_and_fail(connection: Connection) -> None:
    insert_run(connection, "a")
    raise StoreError("never mind")


def count_runs(connection: Connection) -> int:
    return int(connection.execute("SELECT COUNT(*) FROM runs").fetchone()[0])


def test_commands_keep_their_audits_there(place: Place, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", db=place.address)
    snapshot = make_snapshot()
    with Recorder(settings, "check") as recorder:
        recorder.keep(snapshot, judge(snapshot, POLICY), POLICY)
    assert recorder.note == ""
    assert not (tmp_path / "data").exists()
    with place.opened() as connection:
        assert len(History(connection).audits()) == 1


def test_a_server_that_is_not_there_costs_nobody_a_report(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    settings = Settings(data_dir=tmp_path, db=f"postgresql://me:secret@127.0.0.1:{free_port()}/x")
    snapshot = make_snapshot()
    with Recorder(settings, "check") as recorder:
        recorder.keep(snapshot, judge(snapshot, POLICY), POLICY)
    assert "this audit is not kept" in recorder.note
    assert "secret" not in recorder.note
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("text", ["mysql://x/y", "postgresql://[::1", "http://x"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises((ConfigurationError, UsageError)) as caught:
        Place.at(text)
    assert text not in caught.value.what


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:secret@h,g:5433/x",
        "postgresql://h,g:5433/x?user=me&password=secret",
        "postgres://me:secret/@?#secret@h,g:5433/x",
    ],
)
def test_no_password_is_shown(text: str) -> None:
    place = Place.at(text)
    assert (place.is_server, place.address) == (True, text)
    assert "secret" not in repr(place)
    if "#" not in text:
        assert place.name == "postgresql://h,g:5433/x"


def test_an_address_that_libpq_does_not_understand() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((StoreError, UsageError)) as caught, Place.at("postgresql://me:secret@h:port/x?no=1").opened():
        pass
    assert "secret" not in caught.value.what


@pytest.mark.parametrize("text", ["/srv/a b%.db", "x.db", "sqlite:///x.db", "sqlite:////srv/x.db"])
def test_a_file_keeps_its_name_on_the_way_to_a_worker(text: str) -> None:
    place = Place.at(text)
    assert place.path is not None
    assert Place.at(place.address).path == place.path.absolute()


@pytest.mark.slow
def test_a_steady_connection_survives_a_restart(postgres: Server) -> None:
    steady = Steady(Place.at(postgres.url))
    steady.run(lambda connection: insert_run(connection, "before"))
    postgres.restart()
    steady.run(lambda connection: insert_run(connection, "after"))
    assert steady.run(count_runs) == 2
    postgres.stop("immediate")
    starter = threading.Timer(1.0, postgres.start)
    starter.start()
    assert steady.run(count_runs) == 2
    starter.join()
    steady.close()


def test_it_gives_up_when_told_to(postgres: Server) -> None:
    steady = Steady(Place.at(postgres.url.replace(str(postgres.port), str(free_port()))))
    threading.Timer(0.5, steady.hurry).start()
    with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1"):
        steady.run(count_runs)


@pytest.mark.parametrize(("right", "wrong"), [("audit@", "nobody-here@"), ("/postgres", "/no-such-database")])
def test_who_is_refused_does_not_wait_for_the_server(postgres: Server, right: str, wrong: str) -> None:
    steady = Steady(Place.at(postgres.url.replace(right, wrong)))
    with pytest.raises(StoreError, match="does not exist") as caught:
        steady.run(count_runs)
    assert not isinstance(caught.value, ConnectionLostError)
    steady.close()


@pytest.mark.parametrize(
    ("words", "is_refused"),
    [
        ('FATAL:  password authentication failed for user "me"', True),
        ("fe_sendauth: no password supplied", True),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "me", database "x", no encryption', True),
        ("FATAL:  the database system is starting up", False),
        ("FATAL:  sorry, too many clients already", False),
        ('port 5432 failed: Connection refused; port 5433 failed: FATAL:  database "x" does not exist', False),
    ],
)
def test_what_a_server_says_that_lets_nobody_in(words: str, *, is_refused: bool) -> None:
    psycopg = pytest.importorskip("psycopg")
    assert _is_refused(psycopg.OperationalError(words)) is is_refused


def test_what_is_wrong_for_good_is_not_tried_again(place: Place) -> None:
    steady = Steady(place)
    with pytest.raises(StoreError):
        steady.run(lambda connection: connection.execute("SELECT * FROM nothing"))
    assert steady.run(count_runs) == 0
    steady.close()
