"""Two ways to turn many small reads into few large ones.

``Window`` is for formats that are read front to back with long jumps over tensor bytes;
``Pages`` is for formats whose structure is scattered over the file. Both hand out exactly
the bytes asked for, fewer only at the end of the file. The size of a decompressed stream is
an upper bound at first; a short read corrects it.
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.formats.interface import Read, ReadRefusedError, Source
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

MAX_READS = 4096
"""Reads of one file. A checkpoint with one tensor per read and 2 000 tensors stays below."""

_NEAR_FACTOR = 16
"""So many times more where reads cost nothing."""

_GAP = 1 << 16


def _reads_of(source: Source) -> int:
    return MAX_READS * _NEAR_FACTOR if source.near else MAX_READS


class Window:
    """One sliding stretch of the file: grows while reading on, shrinks after a jump.

    ``first`` is the size of the first read, ``jump`` of the first one after a jump over
    tensor bytes; each read that continues the stretch doubles, up to ``most``. A short
    gap is half a jump: there a request costs more than the bytes. Reading more than ``budget``
    bytes in all raises LimitReachedError.
    """

    def __init__(
        self, source: Source, *, first: int = 1 << 16, jump: int = 1 << 14, most: int = 1 << 20, budget: int = 1 << 62
    ) -> None:
        self.size = source.size
        self.start = 0
        self.data = b""
        self._budget = budget
        self._reads_left = _reads_of(source)
        self._jump = jump
        self._most = most
        self._next = first

    @property
    def end(self) -> int:
        """The file offset behind the last byte at hand."""
        return self.start + len(self.data)

    def holds(self, offset: int, length: int) -> bool:
        """Whether these bytes, as far as the file has them, are at hand."""
        return self.start <= offset and min(offset + length, self.size) <= self.end

    def need(self, offset: int, length: int) -> Reading[int]:
        """Bring the bytes into ``data``; returns the position of ``offset`` in it."""
        if not self.holds(offset, length):
            yield from self._fetch(offset, length)
        return offset - self.start

    def take(self, offset: int, length: int) -> Reading[bytes]:
        """The bytes themselves, fewer at the end of the file."""
        at = yield from self.need(offset, length)
        return self.data[at : at + length]

    def expect(self, end: int) -> None:
        """Bytes up to ``end`` will be needed too: the next read may as well bring them, within ``most``."""
        self._next = max(self._next, min(end - self.end, self._most))

    def _fetch(self, offset: int, length: int) -> Reading[None]:
        kept = self.data[offset - self.start :] if self.start <= offset <= self.end else b""
        if not self.start <= offset <= self.end:
            near = self.start <= offset <= self.end + _GAP
            self._next = min(self._next, self._jump * 4 if near else self._jump)
        begin = offset + len(kept)
        wanted = min(max(length - len(kept), self._next), self.size - begin)
        self._next = min(self._next * 2, self._most)
        fresh = yield from self._read(begin, wanted, min(length - len(kept), wanted))
        self.start, self.data = offset, kept + fresh

    def _read(self, begin: int, wanted: int, needed: int) -> Reading[bytes]:
        """Read ahead; where that is refused (a budget nearly spent), what is needed, and little more from then on."""
        if wanted <= 0:
            return b""
        self._spend(wanted)
        try:
            fresh = yield Read(begin, wanted)
        except ReadRefusedError:
            if needed >= wanted:
                raise
            self._next = self._most = min(self._most, _GAP)
            fresh, wanted = (yield Read(begin, needed)), needed
        if len(fresh) < wanted:
            self.size = begin + len(fresh)
        return fresh

    def _spend(self, wanted: int) -> None:
        self._reads_left -= 1
        self._budget -= wanted
        if self._reads_left < 0:
            raise LimitReachedError("reads")
        if self._budget < 0:
            raise LimitReachedError("structure-bytes")


class Pages:
    """Every page read so far, by number. For structures linked by addresses."""

    def __init__(self, source: Source, *, page: int = 1 << 14) -> None:
        self.size = source.size
        self._page = page
        self._pages: dict[int, bytes] = {}
        self._reads_left = _reads_of(source)

    def take(self, offset: int, length: int) -> Reading[bytes]:
        """``length`` bytes from ``offset``, fewer at the end of the file."""
        if offset >= self.size or length <= 0:
            return b""
        first = offset // self._page
        last = (min(offset + length, self.size) - 1) // self._page
        for begin, count in _gaps(first, last, self._pages):
            yield from self._fetch(begin, count)
        joined = b"".join(self._pages[number] for number in range(first, last + 1))
        start = offset - first * self._page
        return joined[start : start + length]

    def exact(self, offset: int, length: int, kind: str) -> Reading[bytes]:
        """As ``take``; raises MalformedError of that kind where the file ends too early."""
        data = yield from self.take(offset, length)
        if len(data) < length:
            raise MalformedError(kind, f"the file ends before {length} bytes at {offset}", offset)
        return data

    def _fetch(self, first: int, count: int) -> Reading[None]:
        if self._reads_left <= 0:
            raise LimitReachedError("reads")
        self._reads_left -= 1
        begin = first * self._page
        data = yield Read(begin, min(count * self._page, self.size - begin))
        if len(data) < min(count * self._page, self.size - begin):
            self.size = begin + len(data)
        for index in range(count):
            self._pages[first + index] = data[index * self._page : (index + 1) * self._page]


def _gaps(first: int, last: int, known: dict[int, bytes]) -> Iterator[tuple[int, int]]:
    """Runs of unknown page numbers as (first, count)."""
    begin = None
    for number in range(first, last + 2):
        missing = number <= last and number not in known
        if missing and begin is None:
            begin = number
        elif not missing and begin is not None:
            yield begin, number - begin
            begin = None
