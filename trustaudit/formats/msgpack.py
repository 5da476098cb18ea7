"""msgpack as Flax writes it: nested maps of arrays, each array an extension object; array bytes are seeked over.

Flax (``flax/serialization.py``) knows extension types 1 (array), 2 (complex) and 3 (NumPy
scalar). An array is itself msgpack: shape, dtype name, bytes.
"""

from __future__ import annotations

import math
import re

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded, text_of

MAX_OBJECTS = 1_000_000
MAX_DEPTH = 100

_ARRAY, _COMPLEX, _SCALAR = 1, 2, 3
_HEAD = 512
_NIL, _NEVER, _FALSE = 0xC0, 0xC1, 0xC2
_EXECUTES = re.compile(r"__(?:reduce|reduce_ex|class|setstate|import|builtins|code|globals)__")
_DTYPE = re.compile(r"(?:[<>|=]?[a-zA-Z][a-z0-9_]{0,30})\Z")
_OBJECTS = re.compile(r"[<>|=]?[OV]\d{0,4}\Z|object|void")

_SIZES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4, 0xDC: 2, 0xDD: 4}
_SIZES |= {0xDE: 2, 0xDF: 4}
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_FIXED_EXTENSION = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


def inspect_msgpack(source: Source) -> Inspecting:
    """A Flax checkpoint, or any other msgpack file."""
    record = Record(source, "msgpack")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    """``pending`` counts the objects that each open container still wants."""

    def __init__(self, source: Source, record: Record) -> None:
        self.source = source
        self.record = record
        self.window = Window(source)
        self.at = 0
        self.pending = [1]
        self.keys: list[bool] = [False]
        self.objects = 0
        self.arrays = 0
        self.elements = 0

    def run(self) -> Reading[None]:
        try:
            yield from self._objects()
        finally:
            data = {"arrays": str(self.arrays), "parameters": str(self.elements), "objects": str(self.objects)}
            self.record.fact("msgpack-content", f"{self.arrays} arrays in {self.objects} objects", **data)
        rest = yield from self.window.take(self.at, 16)
        if rest:
            count = str(self.source.size - self.at) if not self.source.forward else ""
            told = "bytes behind the last object"
            self.record.anomaly("msgpack-trailing-data", told, self.at, bytes=count, head=rest.hex())

    def _objects(self) -> Reading[None]:
        while self.pending:
            if self.pending[-1] == 0:
                self.pending.pop()
                self.keys.pop()
                continue
            self.pending[-1] -= 1
            self.objects += 1
            if self.objects > MAX_OBJECTS:
                raise LimitReachedError("objects")
            yield from self._object()

    def _object(self) -> Reading[None]:
        is_key = self.keys[-1] and self.pending[-1] % 2 == 1
        started = self.at
        first = (yield from self._take(1))[0]
        if first in _SIZES:
            size = int.from_bytes((yield from self._take(_SIZES[first])), "big")
        else:
            size = first & (0x0F if first & 0xF0 in (0x80, 0x90) else 0x1F)
        if 0xA0 <= first <= 0xBF or 0xD9 <= first <= 0xDB:  # noqa: PLR2004 - str
            yield from self._text(size, started, is_key=is_key)
        elif 0x80 <= first <= 0x9F or 0xDC <= first <= 0xDF:  # noqa: PLR2004 - array and map
            self._open(size, is_map=first < 0x90 or first >= 0xDE)  # noqa: PLR2004 - as above
        elif 0xC4 <= first <= 0xC6:  # noqa: PLR2004 - bin
            yield from self._binary(size, started)
        elif first in _FIXED_EXTENSION or 0xC7 <= first <= 0xC9:  # noqa: PLR2004 - ext
            yield from self._extension(_FIXED_EXTENSION.get(first, size), started)
        elif first in _FIXED:
            self._skip(_FIXED[first])
        elif first == _NEVER:
            raise MalformedError("msgpack-malformed", "the byte 0xc1 is never used", started)

    def _take(self, length: int) -> Reading[bytes]:
        data = yield from self.window.take(self.at, length)
        if len(data) < length:
            raise MalformedError("msgpack-truncated", "the file ends inside an object", self.at)
        self.at += length
        return data

    def _skip(self, length: int) -> None:
        if length > self.window.size - self.at:
            raise MalformedError(
                "msgpack-truncated", f"{length} bytes announced, {self.window.size - self.at} left", self.at
            )
        self.at += length

    def _open(self, size: int, *, is_map: bool) -> None:
        if len(self.pending) >= MAX_DEPTH:
            self.record.anomaly("msgpack-depth", f"nested deeper than {MAX_DEPTH}", self.at)
            raise LimitReachedError("nesting")
        self.pending.append(size * 2 if is_map else size)
        self.keys.append(is_map)

    def _text(self, size: int, started: int, *, is_key: bool) -> Reading[None]:
        if size > _HEAD or not is_key:
            self._skip(size)
            return
        key = text_of((yield from self._take(size)))
        if _EXECUTES.search(key):
            self.record.anomaly("msgpack-key", f"the key {clip(key, 100)!r}", started, key=clip(key, 200))

    def _binary(self, size: int, started: int) -> Reading[None]:
        """Arrays live in extensions; bytes outside of them are worth a look at their start."""
        head = yield from self.window.take(self.at, min(size, _HEAD))
        if looks_like_pickle(head, complete=len(head) == size):
            self.record.anomaly("msgpack-pickle-bytes", "a byte string that is a pickle", started, bytes=str(size))
        self._skip(size)

    def _extension(self, size: int, started: int) -> Reading[None]:
        kind = int.from_bytes((yield from self._take(1)), "big", signed=True)
        head = yield from self.window.take(self.at, min(size, _HEAD))
        if kind in (_ARRAY, _SCALAR):
            self._array(head, started)
        elif kind != _COMPLEX:
            self.record.anomaly("msgpack-extension", f"extension type {kind}, unknown to Flax", started, type=str(kind))
        self._skip(size)

    def _array(self, head: bytes, started: int) -> None:
        shape, dtype = _array_head(head)
        self.arrays += 1
        self.elements += math.prod(shape)
        if _OBJECTS.match(dtype):
            self.record.anomaly("msgpack-object-dtype", f"an array of dtype {clip(dtype, 60)!r}", started, dtype=dtype)
        elif not _DTYPE.match(dtype):
            self.record.anomaly("msgpack-array", f"an array without a plain dtype: {clip(dtype, 60)!r}", started)


def _array_head(head: bytes) -> tuple[list[int], str]:
    """Shape and dtype name at the start of an array's msgpack; empty where they are not."""
    if len(head) < 2 or head[0] != 0x93 or not 0x90 <= head[1] <= 0x9F:  # noqa: PLR2004 - three items, a short list first
        return [], ""
    at, shape = 2, []
    for _ in range(head[1] & 0x0F):
        width = _FIXED.get(head[at], 0) if at < len(head) else 0
        shape.append(
            int.from_bytes(head[at + 1 : at + 1 + width], "big") if width else head[at] if at < len(head) else 0
        )
        at += 1 + width
    if at >= len(head):
        return [], ""
    if head[at] == 0xD9:  # noqa: PLR2004 - str8
        return shape, text_of(head[at + 2 : at + 2 + head[at + 1]]) if at + 1 < len(head) else ""
    is_text = 0xA0 <= head[at] <= 0xBF  # noqa: PLR2004 - short str
    return shape, text_of(head[at + 1 : at + 1 + (head[at] & 0x1F)]) if is_text else ""
