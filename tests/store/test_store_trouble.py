"""A history that cannot be used costs nobody a report: damaged, full, unwritable, busy."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from tests.builders import make_snapshot
from trustaudit.engine import judge
from trustaudit.errors import StoreError
from trustaudit.policy.model import load_policy
from trustaudit.settings import Settings
from trustaudit.store.connection import transaction
from trustaudit.store.database import FILE_NAME, database
from trustaudit.store.history import Audit, History
from trustaudit.store.recorder import Recorder

POLICY = load_policy("default")
SNAPSHOT = make_snapshot()
REPORT = judge(SNAPSHOT, POLICY)


def keep(folder: Path, times: int = 1) -> str:
    with Recorder(Settings(data_dir=folder), "check") as recorder:
        for _ in range(times):
            recorder.keep(SNAPSHOT, REPORT, POLICY)
    return recorder.note


def count(folder: Path, table: str = "run_items") -> int:
    with database(folder, create=False) as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own name


def test_all_is_well(tmp_path: Path) -> None:
    assert keep(tmp_path, times=3) == ""
    assert count(tmp_path) == 3
    assert count(tmp_path, "reports") == 1


@pytest.mark.parametrize("data", [b"garbage" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    note = keep(tmp_path)
    assert "damaged" in note
    assert FILE_NAME in note
    assert (tmp_path / FILE_NAME).read_bytes() == data


def test_a_damaged_page_is_noticed_when_it_is_read(tmp_path: Path) -> None:
    keep(tmp_path)
    with database(tmp_path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="damaged"), database(tmp_path) as connection:
        History(connection).audits()


def test_a_body_that_does_not_hold_is_named(tmp_path: Path) -> None:
    keep(tmp_path)
    with database(tmp_path) as connection:
        connection.execute("UPDATE reports SET body = X'00'")
        history = History(connection)
        with pytest.raises(StoreError, match="cannot be read"):
            history.load(history.audits()[0])


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    note = keep(tmp_path / "data")
    assert "cannot be used" in note
    assert "TRUSTAUDIT_DATA_DIR" in note


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    real = sqlite3.connect

    def small(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    big = make_snapshot(files=[f"file-{number}.txt" for number in range(5_000)])
    with Recorder(Settings(data_dir=tmp_path), "check") as recorder:
        recorder.keep(big, judge(big, POLICY), POLICY)
        recorder.keep(SNAPSHOT, REPORT, POLICY)
    assert "the disk is full" in recorder.note
    monkeypatch.undo()
    assert count(tmp_path) == 1


def test_a_device_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to("/dev/full")
    assert "cannot" in keep(tmp_path)


def test_what_is_not_wanted_is_not_kept(tmp_path: Path) -> None:
    for settings in (
        Settings(data_dir=tmp_path, history=False),
        Settings(data_dir=tmp_path, offline=True),
        Settings(data_dir=tmp_path, replay=tmp_path),
        Settings(),
    ):
        with Recorder(settings, "check") as recorder:
            recorder.keep(SNAPSHOT, REPORT, POLICY)
        assert recorder.note == ""
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_a_transaction_takes_it_back(tmp_path: Path) -> None:
    with database(tmp_path) as connection:
        with pytest.raises(sqlite3.IntegrityError), transaction(connection):
            connection.executemany("INSERT INTO runs VALUES (?, 'b', 'c', 'd', 'e')", [("a",), ("a",)])
        assert connection.execute("SELECT COUNT(*) FROM runs").fetchone() == (0,)


def write_many(folder: str, number: int) -> None:
    snapshot = make_snapshot(f"org/model{number}")
    report = judge(snapshot, POLICY)
    with Recorder(Settings(data_dir=Path(folder)), "batch") as recorder:
        for _ in range(40):
            recorder.keep(snapshot, report, POLICY)
    assert recorder.note == ""


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(str(tmp_path), number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert count(tmp_path) == 120
    with database(tmp_path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert Audit.of(SNAPSHOT, REPORT, POLICY).policy == "default"
        assert len(History(connection).latest()) == 3
