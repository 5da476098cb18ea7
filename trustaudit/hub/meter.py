"""What one audit has spent so far, and how long it may still run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from trustaudit.snapshot import Cost


class Meter(Struct):
    """Counts of one audit. ``bytes`` are body bytes as they came over the wire.

    ``oldest_answer`` is the time of the oldest answer that came from the cache.
    """

    api_requests: int = 0
    file_requests: int = 0
    bytes: int = 0
    cached_answers: int = 0
    oldest_answer: datetime | None = None

    def sent(self, *, api: bool) -> None:
        """Count one request, retries and redirect hops included: each is a unit of quota."""
        if api:
            self.api_requests += 1
        else:
            self.file_requests += 1

    def from_cache(self, stored_at: datetime) -> None:
        """Count one answer that was not asked for again."""
        self.cached_answers += 1
        if self.oldest_answer is None or stored_at < self.oldest_answer:
            self.oldest_answer = stored_at

    def add(self, other: Meter) -> None:
        """What somebody else spent on this audit's behalf."""
        self.api_requests += other.api_requests
        self.file_requests += other.file_requests
        self.bytes += other.bytes
        self.cached_answers += other.cached_answers
        told = (self.oldest_answer, other.oldest_answer)
        self.oldest_answer = min((time for time in told if time is not None), default=None)

    def cost(self, *, repo_bytes: int | None = None, seconds: float = 0.0) -> Cost:
        """The counts as they go into a snapshot."""
        from trustaudit.snapshot import Cost  # noqa: PLC0415 - the first question does not wait for it

        return Cost(
            api_requests=self.api_requests,
            file_requests=self.file_requests,
            bytes=self.bytes,
            repo_bytes=repo_bytes,
            seconds=seconds,
            cached_answers=self.cached_answers,
            oldest_answer=self.oldest_answer,
        )


class Deadline(Struct):
    """The time of one audit. It begins with the first question, not when the audit was put into a queue.

    For an audit among many it stands still while the audit waits for its turn, mostly for the Hub's quota,
    for at most ``quota_seconds`` in all. Zero: waiting is part of the audit's time.
    """

    seconds: float
    quota_seconds: float = 0.0
    _ends: float | None = None
    _waiters: int = 0
    _since: float = 0.0
    _waited: float = 0.0

    def remaining(self) -> float:
        """Seconds until the end, zero or less when it has passed."""
        now = asyncio.get_running_loop().time()
        if self._ends is None:
            self._ends = now + self.seconds
        return self._ends - (self._since if self._waiters else now)

    def began_with(self, other: Deadline) -> None:
        """The first question was sent before this audit was there: its time counts from then."""
        if other._ends is not None:
            self._ends = other._ends if self._ends is None else min(self._ends, other._ends)

    def patience(self) -> float:
        """Seconds for which the audit may still wait for quota."""
        if not self.quota_seconds:
            return self.remaining()
        waiting = asyncio.get_running_loop().time() - self._since if self._waiters else 0.0
        return self.quota_seconds - self._waited - waiting

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait. Questions of an audit wait side by side: the time in which any of them does counts once."""
        if not self.quota_seconds:
            yield
            return
        self.remaining()
        if not self._waiters:
            self._since = asyncio.get_running_loop().time()
        self._waiters += 1
        try:
            yield
        finally:
            self._waiters -= 1
            if not self._waiters:
                self._go_on()

    def _go_on(self) -> None:
        spent = asyncio.get_running_loop().time() - self._since
        self._waited += spent
        self._ends = (self._ends or 0.0) + spent


@dataclass(slots=True)
class Account:
    """The purse of one audit, or of one file within it (``parent``): counts, deadline, file bytes.

    ``questions`` are the API requests it may still send, redirects included, retries not; None: no bound.

    ``order`` is the place of the audit among those of the run.
    """

    seconds: float
    byte_limit: int
    questions: int | None = None
    quota_seconds: float = 0.0
    order: int = field(default_factory=count().__next__)
    meter: Meter = field(default_factory=Meter)
    parent: Account | None = None
    file_bytes: int = 0
    held: int = 0
    time: Deadline = field(init=False)

    def __post_init__(self) -> None:
        self.time = self.parent.time if self.parent is not None else Deadline(self.seconds, self.quota_seconds)

    def part(self, byte_limit: int) -> Account:
        """A purse within this one; what it spends is spent here too."""
        return Account(self.seconds, byte_limit, order=self.order, parent=self)

    def claim_question(self) -> bool:
        """Take one of the API questions that may still be asked; False when there is none left."""
        if self.questions is None:
            return True
        self.questions -= 1
        return self.questions >= 0

    def remaining(self) -> float:
        """Seconds until the deadline of the audit, zero or less when it has passed."""
        return self.time.remaining()

    def sent(self, *, api: bool) -> None:
        """One request went out."""
        for account in self._chain():
            account.meter.sent(api=api)

    def received(self, count: int, *, api: bool) -> None:
        """Body bytes came in."""
        for account in self._chain():
            account.meter.bytes += count
            account.file_bytes += 0 if api else count

    def affordable(self) -> int:
        """File bytes that may still be asked for, here and in the purses around."""
        return min(account.byte_limit - account.file_bytes - account.held for account in self._chain())

    @contextmanager
    def reserved(self, count: int) -> Iterator[None]:
        """Hold bytes back while they are under way, so that parallel reads cannot overdraw together."""
        for account in self._chain():
            account.held += count
        try:
            yield
        finally:
            for account in self._chain():
                account.held -= count

    def _chain(self) -> Iterator[Account]:
        account: Account | None = self
        while account is not None:
            yield account
            account = account.parent
