from __future__ import annotations

import asyncio

import httpcore
import httpx
import pytest

from trustaudit.hub.connections import Connections, Proxied, translated
from trustaudit.hub.network import way_out


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (httpcore.ReadTimeout("x"), httpx.ReadTimeout),
        (httpcore.ConnectTimeout("x"), httpx.ConnectTimeout),
        (httpcore.ConnectError("x"), httpx.ConnectError),
        (httpcore.ReadError("x"), httpx.ReadError),
        (httpcore.RemoteProtocolError("x"), httpx.RemoteProtocolError),
        (httpcore.LocalProtocolError("x"), httpx.LocalProtocolError),
        (httpcore.UnsupportedProtocol("x"), httpx.UnsupportedProtocol),
        (httpcore.NetworkError("x"), httpx.NetworkError),
    ],
)
def test_exceptions_have_their_httpx_names(ours: Exception, theirs: type[Exception]) -> None:
    assert type(translated(ours)) is theirs


def test_httpx_finds_the_way_past_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(way_out(), Connections)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert isinstance(way_out(), Proxied)


class Counted:
    """A server that gives ``answers`` on each connection and then closes it."""

    def __init__(self, answers: int) -> None:
        self.answers, self.connections = answers, 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for _ in range(self.answers):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()


async def asked(counted: Counted, times: int) -> list[bytes]:
    server = await asyncio.start_server(counted, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connections, bodies = Connections(), []
    for _ in range(times):
        response = await connections.handle_async_request(httpx.Request("GET", f"http://127.0.0.1:{port}/"))
        bodies.append(await response.aread())
        await response.aclose()
        await asyncio.sleep(0.01)
    await connections.aclose()
    server.close()
    return bodies


async def test_a_connection_is_used_again() -> None:
    counted = Counted(5)
    assert await asked(counted, 5) == [b"ok"] * 5
    assert counted.connections == 1


async def test_a_connection_that_the_server_closed_is_not() -> None:
    counted = Counted(1)
    assert await asked(counted, 3) == [b"ok"] * 3
    assert counted.connections == 3


async def test_a_refused_connection_says_so() -> None:
    with pytest.raises(httpx.ConnectError):
        await Connections().handle_async_request(httpx.Request("GET", "http://127.0.0.1:1/"))
