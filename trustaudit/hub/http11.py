"""One HTTP/1.1 connection: a socket of asyncio's and h11's protocol, with nothing between the two.

httpcore's connection does the same over anyio, with three locks and a cancel scope for every read and
write: 0.5 ms of CPU time per answer of 2 kB, this one 0.25 (2026-11-22), and a batch asks eight times per
model. Raises httpx's exceptions.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import h11
import httpx

KEPT_SECONDS = 5.0
"""As httpx: idle connections are closed by Hubs after longer than that."""

_HELD = 128 * 1024
"""Bytes that wait to be looked at before the socket is read no further."""

_HEAD = 100 * 1024
"""Most bytes of a status line with its headers, as in httpcore."""

_SECOND_ADDRESS = 0.25
"""Seconds until the next address of a name is tried beside the first (RFC 8305)."""


RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it goes out: ``Host`` and ``Content-Length`` are among its headers."""

    method: str
    target: bytes
    headers: RawHeaders
    content: bytes = b""
    seconds: float | None = None
    """How long the server may be silent."""


class _Socket(asyncio.Protocol):
    """What came in and was not looked at so far."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_over = False
        self._error: Exception | None = None
        self._awaited: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a connection that cannot be read and written")
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > _HELD:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._error = exc
        self._wake()

    @property
    def is_silent(self) -> bool:
        """Open, and nothing came that nobody asked for."""
        return not (self._is_over or self._held)

    async def read(self, seconds: float | None) -> bytes:
        """What has come, or comes next; nothing at the end. Raises httpx.ReadTimeout and httpx.ReadError."""
        if self.is_silent:
            self._awaited = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._awaited
            except TimeoutError as error:
                raise httpx.ReadTimeout("no more came") from error
            finally:
                self._awaited = None
        if self._error is not None and not self._held:
            raise httpx.ReadError(str(self._error)) from self._error
        data = bytes(self._held)
        self._held.clear()
        if not self._is_over:
            self.transport.resume_reading()
        return data

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)


class Wire:
    """A connection to one host. One request at a time: ``ask``, ``body``, then ``finish``."""

    def __init__(self, socket: _Socket) -> None:
        self._socket = socket
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._expires = 0.0
        self._seconds: float | None = None

    @classmethod
    async def opened(cls, host: str, port: int, context: ssl.SSLContext | None, seconds: float | None) -> Self:
        """A new connection. Raises httpx.ConnectTimeout and httpx.ConnectError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                _, socket = await loop.create_connection(
                    _Socket, host, port, ssl=context, happy_eyeballs_delay=_SECOND_ADDRESS
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return cls(socket)

    @property
    def is_usable(self) -> bool:
        """Whether another request may go out here."""
        return time.monotonic() < self._expires and self._socket.is_silent

    async def ask(self, message: Message) -> h11.Response:
        """Send, and wait for status and headers."""
        self._seconds = message.seconds
        self._socket.transport.write(self._written(message))
        while not isinstance(event := await self._event(), h11.Response):
            pass  # "100 Continue" and its like; whoever sends them without end runs into the time of the request
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body, as it comes."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def finish(self) -> bool:
        """The answer is done with; whether the connection may be kept. Otherwise it is closed."""
        state = self._state
        clean = state.our_state is h11.DONE and state.their_state is h11.DONE and not state.trailing_data[0]
        if not clean:
            self.close()
            return False
        state.start_next_cycle()
        self._expires = time.monotonic() + KEPT_SECONDS
        return True

    def close(self) -> None:
        """Hang up at once: nothing that is still to come is wanted."""
        self._socket.transport.abort()

    def _written(self, message: Message) -> bytes:
        with _named():
            head = h11.Request(method=message.method, target=message.target, headers=_checked(tuple(message.headers)))
            events = [head, *([h11.Data(data=message.content)] if message.content else []), h11.EndOfMessage()]
            return b"".join(self._state.send(event) or b"" for event in events)

    async def _event(self) -> object:
        while True:
            with _named():
                event = self._state.next_event()
            if event is not h11.NEED_DATA:
                return event
            data = await self._socket.read(self._seconds)
            if not data and self._state.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("closed without an answer")
            self._state.receive_data(data)


@lru_cache(maxsize=64)
def _checked(headers: tuple[tuple[bytes, bytes], ...]) -> Any:  # noqa: ANN401 - h11 does not name its class of headers
    """Headers as h11 has checked them: a run sends the same few thousands of times."""
    return h11.Request(method=b"GET", target=b"/", headers=list(headers)).headers


@contextmanager
def _named() -> Iterator[None]:
    """h11's exceptions under httpx's names."""
    try:
        yield
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
