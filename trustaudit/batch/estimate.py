"""What a batch will cost before it starts: API requests, and the time that the Hub's quota makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PER_REPO: Final = 3.0
"""Info, tree and commits of an ordinary repository."""

PER_OWNER: Final = 1.5
"""One question for an organization; users are asked for as organizations first."""

SECONDS_PER_REPO: Final = 0.5
"""Measured with eight audits at once and 100 ms to the Hub; what counts where the quota does not."""

ANONYMOUS_QUOTA: Final = 500
TOKEN_QUOTA: Final = 1000
WINDOW_MINUTES: Final = 5.0
"""The Hub's documented quotas: API requests per window of an address, and of a free account."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """``quota`` per window; None means none is known and the documented one is assumed."""

    repos: int
    owners: int
    quota: int | None
    authenticated: bool = False

    @property
    def requests(self) -> int:
        """API requests, for repositories nobody asked about before."""
        return round(self.repos * PER_REPO + self.owners * PER_OWNER)

    @property
    def allowance(self) -> int:
        """Requests per window: as told, or as documented."""
        return self.quota or (TOKEN_QUOTA if self.authenticated else ANONYMOUS_QUOTA)

    @property
    def minutes(self) -> float:
        """A full window can be spent at once; then it is a wait for the next one."""
        waits = max(0, -(-self.requests // self.allowance) - 1)
        working = self.repos * SECONDS_PER_REPO / 60
        return max(working, waits * WINDOW_MINUTES + min(working, WINDOW_MINUTES))

    def sentence(self) -> str:
        """For a person."""
        minutes = f"{self.minutes:,.0f} minutes" if round(self.minutes) > 1 else "a minute"
        known = f"{self.allowance:,} requests per {WINDOW_MINUTES:.0f} minutes"
        assumed = "" if self.quota else ", assumed from the Hub's documentation"
        noun = "repository" if self.repos == 1 else "repositories"
        return (
            f"{self.repos:,} {noun}, about {self.requests:,} API requests,"
            f" about {minutes} at your quota ({known}{assumed})"
        )
