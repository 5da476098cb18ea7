"""Fixed-window request quotas, announced on every answer and enforced with real 429s."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from .message import Answer, json_answer

WINDOW = 300

# requests per 5 minutes by plan and bucket, as the Hub's rate-limit page states them
PLANS: dict[str, dict[str, int]] = {
    "anonymous": {"api": 500, "resolvers": 3000, "pages": 100},
    "free": {"api": 1000, "resolvers": 5000, "pages": 200},
    "pro": {"api": 2500, "resolvers": 12000, "pages": 400},
    "team": {"api": 3000, "resolvers": 20000, "pages": 400},
    "enterprise": {"api": 6000, "resolvers": 50000, "pages": 600},
    "exhausted": {"api": 0, "resolvers": 0, "pages": 0},  # no plan of the Hub's: a caller who has used all up
}


@dataclass(frozen=True)
class Spent:
    """State of one bucket after a request was counted."""

    bucket: str
    quota: int
    window: int
    used: int
    reset: int

    @property
    def allowed(self) -> bool:
        return self.used <= self.quota

    def headers(self) -> dict[str, str]:
        left = max(self.quota - self.used, 0)
        return {
            "RateLimit": f'"{self.bucket}";r={left};t={self.reset}',
            "RateLimit-Policy": f'"fixed window";"{self.bucket}";q={self.quota};w={self.window}',
        }


@dataclass
class Quotas:
    """Counters per caller, bucket and window. ``set`` overrides the plans; windows start with the Hub."""

    clock: Callable[[], float]
    overrides: dict[str, tuple[int, int]] = field(default_factory=dict)
    send_retry_after: bool = False
    announce: bool = True
    _started: float = 0.0
    _used: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._started = self.clock()

    def set(self, bucket: str, q: int, w: int = WINDOW) -> None:
        """A quota for every caller: ``q`` requests per ``w`` seconds; counting starts anew."""
        self.overrides[bucket] = (q, w)
        self._used.clear()
        self._started = self.clock()

    def unlimited(self) -> None:
        """Quotas too large to be reached, for tests that are about something else."""
        for bucket in ("api", "resolvers", "pages"):
            self.set(bucket, 10**9)

    def spend(self, bucket: str, caller: str, plan: str) -> Spent:
        """Count one request."""
        quota, window = self.overrides.get(bucket, (PLANS[plan].get(bucket, 10**9), WINDOW))
        elapsed = self.clock() - self._started
        key = (caller, bucket, int(elapsed // window))
        self._used[key] = self._used.get(key, 0) + 1
        return Spent(bucket, quota, window, self._used[key], math.ceil(window - elapsed % window))

    def refusal(self, spent: Spent, *, anonymous: bool) -> Answer:
        """The 429 in the Hub's words, which differ for callers with a token."""
        message = _ANONYMOUS if anonymous else _AUTHENTICATED.format(spent=spent)
        answer = json_answer({"error": message}, 429, X_Error_Message=message)
        if self.send_retry_after:
            answer.headers["Retry-After"] = str(spent.reset)
        return answer


_ANONYMOUS = (
    "We had to rate limit your IP (127.0.0.1). To continue using our service, create a HF account or login to your "
    "existing account, and make sure you pass a HF_TOKEN if you're using the API."
)
_AUTHENTICATED = (
    "We had to rate limit you, you hit the quota of {spent.quota} {spent.bucket} requests per 5 minutes period. "
    "Upgrade to a PRO user or Team/Enterprise organization account (https://hf.co/pricing) to get higher limits. "
    "See https://huggingface.co/docs/hub/rate-limits"
)
