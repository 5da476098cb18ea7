"""PostgreSQL behind the same interface as SQLite. Needs the extra ``[postgres]``, imported when it is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from trustaudit.errors import StoreError, UsageError
from trustaudit.store.connection import ConnectionLostError, Dialect, Rows

if TYPE_CHECKING:
    import psycopg

_LOCK: Final = 7_728_021
"""Any number, the same for all: whoever migrates or opens a run holds it."""

_EPOCH: Final = "CAST(EXTRACT(EPOCH FROM {}) AS DOUBLE PRECISION)"

POSTGRES: Final = Dialect(
    begin="BEGIN",
    now=_EPOCH.format("clock_timestamp()"),  # now() stands still within a transaction
    skip_locked=" FOR UPDATE SKIP LOCKED",
    for_update=" FOR UPDATE",
    # A query, not to_regclass(): that one answers from a cache and misses what another process has just made.
    table_exists="SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = ?",
    serialize=f"SELECT pg_advisory_xact_lock({_LOCK})",
    up_since=_EPOCH.format("pg_postmaster_start_time()"),
)

_OPTIONS: Final[dict[str, Any]] = {
    "application_name": "trustaudit",
    "connect_timeout": 10,
    # A server that lost its power says nothing: without these a worker would wait for two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_PASSING: Final = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300")
"""Serialization, deadlock, lock timeout, shutdown, crash, start-up, too many connections."""

_REFUSED: Final = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry"
    r"|(?:role|database) \".{0,200}\" does not exist"
)
"""A connection that is not made has no code, only words: these are of a server that lets nobody in like that."""

_AWAY: Final = re.compile(r"refused|time(?:d )?out|starting up|shutting down|too many|recovery|closed the connection")
"""Words of one that may yet."""


class PostgresConnection:
    """One connection. Every failure is a StoreError that names the server and never the password."""

    dialect = POSTGRES

    def __init__(self, url: str, name: str) -> None:
        self._psycopg, self._name = _module(), name
        with self._translated():
            # Without prepared statements it works behind a pooler that gives each transaction another session.
            self._connection = self._psycopg.connect(url, autocommit=True, prepare_threshold=None, **_OPTIONS)
            self._connection.execute("SET lock_timeout = '20s'")

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Run one statement."""
        with self._translated():
            placed = _placed(sql) if parameters else sql.encode()
            rows: Rows = self._connection.execute(placed, [_storable(value) for value in parameters] or None)
        return rows

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each row of values."""
        with self._translated(), self._connection.cursor() as cursor:
            cursor.executemany(_placed(sql), [[_storable(value) for value in row] for row in parameters])
        return None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.ProgrammingError as error:
            if error.sqlstate is None:  # libpq did not understand the address, and quotes parts of it
                raise UsageError(f"{self._name} is no address of a database that libpq understands") from None
            raise self._failure(error) from error
        except self._psycopg.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: psycopg.Error) -> StoreError:
        words = " ".join(str(error).split())[:300] or type(error).__name__
        text = f"the database {self._name}: {words}"
        if _is_passing(self._psycopg, error):
            return ConnectionLostError(text, advice="is it running, and may this machine and user connect to it?")
        return StoreError(text, advice="are user, password and name right?" if _is_refused(error) else None)


def _is_passing(module: Any, error: psycopg.Error) -> bool:  # noqa: ANN401 - the module psycopg
    if error.sqlstate is not None:
        return error.sqlstate in _PASSING or error.sqlstate.startswith("08")
    return isinstance(error, module.OperationalError | module.InterfaceError) and not _is_refused(error)


def _is_refused(error: psycopg.Error) -> bool:
    """Whether the server wants none of us; of several servers, all that were asked."""
    words = str(error)
    return error.sqlstate is None and bool(_REFUSED.search(words)) and not _AWAY.search(words)


def _module() -> Any:  # noqa: ANN401 - the module psycopg
    try:
        import psycopg  # noqa: PLC0415 - an extra; nobody else should wait for it
    except ImportError as error:
        raise UsageError(
            "a database at postgresql:// needs psycopg, which is not installed",
            advice='pip install "trustaudit[postgres]"',
        ) from error
    return psycopg


def _placed(sql: str) -> bytes:
    """The statement with psycopg's own placeholders."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


def _storable(value: object) -> object:
    """Text that PostgreSQL can hold: hostile names may bring zero characters and halves of surrogate pairs."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
