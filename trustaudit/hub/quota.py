"""The Hub's request quota: one window per bucket, corrected by every answer.

Waiting for the window to end costs the same time as a 429 and leaves the quota of others on
the same address alone. Nothing is assumed before the first answer: mirrors have no quota.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from trustaudit.hub.exchange import Bucket
from trustaudit.hub.limits import Told, parse_limits, parse_policy
from trustaudit.hub.window import Rounding, Ticket, Window

KNOWN_WELL = 0.1
"""Seconds: who knows the end of a window as well as this need not look more closely."""

LARGE = 100
"""Of a smaller quota not even one request is kept back."""


class Quota:
    """Shared by all audits of a run: they share the address, and so the quota."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        rounding = Rounding()
        self._windows = {bucket: Window(rounding) for bucket in Bucket}

    def pause(self, bucket: Bucket) -> float:
        """Seconds until the next request may go out; zero when it may now."""
        now = self._clock()
        window = self._windows[bucket]
        window.refresh(now)
        ends = window.ends if window.is_spent else None
        return max(0.0, (window.held or now) - now, (ends or now) - now)

    def scouting(self, bucket: Bucket) -> float:
        """Seconds for which the last request of a window is better kept back: its answer shows whether it has ended.

        ``t`` is told in whole seconds, so at first the end is known to a second only. A request
        that is still permitted and goes out in the middle of that second halves it, and never
        meets a 429. Zero when there is more than one left, the quota is small, or the end is known well.
        """
        window = self._windows[bucket]
        ends, may_end = window.ends, window.may_end
        if window.sure != 1 or (window.quota or 0) < LARGE:
            return 0.0
        if ends is None or may_end is None or ends - may_end <= KNOWN_WELL:
            return 0.0
        return max(0.0, (may_end + ends) / 2 - self._clock())

    def waited(self, bucket: Bucket) -> None:
        """A pause is over: whoever waited for the end of the window starts the next one."""
        self._windows[bucket].waited()

    def number(self, bucket: Bucket) -> int:
        """Which window this is. Tells waiters whether another has already begun."""
        return self._windows[bucket].number

    def ends(self, bucket: Bucket) -> tuple[float | None, float | None]:
        """When the known window ends on our clock, and until when all are held back."""
        window = self._windows[bucket]
        return window.ends, window.held

    def under_way(self, bucket: Bucket) -> int:
        """Requests without an answer so far."""
        return self._windows[bucket].under_way

    def is_untold(self, bucket: Bucket) -> bool:
        """Whether not one request has come to an end so far."""
        return not self._windows[bucket].settled

    def is_blind(self, bucket: Bucket) -> bool:
        """Whether all of a new window's requests are under way and no answer told when it ends."""
        window = self._windows[bucket]
        return window.is_spent and window.ends is None and self.pause(bucket) <= 0

    def allowance(self, bucket: Bucket) -> int | None:
        """Requests per window, as the Hub told; None before its first answer, and for a Hub without quota."""
        return self._windows[bucket].quota

    def take(self, bucket: Bucket) -> Ticket:
        """Count a request that goes out, or is as good as sent."""
        return self._windows[bucket].take(self._clock())

    def settle(self, bucket: Bucket) -> None:
        """Count the end of a request, with an answer or without."""
        self._windows[bucket].settle()

    @contextmanager
    def spent(self, bucket: Bucket) -> Iterator[Ticket]:
        """A request on its way."""
        ticket = self.take(bucket)
        try:
            yield ticket
        finally:
            self.settle(bucket)

    def learn(self, bucket: Bucket, headers: Mapping[str, str], ticket: Ticket | None = None) -> None:
        """What the Hub's answer says is left. Requests still under way may not be counted in it."""
        window, now = self._windows[bucket], self._clock()
        told = parse_limits(headers.get("ratelimit", "")).get(bucket) or Told()
        quota = told.quota or parse_policy(headers.get("ratelimit-policy", "")).get(bucket)
        window.quota = quota or window.quota
        window.learn(told, ticket or self._unticketed(window, now), now)

    @staticmethod
    def _unticketed(window: Window, now: float) -> Ticket:
        """For an answer to what was not counted: all that is under way may be missing in it."""
        return Ticket(window.number, now, window.settled - 1, None)

    def hold(self, bucket: Bucket, seconds: float) -> None:
        """A 429 said to wait: everyone does."""
        self._windows[bucket].hold(self._clock() + seconds)
