"""Taking a body in: bounded after decompression, checked for its length.

A bound that only looks at what came over the wire would let one megabyte inflate to a
gigabyte, so inflating stops at the bound as well, in the middle of a chunk.
"""

from __future__ import annotations

import zlib

from trustaudit.errors import AnswerTooLargeError, BadAnswerError
from trustaudit.hub.exchange import MIB

MAX_RATIO = 200
"""Hub JSON compresses 4 to 30 times; deflate reaches 1032. Only counted above one MiB of output."""

_LENGTH_DIGITS = 18
_AUTO_HEADER = zlib.MAX_WBITS | 32


class TruncatedError(BadAnswerError):
    """The body ended early or is damaged: worth another try."""


class Intake:
    """Collects one body. ``may_cut``: stop at the limit instead of refusing the answer."""

    def __init__(self, encoding: str, limit: int, *, may_cut: bool) -> None:
        self.received = 0
        self.cut = False
        self._limit, self._may_cut = limit, may_cut
        self._parts: list[bytes] = []
        self._length = 0
        self._inflate = _decompressor(encoding)

    def refuses(self, expected: str) -> bool:
        """Whether the announced length alone is too much: then not one byte is taken."""
        length = _length(expected)
        if self._inflate is not None or length is None or length <= self._limit:
            return False
        self._over()
        return True

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; True when no more is wanted."""
        self.received += len(chunk)
        room = self._limit - self._length
        data = chunk if self._inflate is None else self._inflated(chunk, room + 1)
        self._parts.append(data[:room])
        self._length += min(len(data), room)
        if len(data) > room:
            self._over()
        self._check_ratio()
        return self.cut

    def body(self, expected: str) -> bytes:
        """The whole body. ``expected`` is the ``Content-Length`` header, empty when absent."""
        if not self.cut:
            self._check_whole(expected)
        return b"".join(self._parts)

    def _inflated(self, chunk: bytes, room: int) -> bytes:
        if self._inflate is None:
            return chunk
        if self._inflate.eof and chunk:
            raise TruncatedError("the Hub's answer goes on after its compressed end")
        try:
            data = self._inflate.decompress(chunk, room)
        except zlib.error as error:
            raise TruncatedError("the Hub's answer cannot be decompressed") from error
        if self._inflate.unused_data:
            raise TruncatedError("the Hub's answer goes on after its compressed end")
        return data

    def _over(self) -> None:
        self.cut = True
        if not self._may_cut:
            raise AnswerTooLargeError(f"the Hub's answer is larger than {self._limit:,} bytes")

    def _check_ratio(self) -> None:
        if self._inflate is None or self._length <= MIB:
            return
        if self._length > MAX_RATIO * self.received:
            raise AnswerTooLargeError(
                f"the Hub's answer inflates more than {MAX_RATIO} times",
                cause="an answer made to exhaust memory",
            )

    def _check_whole(self, expected: str) -> None:
        if self._inflate is not None and self.received and not self._inflate.eof:
            raise TruncatedError("the Hub's compressed answer ends early")
        length = _length(expected)
        if length is not None and length != self.received:
            raise TruncatedError(f"the Hub announced {length:,} bytes and sent {self.received:,}")


def _length(header: str) -> int | None:
    """A ``Content-Length`` as a number; None when absent or absurd."""
    plausible = header.isascii() and header.isdigit() and len(header) <= _LENGTH_DIGITS
    return int(header) if plausible else None


def _decompressor(encoding: str) -> zlib._Decompress | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(_AUTO_HEADER)
    raise BadAnswerError("the Hub's answer has an encoding that was not asked for")
