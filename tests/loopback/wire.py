"""HTTP/1.1 over real sockets: keep-alive, HEAD, chunked, and the ways a connection can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .message import Answer, Port, Request

Respond = Callable[[Request], Answer]
_T = TypeVar("_T")

_HEAD_LIMIT = 256 * 1024
_BODILESS = (204, 304)
_ABORT_ON_CLOSE = struct.pack("ii", 1, 0)


class Sockets:
    """One thread with one event loop that listens on any number of ports."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-hub", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._thread.start()

    def listen(self, port: Port, respond: Respond, host: str) -> int:
        """Accept connections and give the port number that the system chose."""
        return self._call(self._listen(port, respond, host))

    def stop(self) -> None:
        """Close everything at once; answers still under way are dropped."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self, port: Port, respond: Respond, host: str) -> int:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
            await _converse(port, respond, reader, writer)

        server = await asyncio.start_server(connected, host, 0, limit=_HEAD_LIMIT, backlog=1024)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def _converse(port: Port, respond: Respond, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, one after the other, until either side has had enough."""
    try:
        while request := await _read_request(port, reader):
            if not await _send(writer, request, respond(request)):
                break
    except (ConnectionError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # gone, or not HTTP: there is nobody to answer
    except asyncio.CancelledError:
        pass  # the Hub is being stopped
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()


async def _read_request(port: Port, reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target = rest.rpartition(" ")[0]
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    parts = urlsplit(target if target.startswith("http") else f"//loopback{target}")
    body = await _read_body(reader, headers)
    return Request(port, method, target, headers, body, parts.path, parts.query)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _send(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    """Send one answer. Gives whether the connection may serve another request."""
    delivery = answer.delivery
    if delivery.delay:
        await asyncio.sleep(delivery.delay)
    if delivery.reset_after == -1:
        return _reset(writer)
    request.status = answer.status
    writer.write(_head(answer))
    if request.method != "HEAD" and answer.status not in _BODILESS:
        whole = await _send_body(writer, request, answer)
        if delivery.reset_after is not None:
            await writer.drain()
            return _reset(writer)
        if not whole or delivery.final_headers.get("Content-Length"):
            return False  # the announced length and the sent one differ: only closing tells the client
    await writer.drain()
    return request.headers.get("connection", "").lower() != "close"


def _head(answer: Answer) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


async def _send_body(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    delivery = answer.delivery
    limits = [limit for limit in (delivery.cut_after, delivery.reset_after) if limit is not None]
    end = min([answer.body.size, *limits])
    for offset in range(0, end, delivery.chunk):
        part = answer.body.read(offset, min(delivery.chunk, end - offset))
        request.bytes_sent += len(part)
        writer.write(b"%x\r\n%b\r\n" % (len(part), part) if answer.chunked else part)
        await writer.drain()
        if delivery.chunk_delay:
            await asyncio.sleep(delivery.chunk_delay)
    whole = end == answer.body.size
    if whole and answer.chunked:
        writer.write(b"0\r\n\r\n")
    return whole


def _reset(writer: asyncio.StreamWriter) -> bool:
    """Close so that the other side sees a reset instead of an orderly end."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT_ON_CLOSE)
    writer.transport.abort()
    return False
