"""Run an inspector over bytes, over an opened local file, or over a remote file.

The only three places that fetch. All share one loop: clip at the end of the file, serve
what was already fetched from a small cache, count, and turn whatever goes wrong into facts.
No exception of an inspector leaves here, and none of them reads as clean.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, Protocol

from msgspec import Struct, field

from trustaudit.facts import Reason
from trustaudit.filefacts import FileFacts, Inspection
from trustaudit.formats.interface import Inspecting, Inspector, Limits, Meter, Read, ReadRefusedError, Source
from trustaudit.formats.nested import answered, contained
from trustaudit.formats.record import Reading

MAX_READ = 256 * 1024 * 1024
"""Longest single read; inspectors stream what is larger."""

MAX_FETCHES = 512
"""Requests for one file: an archive of a hundred checkpoints stays below, one of a million pictures ends here."""

CACHE_BYTES = 16 * 1024 * 1024
MIN_FETCH = 16 * 1024
"""Remote reads are rounded up to this: a request costs far more than the bytes."""


class RemoteReader(Protocol):
    """A remote file as bounded random access; ``read`` raises ReadRefusedError."""

    @property
    def bytes_read(self) -> int:
        """Bytes fetched so far."""
        ...

    @property
    def requests(self) -> int:
        """Requests sent so far, redirects included."""
        ...

    async def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes; fewer only at the end of the file."""
        ...


def inspect_bytes(inspector: Inspector, data: bytes, path: str, limits: Limits | None = None) -> FileFacts:
    """Inspect bytes at hand."""
    source = Source(path, len(data), limits or Limits(), near=True)
    return _run_here(inspector, source, lambda read: data[read.offset : read.offset + read.length])


def inspect_local(
    inspector: Inspector, file: BinaryIO, path: str, size: int, limits: Limits | None = None
) -> FileFacts:
    """Inspect an already opened, seekable file of ``size`` bytes. The caller closes it."""

    def fetch(read: Read) -> bytes:
        try:
            file.seek(read.offset)
            return file.read(read.length)
        except (OSError, ValueError) as error:
            raise ReadRefusedError(f"{path}: {error}", Reason.INTERNAL) from error

    return _run_here(inspector, Source(path, size, limits or Limits(), near=True), fetch)


async def inspect_remote(inspector: Inspector, source: Source, reader: RemoteReader) -> FileFacts:
    """Inspect over remote ranges. Costs are those of ``reader`` during this run."""
    bytes_before, requests_before = reader.bytes_read, reader.requests
    session = _session(inspector, replace(source, near=False, meter=Meter()), _Spans())
    inspection = await _run_there(session, reader)
    return _facts(inspection, source, reader.bytes_read - bytes_before, reader.requests - requests_before)


def _run_here(inspector: Inspector, source: Source, fetch: Callable[[Read], bytes]) -> FileFacts:
    session = _session(inspector, source, None)
    seen = _Seen()
    try:
        wanted = next(session)
        while True:
            try:
                answer = fetch(wanted)
            except ReadRefusedError as refusal:
                wanted = session.throw(refusal)
            else:
                seen.add(wanted.offset, wanted.offset + len(answer))
                wanted = session.send(answer)
    except StopIteration as done:
        return _facts(done.value, source, seen.total, 0)


async def _run_there(session: Inspecting, reader: RemoteReader) -> Inspection:
    fetches = 0
    try:
        wanted = next(session)
        while True:
            fetches += 1
            try:
                answer = await _fetched(reader, wanted, fetches)
            except ReadRefusedError as refusal:
                wanted = session.throw(refusal)
            else:
                wanted = session.send(answer)
    except StopIteration as done:
        inspection: Inspection = done.value
        return inspection


async def _fetched(reader: RemoteReader, wanted: Read, fetches: int) -> bytes:
    if fetches > MAX_FETCHES:
        raise ReadRefusedError(f"more than {MAX_FETCHES} requests for one file", Reason.BUDGET_SPENT)
    return await reader.read(wanted.offset, wanted.length)


def _facts(inspection: Inspection, source: Source, fetched: int, requests: int) -> FileFacts:
    known = {name: getattr(inspection, name) for name in Inspection.model_fields}
    return FileFacts(**known, path=source.path, size=source.size, bytes_read=fetched, requests=requests)


class _Spans(Struct):
    """Recently fetched spans, oldest dropped first; answers and trims what is wanted."""

    spans: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, offset: int, data: bytes) -> None:
        self.spans.append((offset, data))
        while len(self.spans) > 1 and sum(len(span) for _, span in self.spans) > CACHE_BYTES:
            del self.spans[0]

    def front(self, start: int, end: int) -> bytes:
        """The longest known run of bytes from ``start``, up to ``end``."""
        found = bytearray()
        while start < end and (part := self._at(start)):
            part = part[: end - start]
            found += part
            start += len(part)
        return bytes(found)

    def back(self, start: int, end: int) -> bytes:
        """The longest known run of bytes that ends at ``end``, from one span."""
        best = b""
        for offset, data in self.spans:
            if offset < end <= offset + len(data):
                part = data[max(0, start - offset) : end - offset]
                best = max(best, part, key=len)
        return best

    def _at(self, start: int) -> bytes:
        known = (data[start - offset :] for offset, data in self.spans if offset <= start < offset + len(data))
        return max(known, key=len, default=b"")


class _Seen(Struct):
    """Which bytes were looked at, each counted once: sorted, disjoint, touching ranges joined."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        if start >= end:
            return
        first = bisect_left(self.ends, start)
        last = bisect_right(self.starts, end)
        if first < last:
            start, end = min(start, self.starts[first]), max(end, self.ends[last - 1])
        self.starts[first:last], self.ends[first:last] = [start], [end]

    @property
    def total(self) -> int:
        return sum(self.ends) - sum(self.starts)


def _session(inspector: Inspector, source: Source, cache: _Spans | None) -> Inspecting:
    """The loop all drivers share: yields what must be fetched, returns the inspection."""

    def answer(wanted: Read) -> Reading[bytes]:
        return _answer(wanted, source.size, cache)

    def run() -> Inspecting:
        return (yield from answered(inspector(source), answer))

    return contained(run())


def _answer(wanted: Read, size: int, cache: _Spans | None) -> Reading[bytes]:
    start = min(max(wanted.offset, 0), size)
    end = min(start + max(wanted.length, 0), size)
    if end - start > MAX_READ:
        raise ReadRefusedError(f"a single read of {end - start:,} bytes", Reason.TOO_LARGE)
    if start == end:
        return b""
    if cache is None:
        return (yield from _fetch(start, end))
    return (yield from _through(cache, start, end, size))


def _through(cache: _Spans, start: int, end: int, size: int) -> Reading[bytes]:
    """Serve from the cache; fetch what is missing in the middle as one range."""
    front = cache.front(start, end)
    if len(front) == end - start:
        return front
    back = cache.back(start + len(front), end)
    first, last = start + len(front), end - len(back)
    middle = yield from _fetch(first, last if back else min(max(last, first + MIN_FETCH), size))
    cache.add(first, middle)
    return (front + middle + back)[: end - start] if back else (front + middle)[: end - start]


def _fetch(start: int, end: int) -> Reading[bytes]:
    data = yield Read(start, end - start)
    if len(data) < end - start:
        raise ReadRefusedError(f"{len(data):,} bytes where {end - start:,} were asked for", Reason.BAD_ANSWER)
    return data[: end - start]
