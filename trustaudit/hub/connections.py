"""Connections to the Hub and its CDN without a pool's bookkeeping: the one used last is used next.

httpx's pool looks at all connections for every request: with 32 of them that alone took 2 ms of
CPU time per request, of 2.2 (2026-11-22, 3,000 answers of 2 kB). How many requests are on their
way at the same time is bounded elsewhere (``turns.py``).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any

import httpx

from trustaudit.hub.http11 import Message, RawHeaders, Wire
from trustaudit.hub.redirects import Origin

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")


@dataclass(slots=True)
class Incoming:
    """An answer of which status and headers are there. Whoever got it closes it, read to its end or not."""

    status: int
    headers: RawHeaders
    _wire: Wire
    _idle: list[Wire]

    def parts(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        return self._wire.body()

    def close(self) -> None:
        """Done with it: the connection may serve the next request."""
        if self._wire.finish():
            self._idle.append(self._wire)


class Connections(httpx.AsyncBaseTransport):
    """An httpx transport over connections of our own."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[Wire]] = {}
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As ``send``, for httpx."""
        seconds = request.extensions.get("timeout", {}).get("read")
        target = request.url.raw_path
        message = Message(request.method, target, request.headers.raw, request.content, seconds)
        answer = await self.send(_origin(request.url), message)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def send(self, origin: Origin, message: Message) -> Incoming:
        """Send, and give the answer as soon as its headers are there."""
        idle = self._idle.setdefault(origin, [])
        wire = _usable(idle) or await self._opened(origin, message.seconds)
        try:
            answer = await wire.ask(message)
        except BaseException:  # a cancelled request, too, leaves a connection that nobody can use
            wire.close()
            raise
        return Incoming(answer.status_code, answer.headers.raw_items(), wire, idle)

    async def aclose(self) -> None:
        """Close what is idle."""
        for wire in [wire for wires in self._idle.values() for wire in wires]:
            wire.close()
        self._idle.clear()

    async def _opened(self, origin: Origin, seconds: float | None) -> Wire:
        scheme, host, port = origin
        return await Wire.opened(host, port, self._tls() if scheme == "https" else None, seconds)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = httpx.create_ssl_context()
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context


def _usable(idle: list[Wire]) -> Wire | None:
    while idle:
        wire = idle.pop()
        if wire.is_usable:
            return wire
        wire.close()
    return None


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in _PORTS:
        raise httpx.UnsupportedProtocol(f"no connection for {url.scheme}:")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


class Proxied(httpx.AsyncBaseTransport):
    """httpx's own client as a transport: it knows the proxies of the environment, and which hosts go without."""

    def __init__(self) -> None:
        direct = Connections()
        self._client = httpx.AsyncClient(
            limits=httpx.Limits(max_connections=None), cookies=_NoCookies(), mounts=dict.fromkeys(_LOOPBACK, direct)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send. An explicit do-nothing Auth: neither .netrc nor the address may add credentials."""
        return await self._client.send(request, stream=True, auth=httpx.Auth(), follow_redirects=False)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()


class _NoCookies(CookieJar):
    """Keeps and sends nothing: a CDN must not see what the Hub set, nor the other way round."""

    def extract_cookies(self, response: Any, request: Any) -> None:  # noqa: ANN401 - the base class has no types
        """Keep nothing."""

    def add_cookie_header(self, request: Any) -> None:  # noqa: ANN401 - the base class has no types
        """Send nothing."""


class _Body(httpx.AsyncByteStream):
    """An answer's body; closing it gives the connection back."""

    def __init__(self, answer: Incoming) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer.parts()

    async def aclose(self) -> None:
        """Done with it, whether read to its end or not."""
        self._answer.close()
