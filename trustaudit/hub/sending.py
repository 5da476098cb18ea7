"""One request as bytes on their way: over connections of our own, or through a transport of httpx.

httpx's address, request and answer objects are four times the work of what is in them: 0.2 ms of CPU time per
request (2026-11-22). They are for tests, proxies, and addresses that need more than to be taken as they are.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from trustaudit.errors import BadAnswerError
from trustaudit.hub.connections import Connections, Proxied
from trustaudit.hub.exchange import Bucket, Request
from trustaudit.hub.http11 import Message, RawHeaders
from trustaudit.hub.quiet import quiet
from trustaudit.hub.redirects import Origin, origin_of
from trustaudit.settings import Settings

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(
    r"https?://[a-z0-9.-]{1,255}(?::\d{1,5})?/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+)?",
    re.ASCII,
)
"""An address in which there is nothing to quote, fold or resolve: every parser takes it to mean the same."""
_DOTS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the origin it is connected to, and the name and target it is asked for."""

    origin: Origin
    host: str
    target: str


@dataclass(frozen=True, slots=True)
class Arriving:
    """An answer of which the body is still to come. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    parts: AsyncIterator[bytes]


class Sender:
    """Sends requests, the token only to the Hub's own origin."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None, agent: str) -> None:
        self._settings, self._transport, self._agent = settings, transport, agent
        self._timeout = httpx.Timeout(settings.request_timeout).as_dict()
        self._open: httpx.AsyncBaseTransport | None = None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._open is not None:
            await self._open.aclose()
            self._open = None

    @asynccontextmanager
    async def sent(self, request: Request) -> AsyncIterator[Arriving]:
        """The answer to a request. Raises what httpx raises."""
        if self._open is None:
            self._open = self._transport or way_out()
        place = place_of(request.url) if isinstance(self._open, Connections) else None
        if place is not None and isinstance(self._open, Connections):
            answer = await self._open.send(place.origin, self._message(request, place))
            try:
                yield Arriving(answer.status, _decoded(answer.headers), answer.parts())
            finally:
                answer.close()
            return
        with quiet():
            response = await self._open.handle_async_request(self._built(request))
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                yield Arriving(response.status_code, headers, _parts(response))
            finally:
                await response.aclose()

    def _message(self, request: Request, place: Place) -> Message:
        headers = {"Host": place.host, **self._headers(request, place.origin)}
        if request.body:
            headers["Content-Length"] = str(len(request.body))
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        return Message(request.method, place.target.encode("ascii"), raw, request.body, self._settings.request_timeout)

    def _built(self, request: Request) -> httpx.Request:
        url = httpx.URL(request.url)
        return httpx.Request(
            request.method,
            url,
            headers=self._headers(request, _origin(url)),
            content=request.body or None,
            extensions={"timeout": self._timeout},
        )

    def _headers(self, request: Request, origin: Origin) -> dict[str, str]:
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
        if self._settings.token and origin == self._settings.origin:
            headers["Authorization"] = f"Bearer {self._settings.token}"
        return headers


def way_out() -> httpx.AsyncBaseTransport:
    """Connections of our own, or httpx's client where the environment names proxies: it knows the way past them.

    Without the client nothing follows redirects, keeps cookies or looks for credentials in ``.netrc``.
    """
    proxies = getproxies()
    return Proxied() if any(proxies.get(scheme) for scheme in ("http", "https", "all")) else Connections()


def place_of(url: str) -> Place | None:
    """Where a plain address leads; None for one that needs a closer look."""
    if not _PLAIN.fullmatch(url):
        return None
    origin, parts = origin_of(url), urlsplit(url)
    if origin is None or not _DOTS.isdisjoint(parts.path.split("/")):
        return None
    scheme, name, port = origin
    host = name if port == _DEFAULT_PORTS[scheme] else f"{name}:{port}"
    return Place(origin, host, f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _origin(url: httpx.URL) -> Origin:
    return url.scheme, url.host.lower(), url.port or _DEFAULT_PORTS.get(url.scheme, 80)


def _parts(response: httpx.Response) -> AsyncIterator[bytes]:
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise BadAnswerError("the transport gave an answer that cannot be read asynchronously")
    return response.stream.__aiter__()


def _decoded(raw: RawHeaders) -> dict[str, str]:
    """As httpx: what is repeated is one list, and all is UTF-8 or all Latin-1."""
    try:
        pairs = [(name.decode("utf-8"), value.decode("utf-8")) for name, value in raw]
    except UnicodeDecodeError:
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers
