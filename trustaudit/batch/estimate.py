"""What a batch will cost before it starts: API requests, and the time that the Hub's quota makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from msgspec import Struct

from trustaudit.hub.listings import FEWEST, PROOFS, is_listed
from trustaudit.hub.questions import REPOS_PER_PAGE
from trustaudit.refs import RepoRef, RepoType

PER_REPO: Final = 3.0
"""Info, tree and commits of an ordinary repository."""

PER_LISTED: Final = 2.0
"""Tree and commits: a page of its owner's models stands for the info."""

PER_OWNER: Final = 1.3
"""One question; a second one where the history suggests the wrong kind of owner, or knows nobody."""

SECONDS_PER_REPO: Final = 0.5
"""Measured with eight audits at once and 100 ms to the Hub; what counts where the quota does not."""

ANONYMOUS_QUOTA: Final = 500
TOKEN_QUOTA: Final = 1000
WINDOW_MINUTES: Final = 5.0
"""The Hub's documented quotas: API requests per window of an address, and of a free account."""


class Estimate(Struct, frozen=True):
    """``quota`` per window; None means none is known and the documented one is assumed.

    Of the ``repos``, ``listed`` are audited with the help of ``pages`` of their owners' models, and
    ``reused`` have an earlier audit that is shown again when they are as they were; ``looks`` are the
    requests that this takes. ``owners`` are those of what is audited.
    """

    repos: int
    owners: int
    quota: int | None
    authenticated: bool = False
    listed: int = 0
    pages: int = 0
    reused: int = 0
    looks: int = 0
    models: bool = False
    """Whether all of them are models."""
    asks: bool = True
    """Whether anything is asked: not offline, and not of a recording."""

    @classmethod
    def of(
        cls,
        refs: Iterable[RepoRef],
        quota: int | None,
        *,
        authenticated: bool = False,
        reused: Collection[RepoRef] = frozenset(),
        asks: bool = True,
    ) -> Estimate:
        """Of these repositories, each once."""
        wanted = list(refs)
        shared = _shared(wanted)
        audited = [ref for ref in wanted if ref not in reused]
        return cls(
            repos=len(wanted),
            owners=len({_owner(ref) for ref in audited if ref.namespace}),
            quota=quota,
            authenticated=authenticated,
            listed=sum(1 for ref in audited if is_listed(ref) and _owner(ref) in shared),
            pages=sum(-(-count // REPOS_PER_PAGE) for count in shared.values()) + min(PROOFS, len(shared)),
            reused=len(wanted) - len(audited),
            looks=sum(1 for ref in reused if not (is_listed(ref) and _owner(ref) in shared)),
            models=all(ref.type is RepoType.MODEL for ref in wanted),
            asks=asks,
        )

    @property
    def requests(self) -> int:
        """API requests, for repositories nobody asked about before."""
        alone = self.repos - self.listed - self.reused
        known = self.pages + self.looks + self.listed * PER_LISTED
        return round(known + alone * PER_REPO + self.owners * PER_OWNER)

    @property
    def allowance(self) -> int:
        """Requests per window: as told, or as documented."""
        return self.quota or (TOKEN_QUOTA if self.authenticated else ANONYMOUS_QUOTA)

    @property
    def minutes(self) -> float:
        """A full window can be spent at once; then it is a wait for the next one."""
        waits = max(0, -(-self.requests // self.allowance) - 1)
        working = (self.repos - self.reused) * SECONDS_PER_REPO / 60
        return max(working, waits * WINDOW_MINUTES + min(working, WINDOW_MINUTES))

    def sentence(self) -> str:
        """For a person."""
        if not self.asks:
            return f"{self.repos:,} {self._noun}, no API requests"
        minutes = f"{self.minutes:,.0f} minutes" if round(self.minutes) > 1 else "a minute"
        known = f"{self.allowance:,} requests per {WINDOW_MINUTES:.0f} minutes"
        assumed = "" if self.quota else ", assumed from the Hub's documentation"
        again = f", {self.reused:,} of them if unchanged only looked at" if self.reused else ""
        return (
            f"{self.repos:,} {self._noun}{again}, about {self.requests:,} API requests,"
            f" about {minutes} at your quota ({known}{assumed})"
        )

    @property
    def _noun(self) -> str:
        one, many = ("model", "models") if self.models else ("repository", "repositories")
        return one if self.repos == 1 else many


def _shared(refs: Iterable[RepoRef]) -> dict[str, int]:
    """The owners whose models are listed, and how many of them are wanted."""
    counts = Counter(_owner(ref) for ref in refs if is_listed(ref))
    return {owner: count for owner, count in counts.items() if count >= FEWEST}


def _owner(ref: RepoRef) -> str:
    return (ref.namespace or "").casefold()
