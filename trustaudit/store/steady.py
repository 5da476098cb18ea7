"""A connection that comes back: whatever the database does meanwhile, the work is done again until it is through."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, TypeVar
from weakref import WeakSet

from trustaudit.errors import StoreError
from trustaudit.store.connection import Connection, ConnectionLostError
from trustaudit.store.database import failure
from trustaudit.store.place import Place

T = TypeVar("T")

PATIENCE: Final = 900.0
"""Seconds a worker waits for a database that is away: a restart takes seconds, a reboot minutes."""

_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0


class Steady:
    """One connection, whose users take turns. What is done with it may be done twice, and must not mind."""

    def __init__(self, place: Place, *, patience: float = PATIENCE) -> None:
        self._place, self._patience = place, patience
        self._hurry = threading.Event()
        self._stack = ExitStack()
        self._connection: Connection | None = None
        self._lock = threading.RLock()
        _ALL.add(self)

    def run(self, do: Callable[[Connection], T]) -> T:
        """``do`` in full. Raises StoreError when that cannot be, or not in time."""
        started, attempt = time.monotonic(), 0
        while True:
            try:
                with self._lock:
                    return do(self._opened())
            except (ConnectionLostError, sqlite3.OperationalError) as error:
                self.close()
                if not _is_passing(error) or time.monotonic() - started > self._patience or self._hurry.is_set():
                    raise self._told(error) from error
            except sqlite3.Error as error:
                self.close()
                raise self._told(error) from error
            self._hurry.wait(_pause(attempt))
            attempt += 1

    def hurry(self) -> None:
        """Wait no more, from now on and for those who wait just now: they get the error that made them wait."""
        self._hurry.set()

    def close(self) -> None:
        """Hang up; the next ``run`` connects anew."""
        with self._lock:
            self._connection = None
            stack, self._stack = self._stack, ExitStack()
            with suppress(StoreError):
                stack.close()

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self._stack.enter_context(self._place.opened())
        return self._connection

    def _told(self, error: StoreError | sqlite3.Error) -> StoreError:
        if isinstance(error, StoreError):
            return error
        assert self._place.path is not None  # noqa: S101 - only files raise errors of SQLite
        return failure(self._place.path, error)


_ALL: Final[WeakSet[Steady]] = WeakSet()


def hurry_all() -> None:
    """``hurry`` for every connection of this process: it is about to end."""
    for steady in list(_ALL):
        steady.hurry()


def _is_passing(error: Exception) -> bool:
    return isinstance(error, ConnectionLostError) or "locked" in str(error) or "busy" in str(error)


def _pause(attempt: int) -> float:
    """Doubling, with a random part: a hundred workers must not all knock in the same moment."""
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret
