"""Decompression as a byte source: forward only, in bounded steps, counted on the file's meter.

Decompressors of the standard library with one face (``Codec``), and ``Inflated``, which
reads compressed ranges as they are needed and keeps the last few MiB of the output.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

from trustaudit.facts import Reason
from trustaudit.formats.interface import Read, ReadRefusedError, Source
from trustaudit.formats.lz4 import LZ4Decompressor
from trustaudit.formats.record import Reading

_MIB = 1024 * 1024
KEPT = 8 * _MIB
"""Output that can be read again. Enough for a header, a directory and most whole pickles."""

BOMB_BYTES = 16 * _MIB
"""A ratio is only remarked above this: small arrays of zeros compress a thousandfold in honest files."""

_STEP = 8 * 1024
_PIECE = 4 * 1024
"""Output and input of one step. Not larger than what loaders take at once: a decompressor that meets
damage hands out nothing of that step, and must not lose us what it would have given the loader."""

_LONGEST_HEADER = 256 * 1024
_FIRST_READ = 64 * 1024
_LARGEST_READ = 2 * _MIB
_LZMA_MEMORY = 256 * _MIB
"""xz -9 needs 65 MiB to decompress; a header may demand 4 GiB."""


class Codec(Protocol):
    """One compressed stream, fed piece by piece."""

    @property
    def eof(self) -> bool:
        """Whether the end marker was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether more output needs more input."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Input behind the end marker."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to ``max_length`` bytes of output."""
        ...


class _Deflate:
    """Raw deflate, with the header and trailer of zlib or gzip around it taken off here.

    The library's own unwrapping fails on a wrong checksum and then hands out nothing, whereas
    loaders have run the pickle by the time they notice. ``checksum_bytes`` are skipped.
    """

    def __init__(self, header: Callable[[bytes], int | None], checksum_bytes: int) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self._header: Callable[[bytes], int | None] | None = header
        self._head = b""
        self._checksum_bytes = checksum_bytes
        self._tail = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof and len(self._inner.unused_data + self._tail) >= self._checksum_bytes

    @property
    def unused_data(self) -> bytes:
        return (self._inner.unused_data + self._tail)[self._checksum_bytes :]

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._has_ended():
            self._tail += data  # the checksum
            return b""
        if self._header is not None:
            data = self._behind_header(data)
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = self._has_ended() or (not self._inner.unconsumed_tail and len(out) < max_length)
        return out

    def _has_ended(self) -> bool:
        return self._inner.eof

    def _behind_header(self, data: bytes) -> bytes:
        self._head += data
        length = self._header(self._head) if self._header else 0
        if length is None:
            if len(self._head) > _LONGEST_HEADER:
                raise zlib.error("the header does not end")
            return b""
        self._header = None
        return self._head[length:]


class _ZipLzma:
    """Method 14 of zip: version and length of the properties, the properties, then LZMA without a header of its own."""

    def __init__(self) -> None:
        self._inner: lzma.LZMADecompressor | None = None
        self._head = b""

    @property
    def eof(self) -> bool:
        return self._inner is not None and self._inner.eof

    @property
    def needs_input(self) -> bool:
        return self._inner is None or self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data if self._inner is not None else b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < _ZIP_LZMA_HEAD:
                return b""
            self._inner, data = _raw_lzma(self._head[4:_ZIP_LZMA_HEAD]), self._head[_ZIP_LZMA_HEAD:]
        return self._inner.decompress(data, max_length)


_ZIP_LZMA_HEAD = 9


def _raw_lzma(properties: bytes) -> lzma.LZMADecompressor:
    """One byte of (pb * 5 + lp) * 9 + lc, four of the dictionary's size. Raises LZMAError for what is none."""
    rest, literal_context = divmod(properties[0], 9)
    position, literal_position = divmod(rest, 5)
    size = int.from_bytes(properties[1:5], "little")
    if size > _LZMA_MEMORY:
        raise lzma.LZMAError("the dictionary is too large")
    options = {"lc": literal_context, "lp": literal_position, "pb": position, "dict_size": max(size, 4096)}
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, **options}])


def _no_header(_head: bytes) -> int | None:
    return 0


def _zlib_header(head: bytes) -> int | None:
    return 2 if len(head) >= 2 else None  # noqa: PLR2004 - CMF and FLG


def _gzip_header(head: bytes) -> int | None:
    """Length of the gzip header (RFC 1952), None when ``head`` does not hold all of it."""
    if len(head) < 10:  # noqa: PLR2004 - the fixed part
        return None
    flags, at = head[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(head[10:12], "little")
    for text in (8, 16):
        if flags & text:
            end = head.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    at += 2 if flags & 2 else 0
    return at if at <= len(head) else None


_CODECS: dict[str, Callable[[], Codec]] = {
    "deflate": lambda: _Deflate(_no_header, 0),
    "zlib": lambda: _Deflate(_zlib_header, 4),
    "gzip": lambda: _Deflate(_gzip_header, 8),
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY),
    "lz4": LZ4Decompressor,
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_LZMA_MEMORY),
    "zip-lzma": _ZipLzma,
}
_FOLLOWING = {
    "gzip": b"\x1f\x8b",
    "zlib": b"\x78",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ",
    "lzma": b"]\0\0",
    "lz4": b"\x04\x22\x4d\x18",
}
"""How a further stream of the same file starts; readers of these formats (joblib's of zlib) join them."""

READABLE = frozenset(_CODECS)
_BROKEN = (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError, MemoryError)


class Inflated:
    """The decompressed bytes of the range ``[offset, end)`` of a file.

    ``ended`` tells a stream that came to its end marker from one that is cut or broken
    (``damage`` says how). ``rest`` is where the bytes behind the end marker start.
    """

    def __init__(self, codec: str, source: Source, offset: int, end: int) -> None:
        self._name = codec
        self._codec = _CODECS[codec]()
        self._source = source
        self._next, self._end = offset, end
        self._read_size = _FIRST_READ
        self._pending = b""
        self._at = 0
        self._kept = bytearray()
        self._base = 0
        self.start = offset
        self.ended = False
        self.damage = ""
        self.trailing = 0

    @property
    def position(self) -> int:
        """Bytes of output so far."""
        return self._base + len(self._kept)

    @property
    def consumed(self) -> int:
        """Bytes of input so far."""
        return self._next - self.start - self._left

    @property
    def done(self) -> bool:
        """Whether no more output will come."""
        return self.ended or bool(self.damage)

    @property
    def swells(self) -> bool:
        """Whether this unpacks to a large multiple of its size: seen to the end, or already on the way."""
        large = self.position > BOMB_BYTES or (self.position >= KEPT and not self.done)
        return large and self.position > self._source.limits.inflate_ratio * max(1, self.consumed)

    def reach(self, position: int) -> Reading[None]:
        """Decompress until that much output exists, or none is left.

        Raises ReadRefusedError when input is refused or the limit of inflated bytes is reached.
        """
        while self.position < position and not self.done:
            yield from self._step()

    def take(self, offset: int, length: int) -> Reading[bytes]:
        """Bytes of the output, fewer at its end. Going back further than ``KEPT`` is refused."""
        yield from self.reach(offset + length)
        if offset < self._base:
            raise ReadRefusedError("a compressed stream cannot be read backwards that far", Reason.UNSUPPORTED_FORMAT)
        return bytes(self._kept[offset - self._base : offset - self._base + length])

    @property
    def _left(self) -> int:
        return len(self._pending) - self._at

    def all_output(self) -> bytes | None:
        """All of the output, None when the end was not reached or part of it is no longer kept."""
        return bytes(self._kept) if self.ended and self._base == 0 else None

    def _step(self) -> Reading[None]:
        if self._source.meter.inflated >= self._source.limits.inflated_bytes:
            raise ReadRefusedError("limit reached: inflated_bytes", Reason.BUDGET_SPENT)
        data = b""
        if self._codec.needs_input:
            if not self._left and not (yield from self._fetch()):
                self.damage = "the compressed stream ends before its end marker"
                return
            data = self._pending[self._at : self._at + _PIECE]
            self._at += len(data)
        try:
            out = self._codec.decompress(data, _STEP)
        except _BROKEN as error:
            self.damage = f"the compressed stream is broken: {error}"
            return
        self._keep(out)
        if self._codec.eof:
            yield from self._finish()

    def _fetch(self) -> Reading[bool]:
        wanted = min(self._read_size, self._end - self._next)
        if wanted <= 0:
            return False
        fresh = yield Read(self._next, wanted)
        self._next += len(fresh)
        self._pending, self._at = self._pending[self._at :] + fresh, 0
        self._read_size = min(self._read_size * 2, _LARGEST_READ)
        return bool(fresh)

    def _keep(self, out: bytes) -> None:
        self._source.meter.inflated += len(out)
        self._kept += out
        if len(self._kept) > 2 * KEPT:
            drop = len(self._kept) - KEPT
            del self._kept[:drop]
            self._base += drop

    def _finish(self) -> Reading[None]:
        """Behind the end marker: another stream of the same kind goes on, anything else is trailing."""
        self._pending, self._at = self._codec.unused_data + self._pending[self._at :], 0
        follows = _FOLLOWING.get(self._name)
        if follows and len(self._pending) < len(follows):
            yield from self._fetch()
        behind = self._pending.lstrip(b"\0") if follows else b""
        if follows and behind.startswith(follows):
            self._pending = behind
            self._codec = _CODECS[self._name]()
            return
        padding = bool(follows) and not behind and self._next >= self._end
        self.trailing = 0 if padding else len(self._pending) + self._end - self._next
        self.ended = True
