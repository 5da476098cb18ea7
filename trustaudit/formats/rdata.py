"""R serialization (``.rds``, ``.rda``): promises, bytecode and closures among the data.

Reading a file must not run code, but a promise is evaluated as soon as somebody looks at
its name (CVE-2024-27322). Layout after R's ``serialize.c``, XDR form, versions 2 and 3; the
files are compressed as a whole, so this sees what comes out of the decompressor.
"""

from __future__ import annotations

from collections import Counter

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, concluded

MAX_ITEMS = 2_000_000

_NAMES = {1: "symbol", 2: "pairlist", 3: "closure", 4: "environment", 5: "promise", 6: "call", 21: "bytecode"}
_NAMES |= {22: "external pointer", 19: "list", 20: "expression", 25: "S4 object", 238: "alternative"}
_SYMBOL, _CHARACTERS, _LIST, _PROMISE, _BYTECODE, _POINTER = 1, 9, 2, 5, 21, 22
_PAIRED = frozenset({2, 3, 5, 6, 17, 239, 240})
_VECTORS = {10: 4, 13: 4, 14: 8, 15: 16, 24: 1}
_ITEMS = frozenset({16, 19, 20})
_EMPTY = frozenset({0, 254, 253, 252, 251, 250, 242, 241})
_NAMED = frozenset({249, 248, 247})
_ENVIRONMENT, _WEAK, _S4, _REFERENCE, _ALTERNATIVE = 4, 23, 25, 255, 238
_BUILTINS = frozenset({7, 8})
_HAS_ATTRIBUTES, _HAS_TAG = 0x200, 0x400
_XDR = b"X\n"


def inspect_rdata(source: Source) -> Inspecting:
    """What kinds of R objects a file holds."""
    record = Record(source, "r-data")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    """``pending`` counts the items still to come; the format is a plain pre-order of its tree."""

    def __init__(self, source: Source, record: Record) -> None:
        self.record = record
        self.window = Window(source)
        self.at = 0
        self.kinds: Counter[int] = Counter()
        self.items = 0
        self.pending = 1

    def run(self) -> Reading[None]:
        try:
            yield from self._header()
            while self.pending:
                self.pending -= 1
                yield from self._item()
        finally:
            found = {name: str(self.kinds[kind]) for kind, name in _NAMES.items() if self.kinds[kind]}
            self.record.fact("r-content", f"{self.items} items", 0, **found)

    def _take(self, length: int) -> Reading[bytes]:
        data = yield from self.window.take(self.at, length)
        if len(data) < length:
            raise MalformedError("r-truncated", "the file ends inside an object", self.at)
        self.at += length
        return data

    def _int(self) -> Reading[int]:
        return int.from_bytes((yield from self._take(4)), "big", signed=True)

    def _skip(self, length: int) -> None:
        if not 0 <= length <= self.window.size - self.at:
            raise MalformedError("r-truncated", f"{length} bytes announced", self.at)
        self.at += length

    def _header(self) -> Reading[None]:
        head = yield from self.window.take(0, 7)
        if head[:3] in (b"RDX", b"RDA", b"RDB"):
            self.at = 5
        form = yield from self._take(2)
        if form != _XDR:
            raise MalformedError("r-form", f"not the XDR form but {form!r}", self.at - 2)
        version = yield from self._int()
        self._skip(8)
        if version == 3:  # noqa: PLR2004 - the version that names its encoding
            self._skip((yield from self._int()))
        elif version != 2:  # noqa: PLR2004 - the only other one in use
            raise MalformedError("r-form", f"version {version}", 2)

    def _item(self) -> Reading[None]:
        started = self.at
        flags = yield from self._int()
        kind = flags & 0xFF
        self.kinds[kind] += 1
        self.items += 1
        if self.items > MAX_ITEMS:
            raise LimitReachedError("items")
        self._note(kind, started)
        if flags & _HAS_ATTRIBUTES and kind not in (_CHARACTERS, *_PAIRED):
            self.pending += 1
        if kind in _PAIRED:
            self.pending += 2 + bool(flags & _HAS_ATTRIBUTES) + bool(flags & _HAS_TAG)
        elif kind not in _EMPTY:
            yield from self._body(kind, flags, started)

    def _body(self, kind: int, flags: int, started: int) -> Reading[None]:
        if kind == _CHARACTERS:
            self._skip(max(0, (yield from self._int())))
        elif kind in _VECTORS:
            self._skip((yield from self._length()) * _VECTORS[kind])
        elif kind in _ITEMS:
            self._expect((yield from self._length()))
        elif kind == _REFERENCE:
            self._skip(0 if flags >> 8 else 4)
        elif kind == _BYTECODE:
            raise MalformedError("r-bytecode", "compiled functions are not walked", started)
        else:
            yield from self._other(kind, started)

    def _other(self, kind: int, started: int) -> Reading[None]:
        if kind in (_SYMBOL, _S4):
            self._expect(1 if kind == _SYMBOL else 0)
        elif kind == _ENVIRONMENT:
            self._skip(4)
            self._expect(4)
        elif kind in (_POINTER, _ALTERNATIVE):
            self._expect(2 if kind == _POINTER else 3)
        elif kind in _BUILTINS:
            self._skip((yield from self._int()))
        elif kind in _NAMED:
            self._skip(4)
            self._expect((yield from self._int()))
        elif kind != _WEAK:
            raise MalformedError("r-malformed", f"item type {kind} is not known", started)

    def _length(self) -> Reading[int]:
        length = yield from self._int()
        if length == -1:
            high = yield from self._int()
            length = high << 32 | (yield from self._int()) & 0xFFFFFFFF
        return length

    def _expect(self, count: int) -> None:
        if not 0 <= count <= self.window.size - self.at:
            raise MalformedError("r-malformed", f"{count} items announced", self.at)
        self.pending += count

    def _note(self, kind: int, started: int) -> None:
        """A promise at hand of whoever reads; pointers never survive a file in honest ones."""
        if kind == _PROMISE:
            self.record.anomaly("r-promise", "a promise: evaluated when somebody looks at it", started)
        elif kind == _POINTER:
            self.record.anomaly("r-pointer", "an external pointer", started)
