from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from trustaudit.hub import Hub
from trustaudit.settings import Settings

SHA = "a" * 40
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

Handler = Callable[[httpx.Request], httpx.Response]
MakeBench = Callable[..., "Bench"]


@dataclass
class Clock:
    """The present, moved by hand."""

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Bench:
    """Hubs in front of one handler; keeps what was asked and how long was slept."""

    handler: Handler
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    requests: list[httpx.Request] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    hubs: list[Hub] = field(default_factory=list)

    def hub(self, **settings: object) -> Hub:
        async def sleep(seconds: float) -> None:
            self.sleeps.append(seconds)

        transport = httpx.MockTransport(self._handle)
        hub = Hub(replace(self.settings, **settings), transport=transport, sleep=sleep, now=self.clock)
        self.hubs.append(hub)
        return hub

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.handler(request)

    @property
    def targets(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(handler: Handler | httpx.Response | list[httpx.Response], **settings: object) -> Bench:
        made.append(Bench(as_handler(handler), Settings(**settings)))
        return made[-1]

    yield make
    for one in made:
        for hub in one.hubs:
            await hub.aclose()


def as_handler(answers: Handler | httpx.Response | list[httpx.Response]) -> Handler:
    """A handler that gives the answers in order, the last one for ever."""
    if isinstance(answers, httpx.Response):
        answers = [answers]
    if callable(answers):
        return answers
    queue = list(answers)
    return lambda _request: fresh(queue.pop(0) if len(queue) > 1 else queue[0])


def fresh(response: httpx.Response) -> httpx.Response:
    """The same answer once more: a response object can be sent only once."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)


class Raw(httpx.AsyncByteStream):
    """A body exactly as given, chunk by chunk, for lengths and encodings that lie."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.taken = 0
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.taken += len(chunk)
            yield chunk

    async def aclose(self) -> None:
        self.closed = True


def raw(*chunks: bytes, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=Raw(*chunks))


def gzipped(value: object) -> httpx.Response:
    return raw(gzip.compress(json.dumps(value).encode()), content_encoding="gzip")


def info_body(**fields: object) -> dict[str, object]:
    return {"_id": "6ab2b9f6148b5cae56d6e842", "id": "org/name", "sha": SHA, "siblings": [], **fields}


def everything_in(folder: Path, pattern: str = "*") -> str:
    """The text of all files below a folder."""
    return "".join(path.read_text() for path in folder.rglob(pattern) if path.is_file())
