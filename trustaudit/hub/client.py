"""Hub: one HTTP client, quota and cache for all audits of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trustaudit.hub.cache import AnswerCache
from trustaudit.hub.session import HubSession
from trustaudit.settings import Settings

if TYPE_CHECKING:
    import httpx


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Hub:
    """Shared by all audits of a run; an async context manager."""

    cache: AnswerCache

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self._transport, self._sleep, self._now = transport, sleep, now

    def session(self) -> HubSession:
        """One audit's accounting."""
        raise NotImplementedError

    def now(self) -> datetime:
        """The present, or in replay mode the time of the recording."""
        return self._now()

    async def aclose(self) -> None:
        """Close all connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
