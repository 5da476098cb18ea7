"""The history: what goes in comes out, twice is once, migrations apply from nothing and from the oldest schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import make_files, make_info, make_publisher, make_snapshot
from trustaudit.engine import judge
from trustaudit.errors import FileInputError, StoreError, UsageError
from trustaudit.lineage.edges import descendants
from trustaudit.policy.model import load_policy
from trustaudit.refs import RepoRef
from trustaudit.snapshot import Card, Snapshot
from trustaudit.store import database as storage
from trustaudit.store.database import database, migrate, migrations
from trustaudit.store.diff import chosen, diff, lines
from trustaudit.store.exchange import exported, imported
from trustaudit.store.history import Audit, History, pack, unpack

POLICY = load_policy("default")


def audit(snapshot: Snapshot | None = None) -> Audit:
    snapshot = snapshot or make_snapshot()
    return Audit.of(snapshot, judge(snapshot, POLICY), POLICY)


def later(days: int, **changes: object) -> Snapshot:
    moment = datetime(2026, 11, 20 + days, tzinfo=UTC)
    return make_snapshot(**changes).model_copy(update={"collected_at": moment})  # type: ignore[arg-type]


def test_an_audit_comes_back_as_it_went_in(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        history = History(connection)
        run = history.start_run("check", datetime.now(UTC))
        name = history.save(audit(), run=run)
        assert history.save(audit(), run=run) == name
        (row,) = history.audits(RepoRef.parse("ORG/model"))
        assert history.load(row) == audit()
        assert (row.repo_id, row.verdict, row.score, row.revision) == ("org/model", "pass", 100, "main")
        assert connection.execute("SELECT COUNT(*) FROM run_items").fetchone() == (1,)


def test_look_ups(tmp_path: Path) -> None:
    other = make_snapshot("datasets/org/data@v1")
    with database(tmp_path) as connection:
        history = History(connection)
        for snapshot in (later(0), later(2), later(1), other):
            history.save(audit(snapshot))
        found = history.audits(RepoRef.parse("org/model"))
        assert [row.audited_at[:10] for row in found] == ["2026-11-22", "2026-11-21", "2026-11-20"]
        assert len(history.audits(limit=2)) == 2
        assert history.audits(RepoRef.parse("org/none")) == []
        assert len(history.audits(RepoRef.parse("datasets/org/data@v1"))) == 1
        assert history.audits(RepoRef.parse("datasets/org/data@v2")) == []
        assert [row.repo_id for row in history.latest()] == ["org/data", "org/model"]
        assert history.latest()[1].audited_at.startswith("2026-11-22")


def test_no_history_yet_is_an_empty_one(tmp_path: Path) -> None:
    with database(tmp_path / "none", create=False) as connection:
        assert History(connection).audits() == []
    assert list(tmp_path.iterdir()) == []


def test_it_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with database(tmp_path / "data"):
        pass
    assert (tmp_path / "data" / "history.db").stat().st_mode & 0o077 == 0


def test_export_and_import_round_trip(tmp_path: Path) -> None:
    with database(tmp_path / "a") as connection:
        source = History(connection)
        for snapshot in (later(0), later(1, info=make_info(disabled=True))):
            source.save(audit(snapshot))
        text = list(exported(source))
        rows = source.audits()
    with database(tmp_path / "b") as connection:
        target = History(connection)
        assert imported(target, [*text, "\n"]) == 2
        assert imported(target, text) == 2
        assert target.audits() == rows
        assert list(exported(target)) == text


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "no audit"),
        ('{"audit_version":"2"}', "no audit"),
        ('{"audit_version":"1"}', "snapshot is missing"),
        ('{"audit_version":"1","snapshot":{},"report":{}}', "line 2: "),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_line_that_does_not_hold_is_named(tmp_path: Path, line: str, why: str) -> None:
    with database(tmp_path) as connection, pytest.raises(FileInputError) as caught:
        imported(History(connection), ["", line])
    assert why in caught.value.what
    assert "line 2" in caught.value.what


def test_two_audits_compared() -> None:
    files = make_files("README.md", "config.json", "handler.py")
    found = diff(audit(), audit(later(1, files=files, publisher=make_publisher(verified=False))))
    text = list(lines(found))
    assert "publisher: org is no longer verified" in text
    assert "- model.safetensors" in text
    assert any(line.startswith("+ handler.py") for line in text)
    assert any("auto-run-file" in line for line in text)
    assert not diff(audit(), audit(later(1)))


def test_audits_are_named_in_several_ways(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        history = History(connection)
        for day in range(3):
            history.save(audit(later(day)))
        rows = history.audits()
    newest, middle, oldest = rows
    assert chosen(rows, "latest") == newest
    assert chosen(rows, "first") == oldest
    assert chosen(rows, "2026-11-21") == middle
    assert chosen(rows, middle.id[:8]) == middle
    assert chosen(rows, "c0ffee") == newest
    for wrong in ("2020-01-01", "abc", "zzzzzz"):
        with pytest.raises(UsageError):
            chosen(rows, wrong)
    with pytest.raises(UsageError):
        chosen([], "latest")


def test_descent_is_remembered_and_the_newest_audit_counts(tmp_path: Path) -> None:
    def made_from(day: int, *bases: str) -> Snapshot:
        return later(day, info=make_info(card=Card(base_models=bases)))

    with database(tmp_path) as connection:
        history = History(connection)
        for snapshot in (made_from(1, "org/new-base"), made_from(0, "org/old-base")):
            history.save(audit(snapshot))
        (descent,) = history.descents()
        assert (descent.id, descent.audited) == ("org/model", True)
        assert [parent.id for parent in descent.parents] == ["org/new-base"]
        assert [item.descent.id for item in descendants("ORG/New-Base", history.descents())] == ["org/model"]
        text = list(exported(history))
    with database(tmp_path / "other") as connection:
        imported(History(connection), text)
        assert History(connection).descents() == (descent,)


def columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in names}


def test_migrations_are_numbered_without_gaps_and_recorded() -> None:
    assert [step.number for step in migrations()] == list(range(1, len(migrations()) + 1))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path("x"))
        migrate(connection, Path("x"))
        names = [row[0] for row in connection.execute("SELECT name FROM schema_migrations ORDER BY number")]
        assert names == [step.name for step in migrations()]
        assert {"runs", "snapshots", "reports", "run_items", "schema_migrations"} <= set(columns(connection))


def test_a_migration_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    number = len(migrations()) + 1
    bad = storage.Migration(number, f"{number:04}_bad", "CREATE TABLE half (id TEXT);\nCREATE TABLE runs (id TEXT);\n")
    with database(tmp_path) as connection:
        History(connection).save(audit())
    steps = (*migrations(), bad)
    monkeypatch.setattr(storage, "migrations", lambda: steps)
    with pytest.raises(StoreError), database(tmp_path):
        pass
    monkeypatch.undo()
    with database(tmp_path) as connection:
        assert "half" not in columns(connection)
        assert len(History(connection).audits()) == 1


def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (99, '0099_future', '')")
    with pytest.raises(StoreError, match="newer trustaudit"), database(tmp_path):
        pass


def test_the_schema_uses_only_what_both_databases_take() -> None:
    text = "\n".join(step.sql for step in migrations()).upper()
    for word in ("AUTOINCREMENT", "BLOB", "DATETIME", "WITHOUT ROWID", "PRAGMA", "STRICT", "SERIAL", "JSONB"):
        assert word not in text


def test_bodies_that_are_cut_or_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trustaudit.store.history.MAX_BODY", 1000)
    assert unpack(pack(b"x" * 1000)) == b"x" * 1000
    with pytest.raises(ValueError, match="larger"):
        unpack(pack(b"x" * 1001))
    with pytest.raises(ValueError, match="cut"):
        unpack(pack(b"x" * 100)[:-4])
