"""Lua Torch serialization (``.t7``): functions are Lua bytecode, loaded and run by whoever calls the object.

Layout after torch7's ``File.lua``: a type number in front of every object; numbers are
little-endian, sizes of storages 64 bits wide. Only the binary form is walked.
"""

from __future__ import annotations

import re
from collections import Counter

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded, text_of

MAX_OBJECTS = 1_000_000
MAX_DEPTH = 10_000

_NIL, _NUMBER, _STRING, _TABLE, _TORCH, _BOOLEAN = range(6)
_FUNCTIONS = (6, 7, 8)
_LONGEST_NAME = 1024
_LONGEST_TEXT = 1 << 30
_ELEMENT = {"Double": 8, "Float": 4, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1, "Half": 2}
_CLASS = re.compile(r"torch\.(?:Cuda)?(\w*?)(Tensor|Storage)\Z")
_MAX_DIMENSIONS = 64


def inspect_torch7(source: Source) -> Inspecting:
    """Functions and classes of a serialized Lua object; storages are seeked over."""
    record = Record(source, "torch7")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    def __init__(self, source: Source, record: Record) -> None:
        self.source = source
        self.record = record
        self.window = Window(source)
        self.at = 0
        self.seen: set[int] = set()
        self.classes: Counter[str] = Counter()
        self.functions = 0
        self.pending = 1

    def run(self) -> Reading[None]:
        """``pending`` counts the objects still to come: a table of n pairs adds 2 n."""
        objects = 0
        try:
            while self.pending:
                self.pending -= 1
                objects += 1
                if objects > MAX_OBJECTS:
                    raise LimitReachedError("objects")
                yield from self._object()
        finally:
            names = ",".join(f"{clip(name, 60)}:{count}" for name, count in self.classes.most_common(100))
            told = f"{objects} objects, {self.functions} functions"
            self.record.fact("torch7-content", told, 0, functions=str(self.functions), classes=names)

    def _take(self, length: int) -> Reading[bytes]:
        data = yield from self.window.take(self.at, length)
        if len(data) < length:
            raise MalformedError("torch7-truncated", "the file ends inside an object", self.at)
        self.at += length
        return data

    def _int(self, width: int = 4) -> Reading[int]:
        return int.from_bytes((yield from self._take(width)), "little", signed=True)

    def _skip(self, length: int) -> None:
        if not 0 <= length <= self.window.size - self.at:
            raise MalformedError("torch7-truncated", f"{length} bytes announced", self.at)
        self.at += length

    def _object(self) -> Reading[None]:
        started = self.at
        kind = yield from self._int()
        if kind == _NUMBER:
            self._skip(8)
        elif kind == _BOOLEAN:
            self._skip(4)
        elif kind == _STRING:
            self._skip((yield from self._int()))
        elif kind == _TABLE:
            yield from self._table()
        elif kind == _TORCH:
            yield from self._torch()
        elif kind in _FUNCTIONS:
            yield from self._function(started)
        elif kind != _NIL:
            raise MalformedError("torch7-malformed", f"object type {kind} does not exist", started)

    def _known(self) -> Reading[bool]:
        """Objects are numbered; a number seen before is a reference without a body."""
        index = yield from self._int()
        known = index in self.seen
        self.seen.add(index)
        return known

    def _table(self) -> Reading[None]:
        if not (yield from self._known()):
            yield from self._pairs()

    def _pairs(self) -> Reading[None]:
        count = yield from self._int()
        if not 0 <= count <= self.window.size - self.at:
            raise MalformedError("torch7-malformed", f"a table of {count} pairs", self.at)
        self.pending += 2 * count

    def _text(self) -> Reading[str]:
        length = yield from self._int()
        if not 0 <= length <= _LONGEST_NAME:
            raise MalformedError("torch7-malformed", f"a name of {length} bytes", self.at)
        return text_of((yield from self._take(length)))

    def _torch(self) -> Reading[None]:
        if (yield from self._known()):
            return
        name = yield from self._text()
        if name.startswith("V "):
            name = yield from self._text()
        self.classes[name] += 1
        match = _CLASS.match(name)
        if match is None:
            self.pending += 1
        elif match[2] == "Storage":
            self._skip((yield from self._int(8)) * _ELEMENT.get(match[1] or "Float", 4))
        else:
            yield from self._tensor()

    def _tensor(self) -> Reading[None]:
        dimensions = yield from self._int()
        if not 0 <= dimensions <= _MAX_DIMENSIONS:
            raise MalformedError("torch7-malformed", f"a tensor of {dimensions} dimensions", self.at)
        self._skip(16 * dimensions + 8)
        self.pending += 1

    def _function(self, started: int) -> Reading[None]:
        """Bytecode, then a table of captured values."""
        if (yield from self._known()):
            return
        length = yield from self._int()
        self.functions += 1
        told = f"a Lua function of {length} bytes of bytecode"
        self.record.anomaly("torch7-function", told, started, bytes=str(length))
        self._skip(length)
        self.pending += 1
