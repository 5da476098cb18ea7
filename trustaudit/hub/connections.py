"""Connections to the Hub and its CDN without a pool's bookkeeping: the one used last is used next.

httpx's pool looks at all connections for every request: with 32 of them that alone took 2 ms of
CPU time per request, of 2.2 (2026-11-22, 3,000 answers of 2 kB). How many requests are on their
way at the same time is bounded elsewhere (``turns.py``).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import partial
from http.cookiejar import CookieJar
from typing import Any, Protocol, runtime_checkable

import httpcore
import httpx

KEPT_SECONDS = 5.0
"""As httpx: idle connections are closed by Hubs after longer than that."""

_PORTS = {b"http": 80, b"https": 443}
_LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_Key = tuple[bytes, bytes, int]
_TROUBLE = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol)


@runtime_checkable
class _Stream(Protocol):
    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Connections(httpx.AsyncBaseTransport):
    """An httpx transport over httpcore's connections. Raises httpx's exceptions."""

    def __init__(self) -> None:
        self._idle: dict[_Key, list[httpcore.AsyncHTTPConnection]] = {}
        self._context: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and give the answer as soon as its headers are there."""
        key = (request.url.raw_scheme, request.url.raw_host, request.url.port or _PORTS[request.url.raw_scheme])
        connection = await self._connection(key)
        try:
            answer = await connection.handle_async_request(_translated_request(request))
        except httpcore.ConnectionNotAvailable as error:
            raise httpx.ReadError("the connection was closed") from error
        except _TROUBLE as error:
            raise translated(error) from error
        body = _Body(_stream_of(answer), partial(self._keep, key, connection))
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                await connection.aclose()
        self._idle.clear()

    async def _connection(self, key: _Key) -> httpcore.AsyncHTTPConnection:
        idle = self._idle.get(key, [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        scheme, host, port = key
        return httpcore.AsyncHTTPConnection(
            httpcore.Origin(scheme, host, port), ssl_context=self._ssl(scheme), keepalive_expiry=KEPT_SECONDS
        )

    def _ssl(self, scheme: bytes) -> ssl.SSLContext | None:
        if scheme == b"https" and self._context is None:
            self._context = httpx.create_ssl_context()
        return self._context

    def _keep(self, key: _Key, connection: httpcore.AsyncHTTPConnection) -> None:
        if connection.is_available():
            self._idle.setdefault(key, []).append(connection)


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

    def __init__(self, stream: _Stream, done: Callable[[], None]) -> None:
        self._stream, self._done = stream, done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except _TROUBLE as error:
            raise translated(error) from error

    async def aclose(self) -> None:
        """Done with it, whether read to its end or not."""
        try:
            await self._stream.aclose()
        except _TROUBLE as error:
            raise translated(error) from error
        self._done()


def _translated_request(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def translated(error: Exception) -> httpx.TransportError:
    """Httpx's exception of the same name, or of the nearest class that has one."""
    names = [kind.__name__ for kind in type(error).__mro__]
    kinds = (getattr(httpx, name, None) for name in names)
    kind = next((kind for kind in kinds if kind is not None and issubclass(kind, httpx.TransportError)), None)
    return (kind or httpx.TransportError)(str(error))


def _stream_of(answer: httpcore.Response) -> _Stream:
    stream = answer.stream
    if not isinstance(stream, _Stream):
        raise httpx.StreamError("an answer that cannot be read asynchronously")
    return stream
