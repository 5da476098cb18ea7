"""A walker over the protobuf wire format that seeks past what nobody asked for.

A schema names the messages to descend into and the fields to keep; everything else, tensor
bytes above all, is skipped by its length without being read. Messages are reduced bottom-up:
``reduce`` gets a finished message's fields and what it returns becomes a value of the
parent's field. Nesting lives on a list, so depth costs no recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from msgspec import Struct, field

from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

MAX_FIELDS = 2_000_000
"""Fields of one file: 200 000 nodes of ten fields are 2 million and take two seconds."""

MAX_DEPTH = 100
"""Where Google's own parsers stop."""

MAX_TEXT = 1 << 20
MAX_REPEATED = 200_000

_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_LONGEST_PREFIX = 20
_MORE = 0x80
_FEW = 64


class Keep(Enum):
    """What to keep of a field that is no message. Repeated numbers arrive as ints or packed as bytes.

    FEW is text of which the first 64 values are enough.
    """

    TEXT = "text"
    FEW = "few"
    NUMBER = "number"


Rules = Mapping[int, str | Keep]
Schema = Mapping[str, Rules]
Fields = dict[int, list[object]]
Reduce = Callable[[str, Fields, int], object]
"""Called with (message name, its kept fields, its file offset); None keeps nothing in the parent."""

Filter = Callable[[str, bytes], bool]
"""Whether a small message (name, bytes) is worth descending into."""


class _Frame(Struct):
    message: str
    rules: Rules
    offset: int
    end: int
    parent_field: int
    fields: Fields = field(default_factory=dict)
    group: bool = False


class Walker:
    """One pass over a message. ``prefix`` names the kind of what is malformed (``onnx-malformed``)."""

    def __init__(
        self, window: Window, schema: Schema, reduce: Reduce, prefix: str, wanted: Filter | None = None
    ) -> None:
        self.window = window
        self.too_deep = False
        self.cut = False
        self._schema = schema
        self._reduce = reduce
        self._wanted = wanted
        self._kind = f"{prefix}-malformed"
        self._stack: list[_Frame] = []
        self._at = 0

    def run(self, message: str, start: int, end: int) -> Reading[object]:
        """Walk the message that fills ``start`` to ``end``; returns what it was reduced to."""
        self._at = start
        self._stack = [_Frame(message, self._schema[message], start, end, 0)]
        result: object = None
        budget = MAX_FIELDS
        while self._stack:
            frame = self._stack[-1]
            if self._at >= frame.end or (len(self._stack) == 1 and self._at >= self.window.size):
                result = self._finish()
                continue
            budget -= 1
            if budget < 0:
                raise LimitReachedError("fields")
            window = self.window
            if self._at < window.start or (self._at + _LONGEST_PREFIX > window.end < window.size):
                yield from window.need(self._at, min(_LONGEST_PREFIX, frame.end - self._at))
                if len(self._stack) == 1 and self._at >= window.size:
                    continue
            yield from self._field(frame)
        return result

    def _finish(self) -> object:
        frame = self._stack.pop()
        if frame.group:
            raise MalformedError(self._kind, "a group without an end", frame.offset)
        value = self._reduce(frame.message, frame.fields, frame.offset)
        if self._stack and value is not None:
            self._keep(self._stack[-1], frame.parent_field, value)
        return value

    def _field(self, frame: _Frame) -> Reading[None]:
        tag = self._varint(frame.end)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise MalformedError(self._kind, "field number 0", self._at)
        if wire == _BYTES:
            yield from self._bytes(frame, number)
        elif wire == _VARINT:
            value = self._varint(frame.end)
            if frame.rules.get(number) is Keep.NUMBER:
                self._keep(frame, number, value)
        elif wire in (_FIXED64, _FIXED32):
            self._skip(frame, 8 if wire == _FIXED64 else 4)
        else:
            self._group(frame, number, wire)

    def _bytes(self, frame: _Frame, number: int) -> Reading[None]:
        length = self._varint(frame.end)
        rule = frame.rules.get(number)
        start = self._at
        self._skip(frame, length)
        if isinstance(rule, Keep):
            self.cut = self.cut or length > MAX_TEXT
            self._keep(frame, number, (yield from self.window.take(start, min(length, MAX_TEXT))))
        elif isinstance(rule, str) and self._worth(rule, start, length):
            if len(self._stack) >= MAX_DEPTH:
                self.too_deep = True
                return
            self._at = start
            self._stack.append(_Frame(rule, self._schema[rule], start, start + length, number))

    def _worth(self, message: str, start: int, length: int) -> bool:
        """Ask the filter about messages that are already at hand; descend into all others."""
        window = self.window
        if self._wanted is None or start < window.start or start + length > window.end:
            return True
        begin = start - window.start
        return self._wanted(message, window.data[begin : begin + length])

    def _group(self, frame: _Frame, number: int, wire: int) -> None:
        """Groups are long deprecated; parsers still skip them, so must we."""
        if wire == _GROUP and len(self._stack) < MAX_DEPTH:
            self._stack.append(_Frame("", {}, self._at, frame.end, number, group=True))
        elif wire == _GROUP_END and frame.group and frame.parent_field == number:
            self._stack.pop()
        else:
            raise MalformedError(self._kind, f"wire type {wire} out of place", self._at)

    def _skip(self, frame: _Frame, length: int) -> None:
        if length > frame.end - self._at:
            told = f"a field of {length} bytes, {frame.end - self._at} left in its message"
            raise MalformedError(self._kind, told, self._at)
        self._at += length

    def _varint(self, end: int) -> int:
        """A varint of at most ten bytes; the window holds them (``run`` saw to that)."""
        data, index = self.window.data, self._at - self.window.start
        stop = min(len(data), index + 10, end - self.window.start)
        value = shift = 0
        while index < stop:
            byte = data[index]
            index += 1
            value |= (byte & 0x7F) << shift
            if byte < _MORE:
                self._at = self.window.start + index
                return value
            shift += 7
        raise MalformedError(self._kind, "a number without an end", self._at)

    def _keep(self, frame: _Frame, number: int, value: object) -> None:
        kept = frame.fields.setdefault(number, [])
        if len(kept) >= _FEW and frame.rules.get(number) is Keep.FEW:
            return
        if len(kept) >= MAX_REPEATED:
            raise LimitReachedError("repeated-values")
        kept.append(value)


def text(fields: Fields, number: int) -> str:
    """The last value of a text field, as parsers take it; empty when absent."""
    value = fields.get(number, [b""])[-1]
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else ""


def number_of(fields: Fields, number: int, default: int = 0) -> int:
    """The last value of a number field."""
    value = fields.get(number, [default])[-1]
    return value if isinstance(value, int) else default


def signed(value: int) -> int:
    """An int64 varint as the signed number it stands for."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def packed(values: list[object]) -> list[int]:
    """Repeated numbers written packed (bytes), one by one (ints), or both."""
    numbers: list[int] = []
    for value in values:
        if isinstance(value, int):
            numbers.append(value)
        elif isinstance(value, bytes):
            numbers += _unpacked(value)
    return numbers


def _unpacked(data: bytes) -> list[int]:
    numbers = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << min(shift, 70)
        shift += 7
        if byte < _MORE:
            numbers.append(value)
            value = shift = 0
    return numbers
