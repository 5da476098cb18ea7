"""Reading fixed structures of an HDF5 file: superblock, signatures, little-endian numbers.

After the HDF5 File Format Specification, version 3.0. Addresses are relative to the base
address and as wide as the superblock says.
"""

from __future__ import annotations

from msgspec import Struct

from trustaudit.formats.interface import Source
from trustaudit.formats.readahead import Pages
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MALFORMED = "h5-malformed"

MAX_STRUCTURES = 1_000_000
"""Structures read from one file: 5 000 groups take 50 000. Bounds the time, whatever points to what."""

_FIRST_USER_BLOCK = 512
_SYMBOL_TABLE_VERSIONS = (0, 1)
_HEADER_VERSIONS = (2, 3)
_WIDTHS = (2, 4, 8)


class Parts:
    """Takes little-endian numbers and byte strings off the front of a structure already read."""

    def __init__(self, data: bytes, offset: int = 0) -> None:
        self.data = data
        self.at = 0
        self.offset = offset

    @property
    def left(self) -> int:
        """Bytes not taken yet."""
        return len(self.data) - self.at

    def take(self, length: int) -> bytes:
        """Exactly ``length`` bytes."""
        if length > self.left:
            raise MalformedError(MALFORMED, f"{length} bytes wanted, the structure has {self.left}", self.offset)
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, width: int) -> int:
        """An unsigned integer of ``width`` bytes."""
        return int.from_bytes(self.take(width), "little")

    def text(self) -> bytes:
        """Bytes up to the next NUL, which is taken too."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise MalformedError(MALFORMED, "a name without an end", self.offset)
        found = self.data[self.at : end]
        self.at = end + 1
        return found


class Superblock(Struct):
    """Where the root group is and how wide addresses and lengths are."""

    version: int
    start: int
    base: int
    root: int


class H5File:
    """Random access by address. Address ``undefined`` (all ones) stands for nothing."""

    def __init__(self, source: Source) -> None:
        self.pages = Pages(source)
        self.size = source.size
        self.offsets = 8
        self.lengths = 8
        self.base = 0
        self._structures = 0

    @property
    def undefined(self) -> int:
        """The address that means "not there"."""
        return (1 << (8 * self.offsets)) - 1

    def structure(self, address: int, length: int) -> Reading[Parts]:
        """``length`` bytes at ``address``."""
        self._structures += 1
        if self._structures > MAX_STRUCTURES:
            raise LimitReachedError("structures")
        data = yield from self.pages.exact(self.base + address, length, MALFORMED)
        return Parts(data, self.base + address)

    def signed(self, address: int, signature: bytes, length: int) -> Reading[Parts]:
        """As ``structure``, behind its four letters, which must be ``signature``."""
        parts = yield from self.structure(address, length)
        if parts.take(len(signature)) != signature:
            told = f"{signature.decode()} expected"
            raise MalformedError(MALFORMED, told, self.base + address)
        return parts

    def address(self, parts: Parts) -> int:
        """The next address of a structure."""
        return parts.number(self.offsets)

    def length(self, parts: Parts) -> int:
        """The next length of a structure."""
        return parts.number(self.lengths)

    def superblock(self) -> Reading[Superblock]:
        """Find and read the superblock: at 0, or behind a user block of 512, 1024, … bytes."""
        start = yield from self._find()
        self.base = start
        head = yield from self.structure(0, 16)
        head.take(len(SIGNATURE))
        version = head.number(1)
        if version in _SYMBOL_TABLE_VERSIONS:
            return (yield from self._with_symbol_table(start, version))
        if version in _HEADER_VERSIONS:
            return (yield from self._with_header(start, version))
        raise MalformedError(MALFORMED, f"superblock version {version}", start)

    def _find(self) -> Reading[int]:
        start = 0
        while start + len(SIGNATURE) <= self.size:
            if (yield from self.pages.take(start, len(SIGNATURE))) == SIGNATURE:
                return start
            start = start * 2 or _FIRST_USER_BLOCK
        raise MalformedError("h5-signature", "no HDF5 signature", 0)

    def _with_symbol_table(self, start: int, version: int) -> Reading[Superblock]:
        head = yield from self.structure(13, 2)
        self._widths(head, start)
        body = yield from self.structure(28 if version else 24, 6 * self.offsets)
        base = self.address(body)
        body.take(4 * self.offsets)
        root = self.address(body)
        return self._done(version, start, base, root)

    def _with_header(self, start: int, version: int) -> Reading[Superblock]:
        head = yield from self.structure(9, 3)
        self._widths(head, start)
        body = yield from self.structure(12, 4 * self.offsets)
        base = self.address(body)
        body.take(2 * self.offsets)
        root = self.address(body)
        return self._done(version, start, base, root)

    def _widths(self, head: Parts, start: int) -> None:
        self.offsets, self.lengths = head.number(1), head.number(1)
        if self.offsets not in _WIDTHS or self.lengths not in _WIDTHS:
            told = f"addresses of {self.offsets} and lengths of {self.lengths} bytes"
            raise MalformedError(MALFORMED, told, start)

    def _done(self, version: int, start: int, base: int, root: int) -> Superblock:
        """A base address that is not the superblock's own is ignored by the library, which uses where it found it."""
        self.base = start
        return Superblock(version, start, base, root)
