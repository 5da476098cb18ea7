"""Reading FlatBuffers by address: tables, texts and vectors, each offset checked against the file.

Layout after the FlatBuffers internals document: a table starts with the distance to its
vtable, which lists where in the table each field is.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from trustaudit.formats.interface import Source
from trustaudit.formats.readahead import Pages
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, text_of

MAX_TABLES = 200_000
"""Tables of one file, whatever vectors share them."""

_MAX_VTABLE = 4096


class Table(Struct, frozen=True):
    """Where each field of a table is in the file; 0 for a field that is not there."""

    fields: tuple[int, ...]

    def at(self, number: int) -> int:
        """File offset of a field, 0 when absent."""
        return self.fields[number] if number < len(self.fields) else 0


class FlatBuffer:
    """One file. ``kind`` is the observation kind of whatever points outside it."""

    def __init__(self, source: Source, kind: str) -> None:
        self.pages = Pages(source)
        self.size = source.size
        self._kind = kind
        self._tables = 0

    def number(self, offset: int, width: int = 4) -> Reading[int]:
        """An unsigned little-endian number."""
        return int.from_bytes((yield from self.pages.exact(offset, width, self._kind)), "little")

    def follow(self, offset: int) -> Reading[int]:
        """The place that the unsigned 32-bit offset stored at ``offset`` points to."""
        target = offset + (yield from self.number(offset))
        if target + 4 > self.size:
            raise MalformedError(self._kind, f"an offset points to {target}, behind the end", offset)
        return target

    def table(self, offset: int) -> Reading[Table]:
        """The table at ``offset``."""
        self._tables += 1
        if self._tables > MAX_TABLES:
            raise LimitReachedError("tables")
        distance = int.from_bytes((yield from self.pages.exact(offset, 4, self._kind)), "little", signed=True)
        start = offset - distance
        length = (yield from self.number(start, 2)) if start >= 0 else 0
        if not 4 <= length <= _MAX_VTABLE:  # noqa: PLR2004 - two sizes come first
            raise MalformedError(self._kind, "a table without a vtable", offset)
        vtable = yield from self.pages.exact(start, length, self._kind)
        places = (int.from_bytes(vtable[index : index + 2], "little") for index in range(4, length - 1, 2))
        return Table(tuple(offset + place if place else 0 for place in places))

    def root(self) -> Reading[Table]:
        """The root table."""
        return (yield from self.table((yield from self.follow(0))))

    def child(self, table: Table, number: int) -> Reading[Table | None]:
        """A table that is a field of another."""
        if not table.at(number):
            return None
        return (yield from self.table((yield from self.follow(table.at(number)))))

    def text(self, table: Table, number: int, longest: int = 1024) -> Reading[str]:
        """A text field, up to ``longest`` bytes; empty when absent."""
        if not table.at(number):
            return ""
        start = yield from self.follow(table.at(number))
        length = yield from self.number(start)
        if start + 4 + length > self.size:
            raise MalformedError(self._kind, f"a text of {length} bytes reaches beyond the file", start)
        return text_of((yield from self.pages.take(start + 4, min(length, longest))))

    def vector(self, table: Table, number: int, width: int = 4) -> Reading[tuple[int, int]]:
        """Offset of the first element and count of a vector field; (0, 0) when absent."""
        if not table.at(number):
            return 0, 0
        start = yield from self.follow(table.at(number))
        count = yield from self.number(start)
        if start + 4 + count * width > self.size:
            raise MalformedError(self._kind, f"a vector of {count} elements reaches beyond the file", start)
        return start + 4, count

    def each(self, table: Table, number: int, most: int, visit: Callable[[Table], Reading[None]]) -> Reading[int]:
        """Call ``visit`` with up to ``most`` tables of a vector; returns how many the vector has."""
        start, count = yield from self.vector(table, number)
        for index in range(min(count, most)):
            yield from visit((yield from self.table((yield from self.follow(start + 4 * index)))))
        return count
