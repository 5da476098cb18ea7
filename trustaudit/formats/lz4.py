"""LZ4 frames, decompressed in small steps: joblib writes them, and the standard library has no reader.

Follows the frame format 1.6 and the block format of LZ4. Checksums are passed over, as a
wrong one must not hide what a loader would have read before it noticed.
"""

from __future__ import annotations

MAGIC = b"\x04\x22\x4d\x18"
_HISTORY = 64 * 1024
_LARGEST_BLOCK = 4 * 1024 * 1024
_MIN_MATCH = 4
_LONG = 15
_HEADER = 7


class LZ4Error(ValueError):
    """The bytes are no LZ4 frame."""


class LZ4Decompressor:
    """One frame, with the face of bz2's and lzma's decompressors."""

    def __init__(self) -> None:
        self.eof = False
        self.unused_data = b""
        self._held = bytearray()
        self._out = bytearray()
        self._at = 0
        self._flags: int | None = None
        self._history = b""

    @property
    def needs_input(self) -> bool:
        """Whether more output needs more input."""
        return self._at >= len(self._out) and not self.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to ``max_length`` bytes of output. Raises LZ4Error."""
        self._held += data
        self._fill()
        part = bytes(self._out[self._at : self._at + max_length])
        self._at += len(part)
        self._fill()
        return part

    def _fill(self) -> None:
        """Decode until there is output, or no whole block is left."""
        while self.needs_input and self._advance():
            pass

    def _advance(self) -> bool:
        return self._read_header() if self._flags is None else self._read_block()

    def _read_header(self) -> bool:
        if len(self._held) < _HEADER:
            return False
        if not self._held.startswith(MAGIC):
            raise LZ4Error("no LZ4 frame")
        flags = self._held[4]
        if flags >> 6 != 1:
            raise LZ4Error("an unknown version of the LZ4 frame")
        length = _HEADER + (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0)
        if len(self._held) < length:
            return False
        del self._held[:length]
        self._flags = flags
        return True

    def _read_block(self) -> bool:
        flags = self._flags or 0
        if len(self._held) < 4:  # noqa: PLR2004 - the size of a block
            return False
        word = int.from_bytes(self._held[:4], "little")
        if word == 0:
            return self._finish(4 if flags & 0x04 else 0)
        size, raw = word & 0x7FFF_FFFF, bool(word >> 31)
        whole = 4 + size + (4 if flags & 0x10 else 0)
        if size > _LARGEST_BLOCK + _HISTORY:
            raise LZ4Error("a block larger than the format allows")
        if len(self._held) < whole:
            return False
        block = bytes(self._held[4 : 4 + size])
        del self._held[:whole]
        history = b"" if flags & 0x20 else self._history
        self._out, self._at = bytearray(block) if raw else _block(block, history), 0
        self._history = (self._history + self._out)[-_HISTORY:]
        return True

    def _finish(self, checksum: int) -> bool:
        if len(self._held) < 4 + checksum:
            return False
        self.unused_data = bytes(self._held[4 + checksum :])
        self._held.clear()
        self.eof = True
        return True


def _block(data: bytes, history: bytes) -> bytearray:
    """The content of one block; matches may reach back into ``history``."""
    out = bytearray(history)
    at, end = 0, len(data)
    most = len(history) + _LARGEST_BLOCK
    while at < end:
        token = data[at]
        count, at = _length(data, at + 1, token >> 4)
        out += data[at : at + count]
        at += count
        if at >= end:
            if at > end:
                raise LZ4Error("a block that ends inside its literals")
            break
        at = _copy(data, at, token & _LONG, out)
        if len(out) > most:
            raise LZ4Error("a block that unpacks to more than the format allows")
    del out[: len(history)]
    return out


def _copy(data: bytes, at: int, short: int, out: bytearray) -> int:
    """Append a match; returns the position behind it. Overlapping matches repeat."""
    distance = int.from_bytes(data[at : at + 2], "little")
    count, at = _length(data, at + 2, short)
    count += _MIN_MATCH
    start = len(out) - distance
    if not distance or start < 0 or count > _LARGEST_BLOCK:
        raise LZ4Error("a match that reaches outside")
    pattern = out[start : start + count]
    while len(pattern) < count:
        pattern += pattern[: count - len(pattern)]
    out += pattern
    return at


def _length(data: bytes, at: int, short: int) -> tuple[int, int]:
    """A length that goes on in further bytes when its four bits are all set."""
    if short < _LONG:
        return short, at
    total = short
    while at < len(data):
        byte = data[at]
        at += 1
        total += byte
        if byte != 0xFF:  # noqa: PLR2004 - 255 goes on
            return total, at
    raise LZ4Error("a length that does not end")
