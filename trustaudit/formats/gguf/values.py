"""Reading GGUF values front to back, with every length checked against the file.

C++ loaders crashed on exactly these lengths (CVE-2024-21802, -21825, -21836, -23496, -23605,
CVE-2025-53630, CVE-2026-27940), so a length that does not fit is evidence, not noise.
"""

from __future__ import annotations

import struct
from typing import Literal

from msgspec import Struct

from trustaudit.formats.interface import Source
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import MalformedError, Reading
from trustaudit.formats.sniff import HEAD

MAX_HEADER = 32 * 1024 * 1024
"""Metadata of a 260 000 token vocabulary with merges is 15 MB."""

MAX_STRING = 64 * 1024 * 1024

STRING = 8
ARRAY = 9
BOOL = 7
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", BOOL: "B", 10: "Q", 11: "q", 12: "d"}
_NAMES = ("u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64")
_SHOWN_ITEMS = 8
_BEHIND = 1 << 16
"""Read along behind a long array: more keys follow a vocabulary."""

_MAX_NESTING = 4


class Value(Struct, frozen=True):
    """One metadata value. ``items`` are the first few of an array, or all strings when kept whole."""

    type: int
    scalar: int | float | bytes | None = None
    element: int = 0
    count: int = 0
    items: tuple[int | float | bytes, ...] = ()

    @property
    def label(self) -> str:
        """The type for a person: ``u32``, ``string[32000]``."""
        return f"{_NAMES[self.element]}[{self.count}]" if self.type == ARRAY else _NAMES[self.type]


class Cursor:
    """A position in the header. ``order`` and ``wide`` (64-bit lengths) depend on the version."""

    def __init__(self, source: Source) -> None:
        self.window = Window(source, first=HEAD, jump=1 << 18, most=1 << 21, budget=MAX_HEADER)
        self.size = source.size
        self.at = 0
        self.order: Literal["little", "big"] = "little"
        self.wide = True
        self.nested = False

    @property
    def remaining(self) -> int:
        """Bytes of the file behind the position."""
        return self.size - self.at

    def take(self, length: int) -> Reading[bytes]:
        """Exactly ``length`` bytes."""
        if length > self.remaining:
            raise MalformedError("gguf-truncated", f"{length} bytes announced, {self.remaining} left", self.at)
        data = yield from self.window.take(self.at, length)
        if len(data) < length:
            raise MalformedError("gguf-truncated", "the file ends inside its header", self.at)
        self.at += length
        return data

    def numbers(self, code: str, count: int) -> Reading[tuple[int | float, ...]]:
        """``count`` numbers of the given struct code."""
        layout = f"{'<' if self.order == 'little' else '>'}{count}{code}"
        return struct.unpack(layout, (yield from self.take(struct.calcsize(layout))))

    def integer(self, code: str) -> Reading[int]:
        """One unsigned integer."""
        return int((yield from self.numbers(code, 1))[0])

    def length(self) -> Reading[int]:
        """A count or length: 32 bits in version 1, 64 bits since."""
        return (yield from self.integer("Q" if self.wide else "I"))

    def string(self) -> Reading[bytes]:
        """A string with its length in front."""
        started = self.at
        length = yield from self.length()
        if length > min(self.remaining, MAX_STRING):
            raise MalformedError("gguf-string-length", f"a string of {length} bytes, {self.remaining} left", started)
        return (yield from self.take(length))

    def value(self, type_id: int, *, keep: bool) -> Reading[Value]:
        """A value of that type; ``keep`` keeps all strings of an array."""
        if type_id == STRING:
            return Value(STRING, (yield from self.string()))
        if type_id == ARRAY:
            return (yield from self._array(keep=keep))
        if type_id not in _SCALARS:
            raise MalformedError("gguf-value-type", f"value type {type_id} does not exist", self.at)
        return Value(type_id, (yield from self.numbers(_SCALARS[type_id], 1))[0])

    def _array(self, *, keep: bool) -> Reading[Value]:
        element = yield from self.integer("I")
        count = yield from self.length()
        if element == ARRAY:
            yield from self._skip_nested(count)
            return Value(ARRAY, element=ARRAY, count=count)
        if element == STRING:
            kept = yield from self._strings(count, kept=count if keep else min(count, _SHOWN_ITEMS))
            return Value(ARRAY, element=STRING, count=count, items=tuple(kept))
        return (yield from self._numbers(element, count))

    def _numbers(self, element: int, count: int) -> Reading[Value]:
        if element not in _SCALARS:
            raise MalformedError("gguf-value-type", f"array of value type {element}, which does not exist", self.at)
        size = struct.calcsize("<" + _SCALARS[element])
        if count * size > self.remaining:
            raise MalformedError("gguf-array-length", f"an array of {count} numbers, {self.remaining} left", self.at)
        behind = self.at + count * size
        items = yield from self.numbers(_SCALARS[element], min(count, _SHOWN_ITEMS))
        self.at = behind
        return Value(ARRAY, element=element, count=count, items=items)

    def _strings(self, count: int, *, kept: int) -> Reading[list[bytes]]:
        if count * (8 if self.wide else 4) > self.remaining:
            raise MalformedError("gguf-array-length", f"an array of {count} strings, {self.remaining} left", self.at)
        items: list[bytes] = []
        begin = self.at
        while len(items) < kept:
            items.append((yield from self.string()))
        left = count - len(items)
        while left > 0:
            left = self._skip_strings_at_hand(left)
            if left > 0:
                self._expect_strings(left, (self.at - begin) // (count - left) if count > left else 0)
                yield from self.string()
                left -= 1
        return items

    def _expect_strings(self, left: int, average: int) -> None:
        """Fetch the rest of an array at once, going by the length of what came so far."""
        if average:
            self.window.expect(self.at + left * average + _BEHIND)

    def _skip_strings_at_hand(self, count: int) -> int:
        """Skip what lies in the window. A vocabulary has 300 000 strings: this loop is the cost of the format."""
        data, at = self.window.data, self.at - self.window.start
        width, order, end = (8 if self.wide else 4), self.order, len(self.window.data)
        if at > end:
            return count
        while count > 0:
            start = at + width
            after = start + int.from_bytes(data[at:start], order)
            if after > end or start > end:
                break
            at = after
            count -= 1
        self.at = at + self.window.start
        return count

    def _skip_nested(self, count: int) -> Reading[None]:
        """Arrays of arrays: legal on paper, refused by llama.cpp, kept here to find what follows."""
        self.nested = True
        pending = [count]
        while pending:
            if pending[-1] == 0:
                pending.pop()
                continue
            pending[-1] -= 1
            element = yield from self.integer("I")
            inner = yield from self.length()
            if element == ARRAY:
                pending.append(inner)
            elif element == STRING:
                yield from self._strings(inner, kept=0)
            else:
                yield from self._numbers(element, inner)
            if len(pending) > _MAX_NESTING:
                raise MalformedError("gguf-nested-array", "arrays nested too deeply", self.at)
