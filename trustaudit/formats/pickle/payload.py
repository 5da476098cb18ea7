"""Arguments too long to be kept: their beginning is looked at, the rest is passed over.

If the beginning is a pickle, the whole argument is read as one while it passes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Protocol

from trustaudit.formats.pickle.state import LongLine, LongPayload, Payload
from trustaudit.formats.pickle.values import HEAD_CHARS, MAX_TEXT, UNKNOWN, LongBytes, LongText


class Reader(Protocol):
    """Whoever reads a nested pickle: ``PickleStreams``."""

    @property
    def wanted(self) -> int:
        """Offset of the next byte it has a use for."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it has a use for any."""
        ...

    def feed(self, data: bytes, offset: int | None = None) -> None:
        """Hand over bytes; without ``offset`` those that follow the last."""
        ...

    def close(self) -> None:
        """There are no more."""
        ...


OpenReader = Callable[[bytes, int], Reader | None]
"""Given the beginning of an argument and its offset: who reads it as a pickle, or None when it is none."""


class PayloadReader:
    """A counted argument of known size; ``end`` is the offset behind it."""

    def __init__(self, payload: LongPayload, start: int, open_reader: OpenReader) -> None:
        self._kind = payload.kind
        self._start = start
        self.end = start + payload.size
        self._at = start
        self._head = b""
        self._open = open_reader
        self._reader: Reader | None = None
        self._latin1 = _Latin1() if payload.kind is Payload.TEXT else None

    @property
    def wanted(self) -> int:
        """Offset of the next byte there is a use for."""
        if self._reader is None or self._latin1 is not None:
            return self._at
        return min(max(self._reader.wanted, self._at), self.end)

    def feed(self, data: bytes, offset: int) -> int | None:
        """Bytes that start at ``offset``, not after ``wanted``. Where the argument ends, once the rest is of no use."""
        if self._reader is None:
            head = data[self._at - offset : self._start + MAX_TEXT - offset]
            self._head += head
            self._at += len(head)
            if len(self._head) < MAX_TEXT:
                return None
            self._reader = self._opened()
            if self._reader is None:
                return self.end
            self._pass_on(self._reader, self._head, self._start)
        return self._feed_reader(self._reader, data, offset)

    def close(self) -> None:
        """The input ends inside the argument."""
        if self._reader is not None:
            self._reader.close()

    def value(self) -> object:
        """What goes onto the stack."""
        nested, size = self._reader is not None, self.end - self._start
        match self._kind:
            case Payload.NUMBER:
                return UNKNOWN
            case Payload.BYTES:
                return LongBytes(self._head[:HEAD_CHARS], size, nested)
            case Payload.STRING:
                return LongText(self._head[:HEAD_CHARS].decode("latin-1"), size, nested)
            case Payload.TEXT:
                return LongText(self._head.decode("utf-8", "replace")[:HEAD_CHARS], size, nested)

    def _opened(self) -> Reader | None:
        if self._kind is Payload.NUMBER:
            return None
        head = self._head if self._latin1 is None else _Latin1().decode(self._head)
        return self._open(head, self._start)

    def _feed_reader(self, reader: Reader, data: bytes, offset: int) -> int | None:
        wanted = self.wanted
        part = data[max(0, wanted - offset) : max(0, self.end - offset)]
        if part:
            self._pass_on(reader, part, wanted)
        if self.wanted < self.end and not reader.ended:
            return None
        reader.close()
        return self.end

    def _pass_on(self, reader: Reader, part: bytes, offset: int) -> None:
        self._at = offset + len(part)
        if self._latin1 is None:
            reader.feed(part, offset)
        else:
            reader.feed(self._latin1.decode(part))


class _Latin1:
    """UTF-8 of text whose characters stand for bytes, as protocol 2 writes bytes objects."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def decode(self, part: bytes) -> bytes:
        """The bytes meant; ``?`` for what is no byte."""
        return self._decoder.decode(part).encode("latin-1", "replace")


class LineSkipper:
    """A text argument whose newline is further away than anything sensible."""

    def __init__(self, line: LongLine, opcode: str, start: int, at: int) -> None:
        self.opcode = opcode
        self.start = start
        self._lines = line.lines
        self._at = at

    @property
    def wanted(self) -> int:
        """Offset of the next byte there is a use for."""
        return self._at

    def feed(self, data: bytes, offset: int) -> int | None:
        """Bytes that start at ``offset``, not after ``wanted``. The offset after the last newline, once found."""
        position = self._at - offset
        while self._lines:
            newline = data.find(b"\n", position)
            if newline < 0:
                self._at = offset + len(data)
                return None
            position = newline + 1
            self._lines -= 1
        return offset + position

    def close(self) -> None:
        """The input ends inside the argument."""
