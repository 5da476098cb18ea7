"""Connections to the Hub and its CDN without a pool's bookkeeping: the one used last is used next.

httpx's pool looks at all connections for every request: with 32 of them that alone took 2 ms of
CPU time per request, of 2.2 (2026-11-22, 3,000 answers of 2 kB). How many requests are on their
way at the same time is bounded elsewhere (``turns.py``).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from functools import partial
from http.cookiejar import CookieJar
from typing import Any

import httpx

from trustaudit.hub.http11 import Wire

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_Key = tuple[str, str, int]


class Connections(httpx.AsyncBaseTransport):
    """An httpx transport over connections of our own."""

    def __init__(self) -> None:
        self._idle: dict[_Key, list[Wire]] = {}
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and give the answer as soon as its headers are there."""
        key = _key(request.url)
        wire = self._kept(key) or await self._opened(key, request)
        try:
            answer = await wire.ask(request)
        except BaseException:  # a cancelled request, too, leaves a connection that nobody can use
            wire.close()
            raise
        body = _Body(wire, partial(self._keep, key, wire))
        return httpx.Response(answer.status_code, headers=answer.headers.raw_items(), stream=body)

    async def aclose(self) -> None:
        """Close what is idle."""
        for wire in [wire for wires in self._idle.values() for wire in wires]:
            wire.close()
        self._idle.clear()

    def _kept(self, key: _Key) -> Wire | None:
        idle = self._idle.get(key, [])
        while idle:
            wire = idle.pop()
            if wire.is_usable:
                return wire
            wire.close()
        return None

    async def _opened(self, key: _Key, request: httpx.Request) -> Wire:
        scheme, host, port = key
        seconds = request.extensions.get("timeout", {}).get("connect")
        return await Wire.opened(host, port, self._tls() if scheme == "https" else None, seconds)

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = httpx.create_ssl_context()
            self._context.set_alpn_protocols(["http/1.1"])
        return self._context

    def _keep(self, key: _Key, wire: Wire) -> None:
        if wire.finish():
            self._idle.setdefault(key, []).append(wire)


def _key(url: httpx.URL) -> _Key:
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

    def __init__(self, wire: Wire, done: partial[None]) -> None:
        self._wire, self._done = wire, done

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._wire.body()

    async def aclose(self) -> None:
        """Done with it, whether read to its end or not."""
        self._done()
