"""What one audit has spent so far, and how long it may still run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from trustaudit.snapshot import Cost


@dataclass(slots=True)
class Meter:
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

    def cost(self, *, repo_bytes: int | None = None, seconds: float = 0.0) -> Cost:
        """The counts as they go into a snapshot."""
        return Cost(
            api_requests=self.api_requests,
            file_requests=self.file_requests,
            bytes=self.bytes,
            repo_bytes=repo_bytes,
            seconds=seconds,
            cached_answers=self.cached_answers,
            oldest_answer=self.oldest_answer,
        )


@dataclass(slots=True)
class Account:
    """The purse of one audit: its meter, its deadline and what it may still read of files.

    The clock starts with the first question, not when the audit was put into a queue.
    """

    seconds: float
    file_bytes_left: int
    meter: Meter = field(default_factory=Meter)
    _deadline: float | None = None

    def remaining(self) -> float:
        """Seconds until the deadline of the audit, zero or less when it has passed."""
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self.seconds
        return self._deadline - now
