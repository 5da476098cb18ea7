"""A quota that other processes draw on too: a permit is asked for before each request.

The network layer waits for it after its own quota and before it sends. Who keeps the count is not its business:
``store.shared_permits`` keeps it in a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from trustaudit.hub.exchange import Bucket


class Permit(Struct, frozen=True):
    """One request may be sent, in this window and not in the next."""

    bucket: Bucket
    epoch: int


class Permits(Protocol):
    """Hands out permits."""

    async def reserve(self, bucket: Bucket, patience: float) -> Permit:
        """A permit, within ``patience`` seconds. Raises RateLimitedError when the window ends later than that."""
        ...

    def answered(self, permit: Permit, headers: Mapping[str, str] | None) -> None:
        """The request came back, with these headers (names in lower case) or without an answer (None)."""
        ...


class Unshared:
    """``Permits`` for one process: its own quota is all there is."""

    async def reserve(self, bucket: Bucket, patience: float) -> Permit:
        """At once."""
        del patience
        return Permit(bucket, 0)

    def answered(self, permit: Permit, headers: Mapping[str, str] | None) -> None:
        """Nobody counts."""
