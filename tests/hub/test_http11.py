"""A connection to a Hub that breaks off, goes on too long, speaks out of turn or does not speak HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from trustaudit.hub.connections import Connections
from trustaudit.hub.http11 import Wire

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def sends(*answers: bytes, pause: float = 0.0) -> Serve:
    """One connection with an answer to each request, then its end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            await asyncio.sleep(pause)
        writer.close()
        await writer.wait_closed()

    return serve


@asynccontextmanager
async def at(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that answers so, and that nothing is left of afterwards."""
    served: list[asyncio.Task[None] | None] = []

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await asyncio.sleep(0.01)
        tasks = [task for task in served if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


async def got(connections: Connections, url: str, *, read: float = 5.0, content: bytes | None = None) -> bytes:
    extensions = {"timeout": {"read": read, "connect": 5.0}}
    method = "POST" if content else "GET"
    request = httpx.Request(method, url, extensions=extensions, content=content)
    response = await connections.handle_async_request(request)
    try:
        return await response.aread()
    finally:
        await response.aclose()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", httpx.RemoteProtocolError),
    ],
    ids=["nothing", "not HTTP", "endless head", "broken off", "no chunk", "two lengths"],
)
async def test_a_bad_answer_has_a_name(answer: bytes, error: type[Exception]) -> None:
    async with at(sends(answer)) as url:
        with pytest.raises(error):
            await got(Connections(), url)


async def test_a_silent_server_is_given_up() -> None:
    async with at(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", pause=0.3)) as url:
        with pytest.raises(httpx.ReadTimeout):
            await got(Connections(), url, read=0.05)
        await asyncio.sleep(0.3)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nup to the end", b"up to the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000), bytes(3_000_000)),
    ],
    ids=["hints first", "no length", "chunks", "no body", "large"],
)
async def test_answers_of_every_kind(answer: bytes, body: bytes) -> None:
    async with at(sends(answer)) as url:
        assert await got(Connections(), url) == body


@pytest.mark.parametrize("unasked", [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"\0"])
async def test_what_nobody_asked_for_answers_no_later_request(unasked: bytes) -> None:
    async with at(sends(OK + unasked, OK)) as url:
        connections = Connections()
        assert [await got(connections, url) for _ in range(3)] == [b"ok"] * 3
        await connections.aclose()


async def test_nor_does_what_comes_while_the_connection_waits() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    async with at(serve) as url:
        connections = Connections()
        assert await got(connections, url) == b"ok"
        await asyncio.sleep(0.1)
        assert await got(connections, url) == b"ok"
        await connections.aclose()


async def test_a_question_with_a_body_is_sent_whole() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(300_000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + body[-1:])
        await reader.read()

    async with at(serve) as url:
        assert await got(Connections(), url, content=b"x" * 300_000) == b"x"


async def test_no_more_is_taken_in_than_is_looked_at() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16

    async with at(serve) as url:
        response = await Connections().handle_async_request(httpx.Request("GET", url))
        await asyncio.sleep(0.3)
        assert sent < 20 << 20
        await response.aclose()
        await asyncio.sleep(0.05)


async def test_a_server_without_tls_is_no_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with at(serve) as url:
        port = httpx.URL(url).port or 0
        with pytest.raises(httpx.ConnectError):
            await Wire.opened("127.0.0.1", port, ssl.create_default_context(), 5.0)


async def test_a_handshake_has_its_time() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read(-1)

    async with at(serve) as url:
        port = httpx.URL(url).port or 0
        with pytest.raises(httpx.ConnectTimeout):
            await Wire.opened("127.0.0.1", port, ssl.create_default_context(), 0.05)
        await asyncio.sleep(0.05)


async def test_other_protocols_are_none_of_ours() -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await Connections().handle_async_request(httpx.Request("GET", "ftp://127.0.0.1/"))
