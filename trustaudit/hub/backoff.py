"""When to ask again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable

BASE = 0.5
CAP = 8.0
SHARE = 0.25
"""Part of an audit's time after which one question is given up (a told 429 wait excepted).

An audit asks about four questions, two of them one after the other: a Hub in trouble must
leave time for the rest, and for the report that says so.
"""

_FINAL = frozenset({501, 505, 511})
RATE_LIMITED = 429


def is_passing(status: int) -> bool:
    """Whether a status is trouble that may pass."""
    return status in (408, RATE_LIMITED) or (status >= 500 and status not in _FINAL)  # noqa: PLR2004 - 5xx


def delay(attempt: int, uniform: Callable[[float, float], float] = random.uniform) -> float:
    """Full jitter: a random time up to a bound that doubles. ``attempt`` counts from 0."""
    return uniform(0.0, min(CAP, BASE * 2 ** min(attempt, 10)))
