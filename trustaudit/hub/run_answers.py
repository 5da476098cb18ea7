"""What the audits of one run share in memory, whether or not there is a cache on disk."""

from __future__ import annotations

import asyncio

from msgspec import Struct, field

from trustaudit.hub.listings import Listings
from trustaudit.hub.once import Once
from trustaudit.hub.publishers import Publishers
from trustaudit.hub.run_blobs import RunBlobs
from trustaudit.snapshot import RepoInfo


class RunAnswers(Struct):
    """Owners, their members and models, list pages of what will be asked for, what was found in files."""

    listings: Listings = field(default_factory=Listings)
    publishers: Publishers = field(default_factory=Publishers)
    members: Once[tuple[str, ...]] = field(default_factory=Once)
    models: Once[tuple[RepoInfo, ...]] = field(default_factory=Once)
    blobs: RunBlobs = field(default_factory=RunBlobs)

    @classmethod
    def apart(cls) -> RunAnswers:
        """For recordings: each audit asks for its repository and its files by itself."""
        return cls(Listings(usable=False), blobs=RunBlobs(0))

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        shared = (self.listings, self.publishers, self.members, self.models)
        await asyncio.gather(*(item.aclose() for item in shared))
