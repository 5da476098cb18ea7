"""What the audits of one run share in memory, whether or not there is a cache on disk."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from trustaudit.hub.listings import Listings
from trustaudit.hub.once import Once
from trustaudit.hub.publishers import Publishers
from trustaudit.snapshot import RepoInfo


@dataclass(slots=True)
class RunAnswers:
    """Owners, their members, their models, and the list pages of models that will be asked for."""

    listings: Listings = field(default_factory=Listings)
    publishers: Publishers = field(default_factory=Publishers)
    members: Once[tuple[str, ...]] = field(default_factory=Once)
    models: Once[tuple[RepoInfo, ...]] = field(default_factory=Once)

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        shared = (self.listings, self.publishers, self.members, self.models)
        await asyncio.gather(*(item.aclose() for item in shared))
