"""Permits from the database: several machines draw on one quota of the Hub without ever going beyond it.

A few are fetched at a time; with each fetch goes what the answers since the last one told. The count itself is
``quota_ledger``; the row is locked while it changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from msgspec import Struct, field
from msgspec.structs import astuple

from trustaudit.errors import RateLimitedError
from trustaudit.hub.exchange import Bucket
from trustaudit.hub.limits import parse_limits, parse_policy
from trustaudit.hub.permits import Permit
from trustaudit.settings import Settings
from trustaudit.store.connection import Connection, database_now, dialect_of, transaction
from trustaudit.store.quota_ledger import Granted, Heard, Ledger, Report, settle
from trustaudit.store.steady import Steady

AT_ONCE: Final = 4
"""Permits fetched at a time. What a worker holds when the window ends is lost to all."""

_LONGEST_SLEEP: Final = 5.0
_COLUMNS: Final = "epoch, quota, seconds, remaining, outstanding, ends_at, asked_at"

_WINDOW: Final = re.compile(r";\s*w\s*=\s*(\d{1,6})(?!\d)")
_MAX_HEADER: Final = 1000

Key = tuple[str, str, str]
"""Endpoint, caller and bucket."""


def _window_of(policy: str, bucket: Bucket) -> int | None:
    """Seconds of a window, of ``"fixed window";"api";q=500;w=300``."""
    for item in policy[:_MAX_HEADER].split(","):
        found = _WINDOW.search(item)
        if found and f'"{bucket}"' in item.lower():
            return int(found.group(1))
    return None


def caller_of(settings: Settings) -> str:
    """Whose quota it is: a token's, by digest, or that of an address without token."""
    return hashlib.sha256(settings.token.encode()).hexdigest()[:16] if settings.token else "anonymous"


def reserve(connection: Connection, key: Key, report: Report, wanted: int) -> Granted:
    """Permits from the row of that key, which is made when it is not there."""
    words = dialect_of(connection)
    where = "WHERE endpoint = ? AND caller = ? AND bucket = ?"
    with transaction(connection):
        connection.execute(
            "INSERT INTO hub_quota (endpoint, caller, bucket, epoch, outstanding) VALUES (?, ?, ?, 0, 0)"
            " ON CONFLICT (endpoint, caller, bucket) DO NOTHING",
            key,
        )
        sql = f"SELECT {_COLUMNS} FROM hub_quota {where}{words.for_update}"  # noqa: S608 - constants and placeholders
        before = Ledger(*connection.execute(sql, key).fetchone())
        after, granted = settle(before, database_now(connection), report, wanted)
        if after != before:
            places = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
            connection.execute(f"UPDATE hub_quota SET {places} {where}", (*astuple(after), *key))  # noqa: S608 - as above
    return granted


class _Purse(Struct):
    """What we hold of one bucket, and what we have to tell. Times by our own monotonic clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    epoch: int = 0
    count: int = 0
    until: float = 0.0
    spent: int = 0
    silent: bool = False
    heard: tuple[Heard, float] | None = None


class SharedPermits:
    """``hub.permits.Permits`` over a database. A context manager; made inside the event loop that uses it."""

    def __init__(
        self,
        steady: Steady,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._steady = steady
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trustaudit-quota")
        self._whose = (settings.endpoint, caller_of(settings))
        self._clock, self._sleep = clock, sleep
        self._purses = {bucket: _Purse() for bucket in Bucket}

    async def reserve(self, bucket: Bucket, patience: float) -> Permit:
        """As ``hub.permits.Permits``. The CDN counts nobody's requests."""
        purse = self._purses[bucket]
        if bucket is Bucket.CDN:
            return Permit(bucket, 0)
        until = self._clock() + patience
        async with purse.lock:
            while purse.count <= 0 or self._clock() >= purse.until:
                await self._fill(bucket, purse, until)
            purse.count -= 1
            return Permit(bucket, purse.epoch)

    async def _fill(self, bucket: Bucket, purse: _Purse, until: float) -> None:
        report = self._report(purse)
        key = (*self._whose, str(bucket))
        loop = asyncio.get_running_loop()
        asked = self._clock()
        granted = await loop.run_in_executor(
            self._thread, self._steady.run, lambda connection: reserve(connection, key, report, AT_ONCE)
        )
        if granted.epoch != purse.epoch:
            purse.epoch, purse.spent = granted.epoch, 0
        purse.count, purse.until = granted.count, asked + granted.seconds
        if granted.count:
            return
        if asked + granted.seconds > until:
            raise RateLimitedError(f"the Hub's quota for {bucket} requests is used up for {granted.seconds:.0f} s more")
        await self._sleep(min(granted.seconds, _LONGEST_SLEEP))

    def _report(self, purse: _Purse) -> Report:
        heard, age = None, 0.0
        if purse.heard is not None:
            heard, age = purse.heard[0], self._clock() - purse.heard[1]
            heard = Heard(heard.remaining, heard.ends_in - age, heard.quota, heard.seconds)
        report = Report(purse.epoch, purse.spent, heard, silent=purse.silent)
        purse.spent, purse.heard, purse.silent = 0, None, False
        return report

    def answered(self, permit: Permit, headers: Mapping[str, str] | None) -> None:
        """As ``hub.permits.Permits``."""
        purse = self._purses[permit.bucket]
        purse.spent += permit.epoch == purse.epoch
        if headers is None:
            return
        told = parse_limits(headers.get("ratelimit", "")).get(permit.bucket)
        if told is None or told.remaining is None or told.seconds is None:
            purse.silent = True
            return
        policy = headers.get("ratelimit-policy", "")
        quota = told.quota or parse_policy(policy).get(permit.bucket)
        heard = Heard(told.remaining, told.seconds + 1.0, quota, _window_of(policy, permit.bucket))
        purse.heard = (heard, self._clock())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True)
