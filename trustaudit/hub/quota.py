"""The Hub's request quota: one window per bucket, corrected by every answer.

The Hub counts requests in fixed windows (documented: 5 minutes; 500 API requests for an
anonymous address) and tells after each answer what is left: ``RateLimit: "api";r=474;t=142``.
Waiting for the window to end costs the same time as a 429 and leaves the quota of others on
the same address alone. Nothing is assumed before the first answer: mirrors have no quota.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from trustaudit.hub.exchange import Bucket

MAX_TOLD = 86_400
"""Longest wait that is taken at its word; anything above is longer than any audit anyway."""

_NAME = re.compile(r'\s*"?([A-Za-z][\w-]{0,40})"?\s*((?:;[^,;]{0,80}){0,10})')
_PARAMETER = re.compile(r";\s*([rtqw])\s*=\s*(\d{1,9})(?![\d.])")
_SECONDS = re.compile(r"\s*(\d{1,9})(?:\.\d{0,9})?\s*")
_MAX_HEADER = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """What a ``RateLimit`` header says of one bucket; None where it does not."""

    remaining: int | None = None
    seconds: int | None = None
    quota: int | None = None


def parse_limits(header: str) -> dict[str, Told]:
    """``"api";r=474;t=142, "resolvers";r=2999;t=3`` by bucket name. Never fails."""
    told: dict[str, Told] = {}
    for item in header[:_MAX_HEADER].split(","):
        match = _NAME.match(item)
        if match:
            values = {key: int(number) for key, number in _PARAMETER.findall(match.group(2))}
            told[match.group(1).lower()] = Told(values.get("r"), _bounded(values.get("t")), values.get("q"))
    return told


def parse_policy(header: str) -> dict[str, int]:
    """Quota per window by bucket name, of ``"fixed window";"api";q=500;w=300``."""
    quotas: dict[str, int] = {}
    for item in header[:_MAX_HEADER].split(","):
        names = re.findall(r'"([A-Za-z][\w -]{0,40})"', item)
        found = re.search(r";\s*q\s*=\s*(\d{1,9})", item)
        if names and found:
            quotas[names[-1].lower()] = int(found.group(1))
    return quotas


def told_wait(headers: Mapping[str, str], bucket: Bucket, now: datetime) -> float | None:
    """Seconds a 429 asks us to wait: the window's end plus one, else ``Retry-After``.

    With requests left in the window something else was limited, and ``Retry-After`` knows better.
    """
    limit = parse_limits(headers.get("ratelimit", "")).get(bucket) or Told()
    after = retry_after(headers, now)
    if limit.seconds is not None and (after is None or not limit.remaining):
        return float(limit.seconds + 1)
    plain = _SECONDS.fullmatch(headers.get("ratelimit-reset", ""))
    if plain:
        return float(min(int(plain.group(1)), MAX_TOLD) + 1)
    return after


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header in either form, None when there is none."""
    text = headers.get("retry-after", "")
    plain = _SECONDS.fullmatch(text)
    if plain:
        return float(min(int(plain.group(1)), MAX_TOLD))
    try:
        moment = parsedate_to_datetime(text[:100])
        return min(max(0.0, (moment - now).total_seconds()), float(MAX_TOLD))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bounded(seconds: int | None) -> int | None:
    return None if seconds is None else min(seconds, MAX_TOLD)


@dataclass(slots=True)
class _Window:
    """One bucket: what is left until ``ends`` (clock time). None: nothing told yet."""

    remaining: int | None = None
    ends: float | None = None
    quota: int | None = None
    in_flight: int = 0


class Quota:
    """Shared by all audits of a run: they share the address, and so the quota."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows = {bucket: _Window() for bucket in Bucket}

    def pause(self, bucket: Bucket) -> float:
        """Seconds until the next request may go out; zero when it may now."""
        window = self._windows[bucket]
        if window.remaining is None or window.remaining > 0 or window.ends is None:
            return 0.0
        left = window.ends - self._clock()
        if left <= 0:
            self.waited(bucket)
        return max(0.0, left)

    def waited(self, bucket: Bucket) -> None:
        """The window is over: whoever waited for it starts the next one."""
        window = self._windows[bucket]
        window.remaining, window.ends = window.quota, None

    def ends(self, bucket: Bucket) -> float | None:
        """When the known window ends. Tells waiters whether another has already begun."""
        return self._windows[bucket].ends

    def allowance(self, bucket: Bucket) -> int | None:
        """Requests per window, as the Hub told; None before its first answer, and for a Hub without quota."""
        return self._windows[bucket].quota

    @contextmanager
    def spent(self, bucket: Bucket) -> Iterator[None]:
        """A request is on its way, or waits for its turn."""
        window = self._windows[bucket]
        window.in_flight += 1
        if window.remaining is not None:
            window.remaining -= 1
        try:
            yield
        finally:
            window.in_flight -= 1

    def learn(self, bucket: Bucket, headers: Mapping[str, str]) -> None:
        """What the Hub's answer says is left. Requests still under way may not be counted in it."""
        window = self._windows[bucket]
        window.quota = parse_policy(headers.get("ratelimit-policy", "")).get(bucket, window.quota)
        told = parse_limits(headers.get("ratelimit", "")).get(bucket)
        if told is None or told.remaining is None or told.seconds is None:
            return
        window.quota = told.quota or window.quota
        window.remaining = told.remaining - window.in_flight
        window.ends = self._clock() + told.seconds + 1

    def exhausted(self, bucket: Bucket, seconds: float) -> None:
        """A 429 said to wait: everyone does."""
        window = self._windows[bucket]
        window.remaining, window.ends = 0, self._clock() + seconds
