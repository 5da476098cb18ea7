"""The queue as a worker sees it: statements on a thread of their own, leases renewed on another one.

An audit may keep the event loop busy for a minute; its lease must not run out for that. It may also hang for good:
after twice its time, and the time for which it may wait for quota, its lease is no longer renewed: somebody else tries.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from trustaudit.batch.engines.interface import Grant, Lease, Order, Outcome
from trustaudit.errors import StoreError
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings
from trustaudit.store import work_queue
from trustaudit.store.connection import Connection
from trustaudit.store.steady import Steady
from trustaudit.store.work_queue import Share

T = TypeVar("T")


def _owner(lease: Lease) -> str:
    return (lease.item.ref.namespace or "").casefold() if lease.item.ref is not None else ""


_BEATS: Final = 4
"""Renewals per length of a lease: three may fail before anybody else may think us dead."""

_SLOWEST_BEAT: Final = 5.0
"""Seconds. With a beat comes the news that we shall stop."""


class LeasedWork:
    """``interface.Queue`` over the database. A context manager; made inside the event loop that uses it."""

    def __init__(self, order: Order, settings: Settings, steady: Steady) -> None:
        self._order, self._settings, self._steady = order, settings, steady
        self._gone = threading.Event()
        self._stopped = threading.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trustaudit-db")
        self._held: dict[tuple[int, str], float] = {}
        self._lock = threading.Lock()
        self._renewed_for = 2 * settings.audit_timeout + settings.quota_seconds
        self._heart = threading.Thread(target=self._beat, name="trustaudit-leases", daemon=True)
        self._share: Share | None = None
        self._owner = ""

    def is_stopped(self) -> bool:
        """Whether whoever called us wants us to end."""
        return self._stopped.is_set()

    async def lease(self, wanted: int, *, alone: bool) -> Grant:
        """As ``interface.Queue``."""
        share, token = await self._shared(), uuid.uuid4().hex
        take = partial(work_queue.lease, share=share, token=token, wanted=wanted, alone=alone, owner=self._owner)
        grant = await self._do(take)
        self._owner = next((_owner(lease) for lease in reversed(grant.leases)), self._owner)
        with self._lock:
            self._held.update({(lease.position, lease.token): time.monotonic() for lease in grant.leases})
        return grant

    async def ahead(self, limit: int) -> list[RepoRef]:
        """Repositories that are going to be asked for soon."""
        share = await self._shared()
        return await self._do(lambda connection: work_queue.ahead(connection, share, limit))

    async def complete(self, lease: Lease, outcome: Outcome) -> bool:
        """As ``interface.Queue``."""
        share = await self._shared()
        try:
            return await self._do(lambda connection: work_queue.complete(connection, share, lease, outcome))
        finally:
            self._let_go(lease)

    async def give_back(self, lease: Lease, *, trouble: str) -> None:
        """As ``interface.Queue``."""
        share = await self._shared()
        self._let_go(lease)
        await self._do(lambda connection: work_queue.give_back(connection, share, lease, trouble))

    async def _shared(self) -> Share:
        """Our part in the run; the policies are read once."""
        if self._share is None:
            run = self._order.run
            policies = await self._do(lambda connection: work_queue.policies_of(connection, run))
            seconds = float(self._settings.lease_seconds)
            self._share = Share(run, self._order.crew, seconds, self._settings, policies)
            self._heart.start()
        return self._share

    async def _do(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, self._steady.run, work))

    def _let_go(self, lease: Lease) -> None:
        with self._lock:
            self._held.pop((lease.position, lease.token), None)

    def _beat(self) -> None:
        """Renew what we hold, until we are gone."""
        assert self._share is not None  # noqa: S101 - the thread starts after it is known
        share = self._share
        while not self._gone.wait(min(_SLOWEST_BEAT, share.seconds / _BEATS)):
            with suppress(StoreError):  # the worker itself hears of it, and decides
                if self._steady.run(lambda connection: work_queue.renew(connection, share, self._still_held())):
                    self._stopped.set()

    def _still_held(self) -> list[tuple[int, str]]:
        oldest = time.monotonic() - self._renewed_for
        with self._lock:
            return [one for one, since in self._held.items() if since > oldest]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        self._thread.shutdown(wait=True)
        if self._heart.is_alive():
            self._heart.join()
