"""Requests over sockets: token scope, quota, concurrency, time bounds and retries.

Redirects and cookies are off, ``.netrc`` is not consulted, and proxies are those of the
environment except for loopback addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
import platform
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from importlib import metadata
from urllib.request import getproxies

import httpx
from msgspec import Struct

from trustaudit import __version__
from trustaudit.errors import (
    BadAnswerError,
    BadRequestError,
    HubError,
    HubTimeoutError,
    HubUnreachableError,
)
from trustaudit.hub import backoff
from trustaudit.hub.connections import Connections, Proxied
from trustaudit.hub.exchange import Answer, Bucket, Request
from trustaudit.hub.intake import Intake, TruncatedError
from trustaudit.hub.limits import retry_after, told_wait, window_wait
from trustaudit.hub.meter import Account
from trustaudit.hub.permits import Permits, Unshared
from trustaudit.hub.quiet import quiet
from trustaudit.hub.quota import Quota
from trustaudit.hub.redirects import Origin
from trustaudit.hub.turns import Turns
from trustaudit.hub.window import Ticket
from trustaudit.settings import Settings

ERROR_BODY = 64 * 1024
"""Bytes taken of an error's or redirect's body: enough for any message."""

PATIENCE = 3.0
"""One request may take this many times ``request_timeout`` in all: a slow drip ends."""

REFUSALS = 100
"""429s that one request of a long run takes: as many windows that others used up before it had its turn."""

UNTOLD = 20.0
"""Seconds between the tries of a long run whose Hub refuses and says nothing: its windows may be five minutes long."""

SHORTEST = 0.5
"""Seconds: who is told to wait less waits a random time as after other trouble."""

_OK = 200
_PARTIAL = 206
_MULTIPLE = 300

Sleep = Callable[[float], Awaitable[None]]


class _Failure(Struct, frozen=True):
    """No answer. ``passing`` when another try may help."""

    error: HubError
    passing: bool


class Tries(Struct):
    """How often a request was sent in vain: because of trouble, and because the quota was used up."""

    failed: int = 0
    refused: int = 0

    def limited(self, retries: int, *, patient: bool) -> bool:
        """One more refusal; whether it may be asked again. Others on the same quota can use up window after window."""
        self.refused += 1
        return self.refused <= (REFUSALS if patient else retries)


def user_agent(origin: str = "") -> str:
    """``trustaudit/0.1.0; python/3.12.1; hf_hub/1.2.3``, the Hub's convention for clients."""
    parts = [f"trustaudit/{__version__}", f"python/{platform.python_version()}"]
    parts.append(f"hf_hub/{_version('huggingface_hub')}")
    if origin:
        clean = "".join(char for char in origin if " " <= char <= "~")
        parts.append(f"origin/{clean[:100]}")
    return "; ".join(parts)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


class Network:
    """Answers requests by asking over HTTP. Shared by all audits of a run."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None,
        sleep: Sleep,
        now: Callable[[], datetime],
        permits: Permits | None = None,
    ) -> None:
        self._settings = settings
        self._permits = permits or Unshared()
        self._transport, self._sleep, self._now = transport, sleep, now
        self._quota = Quota()
        self._turns = Turns(self._quota, settings.concurrency, sleep, scouts=settings.quota_seconds > 0)
        self._open: httpx.AsyncBaseTransport | None = None
        self._timeout = httpx.Timeout(settings.request_timeout).as_dict()
        self._agent = user_agent(settings.user_agent_origin)

    @property
    def api_quota(self) -> int | None:
        """API requests per window of the Hub's quota, when it told."""
        return self._quota.allowance(Bucket.API)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._turns.aclose()
        if self._open is not None:
            await self._open.aclose()
            self._open = None

    async def send(self, request: Request, account: Account) -> Answer:
        """The answer after retries, whatever its status. Raises HubError when there is none."""
        patience = self._settings.audit_timeout * backoff.SHARE
        started = account.remaining()
        waited, tries = 0.0, Tries()
        while True:
            outcome = await self._attempt(request, account)
            told = self._told(outcome, request.bucket)
            if told is None and tries.failed >= self._settings.retries:
                told = self._held(outcome, request.bucket, account)
            if _is_rate_limit(outcome) and told is not None and request.bucket is not Bucket.CDN:
                if (
                    not tries.limited(self._settings.retries, patient=account.time.quota_seconds > 0)
                    or told > account.time.patience()
                ):
                    return _settled(outcome)
                await self._beyond(told, tries, account)
                continue  # it queues with all others, and nobody is sent before the end of the window
            spent = max(waited, started - account.remaining())
            pause = self._pause(outcome, told, tries.failed, account)
            if pause is None or (not _is_rate_limit(outcome) and spent + pause > patience):
                return _settled(outcome)
            await self._sleep(pause)
            waited += pause
            tries.failed += 1

    def _held(self, outcome: Answer | _Failure, bucket: Bucket, account: Account) -> float | None:
        """Seconds for which all wait who were refused again and again and told nothing.

        The next window may help; a long run, which has the time, looks for its start where none was ever told.
        """
        if not isinstance(outcome, Answer) or not _is_rate_limit(outcome):
            return None
        told = window_wait(outcome.headers, bucket) or (UNTOLD if account.time.quota_seconds > 0 else None)
        if told is not None:
            self._turns.hold(bucket, told)
        return told

    async def _beyond(self, told: float, tries: Tries, account: Account) -> None:
        """A Hub that says "at once" and refuses again would be asked as fast as it answers."""
        if told < SHORTEST:
            with account.time.waiting():
                await self._sleep(backoff.delay(tries.refused))

    def _pause(self, outcome: Answer | _Failure, told: float | None, attempt: int, account: Account) -> float | None:
        """Seconds until the next try, or None when this outcome stands."""
        if attempt >= self._settings.retries:
            return None
        if isinstance(outcome, _Failure):
            return backoff.delay(attempt) if outcome.passing else None
        if not backoff.is_passing(outcome.status):
            return None
        if told is None:
            return backoff.delay(attempt)
        return told if told <= account.remaining() else None

    def _told(self, outcome: Answer | _Failure, bucket: Bucket) -> float | None:
        """Seconds the answer asks us to wait. All answers tell the window's end; only a 429 means it."""
        if isinstance(outcome, _Failure):
            return None
        if outcome.status == backoff.RATE_LIMITED:
            return told_wait(outcome.headers, bucket, self._now())
        return retry_after(outcome.headers, self._now())

    async def _attempt(self, request: Request, account: Account) -> Answer | _Failure:
        with account.time.waiting():
            permit = await self._permits.reserve(request.bucket, account.time.patience())
        headers = None
        try:
            outcome = await self._in_turn(request, account)
            headers = outcome.headers if isinstance(outcome, Answer) else None
        finally:
            self._permits.answered(permit, headers)
        return outcome

    async def _in_turn(self, request: Request, account: Account) -> Answer | _Failure:
        async with self._turns.turn(request.bucket, account) as ticket:
            bound = min(self._settings.request_timeout * PATIENCE, account.remaining())
            if bound <= 0:
                raise HubTimeoutError(f"the {self._settings.audit_timeout:g} s of this audit are used up")
            account.sent(api=request.bucket is Bucket.API)
            outcome = await self._bounded(request, account, bound)
            if isinstance(outcome, Answer) and request.bucket is not Bucket.CDN:
                self._learn(request.bucket, outcome, ticket)
        return outcome

    def _learn(self, bucket: Bucket, answer: Answer, ticket: Ticket) -> None:
        """A 429 that tells nothing of a used-up window was about something else: then ``Retry-After`` holds for all."""
        self._turns.learn(bucket, answer.headers, ticket)
        told = self._told(answer, bucket) if _is_rate_limit(answer) else None
        if told is not None and self._quota.pause(bucket) <= 0:
            self._turns.hold(bucket, told)

    async def _bounded(self, request: Request, account: Account, bound: float) -> Answer | _Failure:
        """One try within ``bound`` seconds; whatever goes wrong becomes a failure in our words."""
        try:
            async with asyncio.timeout(bound), self._stream(request) as response:
                return await _take(response, request, account)
        except TruncatedError as error:
            return _Failure(BadAnswerError(error.what), passing=True)
        except HubError as error:
            return _Failure(error, passing=False)
        except (httpx.TimeoutException, TimeoutError):
            return _Failure(HubTimeoutError("the Hub gave no complete answer in time"), passing=True)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            return _translated(error)
        except (ValueError, ImportError) as error:  # proxy variables and certificate files that do not hold
            return _Failure(HubUnreachableError(f"no request could be made ({type(error).__name__})"), passing=False)

    @contextlib.asynccontextmanager
    async def _stream(self, request: Request) -> AsyncIterator[httpx.Response]:
        url = httpx.URL(request.url)
        built = httpx.Request(
            request.method,
            url,
            headers=self._headers(request, url),
            content=request.body or None,
            extensions={"timeout": self._timeout},
        )
        with quiet():
            response = await self._opened().handle_async_request(built)
            try:
                yield response
            finally:
                await response.aclose()

    def _headers(self, request: Request, url: httpx.URL) -> dict[str, str]:
        identity = request.bucket is not Bucket.API
        headers = {
            "User-Agent": self._agent,
            "Accept": "*/*" if identity else "application/json",
            "Accept-Encoding": "identity" if identity else "gzip",
        }
        if request.body:
            headers["Content-Type"] = "application/json"
        if request.span is not None:
            headers["Range"] = f"bytes={request.span.first}-{request.span.last}"
        if self._settings.token and _origin(url) == self._settings.origin:
            headers["Authorization"] = f"Bearer {self._settings.token}"
        return headers

    def _opened(self) -> httpx.AsyncBaseTransport:
        if self._open is None:
            self._open = self._transport or way_out()
        return self._open


def way_out() -> httpx.AsyncBaseTransport:
    """Connections of our own, or httpx's client where the environment names proxies: it knows the way past them.

    Without the client nothing follows redirects, keeps cookies or looks for credentials in ``.netrc``.
    """
    proxies = getproxies()
    return Proxied() if any(proxies.get(scheme) for scheme in ("http", "https", "all")) else Connections()


def _origin(url: httpx.URL) -> Origin:
    default = 443 if url.scheme == "https" else 80
    return url.scheme, url.host.lower(), url.port or default


def _is_rate_limit(outcome: Answer | _Failure) -> bool:
    return isinstance(outcome, Answer) and outcome.status == backoff.RATE_LIMITED


def _settled(outcome: Answer | _Failure) -> Answer:
    if isinstance(outcome, _Failure):
        raise outcome.error
    return outcome


async def _take(response: httpx.Response, request: Request, account: Account) -> Answer:
    """Read the body up to its bound. The raw stream: httpx's own decoding has no bound."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    limit, may_cut = _limit(request, response.status_code)
    expected, encoding = headers.get("content-length", ""), headers.get("content-encoding", "")
    intake = Intake(encoding, limit, may_cut=may_cut)
    if intake.refuses(expected):
        return Answer(response.status_code, headers, b"", cut=True)
    async for chunk in _chunks(response):
        account.received(len(chunk), api=request.bucket is Bucket.API)
        if intake.feed(chunk):
            break
    return Answer(response.status_code, headers, intake.body(expected), intake.cut)


def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise BadAnswerError("the transport gave an answer that cannot be read asynchronously")
    return response.stream.__aiter__()


def _limit(request: Request, status: int) -> tuple[int, bool]:
    """Most body bytes for this status, and whether to cut there instead of refusing the answer."""
    if status >= _MULTIPLE:
        return ERROR_BODY, True
    if request.span is None:
        return request.bound, False
    if status == _PARTIAL:
        return request.span.length, True
    return request.whole_bound, True


def _translated(error: Exception) -> _Failure:
    """An exception of the HTTP library in our words; its own text may hold addresses or the token."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return _Failure(BadRequestError(f"the request could not be made ({type(error).__name__})"), passing=False)
    if isinstance(error, httpx.RemoteProtocolError):
        return _Failure(BadAnswerError("the Hub broke off its answer or did not speak HTTP"), passing=True)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return _unconnected(error)
    return _Failure(HubUnreachableError(f"the connection to the Hub was lost ({type(error).__name__})"), passing=True)


def _unconnected(error: httpx.TransportError) -> _Failure:
    text = str(error)[:200]
    if "CERTIFICATE" in text.upper():
        return _Failure(
            HubUnreachableError(
                "the Hub's certificate cannot be verified",
                cause="a proxy in between that signs with its own certificate, or a wrong clock",
                advice="set SSL_CERT_FILE to the certificates of your network",
            ),
            passing=False,
        )
    through = "the proxy" if isinstance(error, httpx.ProxyError) else "the Hub"
    return _Failure(HubUnreachableError(f"no connection to {through} ({_kind(text)})"), passing=True)


def _kind(text: str) -> str:
    lowered = text.lower()
    if (
        "name or service" in lowered
        or "getaddrinfo" in lowered
        or "nodename" in lowered
        or "name resolution" in lowered
    ):
        return "its name cannot be looked up"
    return "refused" if "refused" in lowered else "it cannot be reached"
