"""What an answer says about the Hub's request quota, in its several spellings.

The Hub counts requests in fixed windows (documented: 5 minutes; 500 API requests for an
anonymous address) and tells after each answer what is left: ``RateLimit: "api";r=474;t=142``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from msgspec import Struct

from trustaudit.hub.exchange import Bucket

MAX_TOLD = 86_400
"""Longest wait that is taken at its word; anything above is longer than any audit anyway."""

_NAME = re.compile(r'\s*"?([A-Za-z][\w-]{0,40})"?\s*((?:;[^,;]{0,80}){0,10})')
_PARAMETER = re.compile(r";\s*([rtqw])\s*=\s*(\d{1,9})(?![\d.])")
_SECONDS = re.compile(r"\s*(\d{1,9})(?:\.\d{0,9})?\s*")
_MAX_HEADER = 1000


class Told(Struct, frozen=True):
    """What a ``RateLimit`` header says of one bucket; None where it does not."""

    remaining: int | None = None
    seconds: int | None = None
    quota: int | None = None
    window: int | None = None


def parse_limits(header: str) -> dict[str, Told]:
    """``"api";r=474;t=142, "resolvers";r=2999;t=3`` by bucket name. Never fails."""
    told: dict[str, Told] = {}
    for item in header[:_MAX_HEADER].split(","):
        match = _NAME.match(item)
        if match:
            values = {key: int(number) for key, number in _PARAMETER.findall(match.group(2))}
            seconds = _bounded(values.get("t"))
            told[match.group(1).lower()] = Told(values.get("r"), seconds, values.get("q"), values.get("w"))
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
    """Seconds a 429 asks us to wait: the end of a used-up window plus one, else ``Retry-After``.

    With requests left in the window something else was limited: nothing is told then without ``Retry-After``.
    """
    limit = parse_limits(headers.get("ratelimit", "")).get(bucket) or Told()
    if limit.seconds is not None and not limit.remaining:
        return float(limit.seconds + 1)
    plain = _SECONDS.fullmatch(headers.get("ratelimit-reset", ""))
    if plain:
        return float(min(int(plain.group(1)), MAX_TOLD) + 1)
    return retry_after(headers, now)


def window_wait(headers: Mapping[str, str], bucket: Bucket) -> float | None:
    """Seconds until the window has ended, whatever is said to be left of it."""
    limit = parse_limits(headers.get("ratelimit", "")).get(bucket) or Told()
    return None if limit.seconds is None else float(limit.seconds + 1)


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
