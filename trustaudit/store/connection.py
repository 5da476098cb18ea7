"""What both databases have in common, and the few words in which they differ.

Statements are written once, with ``?`` for values. ``sqlite3.Connection`` is a ``Connection`` as it is;
``postgres.PostgresConnection`` is the other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

from msgspec import Struct

from trustaudit.errors import StoreError


class Rows(Protocol):
    """What a statement found."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row is a tuple of whatever the columns hold
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Row by row."""
        ...


class Connection(Protocol):
    """An open database. Outside ``transaction`` every statement stands for itself."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each row of values."""
        ...

    def close(self) -> None:
        """Hang up; what was not committed is undone."""
        ...


class ConnectionLostError(StoreError):
    """The database went away, or had to take this transaction back. The same again, on a new connection, may work."""


class Dialect(Struct, frozen=True):
    """Words of one database.

    ``now``: seconds since 1970 by the clock of the database, the only clock that leases and windows go by.
    ``serialize``: taken first in a transaction of which there may be only one at a time.
    ``up_since``: when the database began to answer; None where that means nothing.
    """

    begin: str
    now: str
    skip_locked: str
    for_update: str
    table_exists: str
    serialize: str = ""
    up_since: str = "NULL"


SQLITE: Final = Dialect(
    begin="BEGIN IMMEDIATE",  # a reader that becomes a writer could deadlock
    now="((julianday('now') - 2440587.5) * 86400.0)",
    skip_locked="",
    for_update="",
    table_exists="SELECT 1 FROM sqlite_master WHERE name = ?",
)


def dialect_of(connection: Connection) -> Dialect:
    """The words this connection understands."""
    found = getattr(connection, "dialect", SQLITE)
    return found if isinstance(found, Dialect) else SQLITE


@contextmanager
def transaction(connection: Connection, *, alone: bool = False) -> Iterator[None]:
    """All or nothing; ``alone``: no two of these at the same time."""
    words = dialect_of(connection)
    connection.execute(words.begin)
    try:
        if alone and words.serialize:
            connection.execute(words.serialize)
        yield
    except BaseException:
        with suppress(Exception):  # the first error is the one to hear of, and a lost connection undoes it anyway
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def database_now(connection: Connection) -> float:
    """Seconds since 1970 by the clock of the database."""
    now = dialect_of(connection).now
    return float(connection.execute(f"SELECT {now}").fetchone()[0])
