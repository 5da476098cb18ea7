"""Hub: one HTTP client, quota, cache and publisher memory for all audits of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trustaudit.errors import OfflineError
from trustaudit.hub import questions
from trustaudit.hub.asking import Asker, Shared
from trustaudit.hub.cache import AnswerCache
from trustaudit.hub.exchange import Answer, Exchange, Request
from trustaudit.hub.meter import Account
from trustaudit.hub.permits import Permits
from trustaudit.hub.redirects import Endpoint
from trustaudit.hub.replay import Player, Recorder
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings

if TYPE_CHECKING:
    import httpx

    from trustaudit.hub.run_answers import RunAnswers
    from trustaudit.hub.session import HubSession

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class _Offline:
    """Answers nothing."""

    async def send(self, request: Request, account: Account) -> Answer:
        """Raises OfflineError: whoever asks has already looked into the cache."""
        del request, account
        raise OfflineError("offline, and the answer is not in the cache")

    async def aclose(self) -> None:
        """Nothing is held open."""


class Hub:
    """Shared by all audits of a run; an async context manager.

    Nothing is opened before the first question. Raises FileInputError for a replay folder
    that is none, StoreError for a recording folder that cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        now: Now = utc_now,
        permits: Permits | None = None,
    ) -> None:
        self.settings = settings
        self.cache = AnswerCache.of(settings, now)
        self._player = Player(settings, settings.replay) if settings.replay is not None else None
        recorded_at = self._player.recorded_at if self._player else None
        self._now = now if recorded_at is None else lambda: recorded_at
        exchange = self._player or _outward(settings, transport, sleep, now, permits)
        self.authenticated = self._player.authenticated if self._player else settings.token is not None
        self._shared = Shared(settings, Endpoint(settings.endpoint), exchange, self.cache, self.now, self.authenticated)

    def session(self, *, api_requests: int | None = None, fresh: bool = False) -> HubSession:
        """One audit's accounting. Its deadline counts from its first question.

        ``api_requests`` bounds what it may ask; every further question is a BudgetSpentError.
        ``fresh``: of the cache, only what can never change, and what was asked since now.
        """
        from trustaudit.hub.session import HubSession  # noqa: PLC0415 - the first question does not wait for it

        since = self.now() if fresh else None
        return HubSession(self._shared, self._run, api_requests, since=since)

    def ask_ahead(self, ref: RepoRef) -> None:
        """Ask for a repository's info before what reads the answer is loaded.

        Not where answers are recorded or replayed: there each audit asks by itself.
        """
        if self.settings.record is None and self._player is None:
            settings = self.settings
            account = Account(settings.audit_timeout, settings.audit_bytes, quota_seconds=settings.quota_seconds)
            Asker(self._shared, account).ask_ahead(questions.info(ref))

    @cached_property
    def _run(self) -> RunAnswers:
        from trustaudit.hub.run_answers import RunAnswers  # noqa: PLC0415 - the first question does not wait for it

        alike = self.settings.record is None and self._player is None and not self.settings.offline
        return RunAnswers() if alike else RunAnswers.apart()

    def expect(self, refs: Iterable[RepoRef]) -> None:
        """These repositories will be asked for: list pages may then answer for several of one owner.

        Not where answers are recorded, replayed or only cached: those hold what each audit needs by itself.
        """
        self._run.listings.expect(refs)

    def now(self) -> datetime:
        """The present, or in replay mode the time of the recording."""
        return self._now()

    @property
    def api_quota(self) -> int | None:
        """API requests per window of the Hub's quota; None before its first answer, or where there is none."""
        quota = getattr(self._shared.exchange, "api_quota", None)
        return quota if isinstance(quota, int) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about this run, each once: a cache that cannot be used."""
        return (self.cache.note,) if self.cache.note else ()

    async def aclose(self) -> None:
        """Close all connections."""
        unasked = [ahead.reply for ahead in self._shared.ahead.values()]
        for reply in unasked:
            reply.cancel()
        await asyncio.gather(*unasked, return_exceptions=True)
        await self._run.aclose()
        await self._shared.exchange.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _outward(
    settings: Settings, transport: httpx.AsyncBaseTransport | None, sleep: Sleep, now: Now, permits: Permits | None
) -> Exchange:
    """The way to the network: none when offline, past a recorder when asked for."""
    if settings.offline:
        return _Offline()
    from trustaudit.hub.network import Network  # noqa: PLC0415 - httpx takes a tenth of a second to import

    network = Network(settings, transport=transport, sleep=sleep, now=now, permits=permits)
    return Recorder(network, settings, settings.record, now()) if settings.record is not None else network
