"""Opening the database, and bringing it to the newest schema.

Migrations are SQL files, numbered; each is applied once, in one transaction, and never edited
afterwards. Why this and no migration library: docs/decisions/2026-11-22-own-migrations.md.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from msgspec import Struct

from trustaudit.errors import StoreError
from trustaudit.store.connection import Connection, dialect_of, transaction

FILE_NAME: Final = "history.db"
BUSY_SECONDS: Final = 20.0
"""How long a writer waits for another one. Each write takes milliseconds."""

_ELSEWHERE: Final = (
    "name a file that can be written with --db, or a folder with TRUSTAUDIT_DATA_DIR; or TRUSTAUDIT_NO_HISTORY=1"
)


class Migration(Struct, frozen=True):
    """One step of the schema."""

    number: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps in order, from the files of this package."""
    folder = resources.files("trustaudit.store") / "migrations"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return tuple(
        Migration(int(name.partition("_")[0]), name.removesuffix(".sql"), (folder / name).read_text(encoding="utf-8"))
        for name in names
    )


def database(folder: Path, *, create: bool = True) -> AbstractContextManager[sqlite3.Connection]:
    """``database_at`` for the history in that folder."""
    return database_at(folder / FILE_NAME, create=create)


@contextmanager
def database_at(path: Path, *, create: bool = True) -> Iterator[sqlite3.Connection]:
    """A connection to the migrated database in that file. Every failure of it is a StoreError.

    Without ``create`` a database that is not there yet is an empty one in memory.
    """
    try:
        connection = _connect(path, create=create)
        try:
            migrate(connection, path)
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise failure(path, error) from error


def _connect(path: Path, *, create: bool) -> sqlite3.Connection:
    if not path.exists() and not create:
        return sqlite3.connect(":memory:", isolation_level=None)
    if create:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
    # Threads may take turns; whoever does that sees to it that they do (``steady``).
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _configure(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _configure(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    with suppress(sqlite3.OperationalError):  # another process is just doing the same, or the disk is read-only
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")


def _make(path: Path) -> None:
    """An empty file of nobody else's: reports of private repositories are in it.

    One that is there is not even opened: closing it would drop the locks of every other connection of this process.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def migrate(connection: Connection, place: Path | str) -> None:
    """Apply what is missing. Raises StoreError for a database of a newer program."""
    newest = max(step.number for step in migrations())
    found = _applied(connection)
    if found == newest:
        return
    if found > newest:
        raise StoreError(
            f"{place} was written by a newer trustaudit (schema {found}, this one knows {newest})",
            advice="update trustaudit, or choose another folder with TRUSTAUDIT_DATA_DIR",
        )
    with transaction(connection, alone=True):
        done = _applied(connection)  # somebody else may have been faster
        for step in migrations():
            if step.number > done:
                _apply(connection, step)


def _applied(connection: Connection) -> int:
    known = connection.execute(dialect_of(connection).table_exists, ("schema_migrations",)).fetchone()
    if known is None:
        return 0
    return int(connection.execute("SELECT COALESCE(MAX(number), 0) FROM schema_migrations").fetchone()[0])


def _apply(connection: Connection, step: Migration) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
    )
    for statement in step.sql.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(
        "INSERT INTO schema_migrations VALUES (?, ?, ?)", (step.number, step.name, stamp(datetime.now(UTC)))
    )


def stamp(moment: datetime) -> str:
    """A time as the database holds it: UTC, one width, sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def failure(path: Path, error: Exception) -> StoreError:
    """What went wrong, in words that tell what to do."""
    if isinstance(error, OSError):
        return StoreError(
            f"the history {path} cannot be used: {error.strerror or type(error).__name__}",
            advice=_ELSEWHERE,
        )
    said = str(error)
    if isinstance(error, sqlite3.DatabaseError) and any(word in said for word in ("not a database", "malformed")):
        return StoreError(
            f"the history {path} is damaged ({said})",
            cause="the file was cut or overwritten; audits do not depend on it",
            advice=f"keep a copy, then move {path} away: the next audit starts a new one",
        )
    if "full" in said:
        return StoreError(f"the history {path} cannot grow: the disk is full", advice="make room, then run again")
    return StoreError(
        f"the history {path} cannot be used: {said}",
        advice=_ELSEWHERE,
    )
