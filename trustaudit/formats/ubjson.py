"""Universal binary JSON as XGBoost writes it (``.ubj``): texts are read, arrays of numbers are jumped over."""

from __future__ import annotations

import re

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded, text_of

MAX_VALUES = 1_000_000
MAX_DEPTH = 200

_WIDTHS = {"Z": 0, "T": 0, "F": 0, "N": 0, "i": 1, "U": 1, "C": 1, "I": 2, "l": 4, "d": 4, "L": 8, "D": 8}
_INTEGERS = frozenset("iUIlL")
_LONGEST_KEY = 4096
_SHOWN_TEXT = 1 << 16
_ATTRIBUTES = ("learner", "attributes")
_OBJECTIVE = ("learner", "objective", "name")
_HEAD = re.compile(rb"\{L\0{7}[\x01-\x40][A-Za-z_]{1,64}[{\[SLliIU]")


def is_ubjson(head: bytes) -> bool:
    """Whether a file starts as an object whose first key has XGBoost's 64-bit length."""
    return _HEAD.match(head) is not None


def inspect_ubjson(source: Source) -> Inspecting:
    """Objective and attributes of a model; every length against the file."""
    record = Record(source, "xgboost-ubj")
    return concluded(record, _Walk(source, record).run())


class _Level:
    """An open object or array. ``left`` is None where an end marker closes it."""

    def __init__(self, key: str, left: int | None, kind: str, *, is_object: bool) -> None:
        self.key = key
        self.left = left
        self.kind = kind
        self.is_object = is_object


class _Walk:
    def __init__(self, source: Source, record: Record) -> None:
        self.source = source
        self.record = record
        self.window = Window(source)
        self.at = 0
        self.levels: list[_Level] = []
        self.values = 0
        self.objective = ""

    def run(self) -> Reading[None]:
        try:
            yield from self._value("", (yield from self._marker()))
            while self.levels:
                self.values += 1
                if self.values > MAX_VALUES:
                    raise LimitReachedError("values")
                yield from self._next(self.levels[-1])
        finally:
            told = f"objective {clip(self.objective, 60)!r}"
            self.record.fact("xgboost-model", told, 0, objective=clip(self.objective, 200))
        if self.at < self.source.size and not self.source.forward:
            self.record.anomaly(
                "xgboost-trailing-data", f"{self.source.size - self.at} bytes behind the model", self.at
            )

    def _take(self, length: int) -> Reading[bytes]:
        data = yield from self.window.take(self.at, length)
        if len(data) < length:
            raise MalformedError("xgboost-truncated", "the file ends inside a value", self.at)
        self.at += length
        return data

    def _skip(self, length: int) -> None:
        if not 0 <= length <= self.window.size - self.at:
            told = f"{length} bytes announced, {self.window.size - self.at} left"
            raise MalformedError("xgboost-length", told, self.at)
        self.at += length

    def _marker(self) -> Reading[str]:
        return chr((yield from self._take(1))[0])

    def _integer(self) -> Reading[int]:
        kind = yield from self._marker()
        if kind not in _INTEGERS:
            raise MalformedError("xgboost-malformed", f"a length of type {kind!r}", self.at)
        return int.from_bytes((yield from self._take(_WIDTHS[kind])), "big", signed=kind != "U")

    def _next(self, level: _Level) -> Reading[None]:
        if level.left == 0:
            self.levels.pop()
            return
        if level.left is not None:
            level.left -= 1
        closing = "}" if level.is_object else "]"
        if level.left is None and (yield from self.window.take(self.at, 1)) == closing.encode():
            self.at += 1
            self.levels.pop()
            return
        key = (yield from self._key()) if level.is_object else ""
        yield from self._value(key, level.kind or (yield from self._marker()))

    def _key(self) -> Reading[str]:
        length = yield from self._integer()
        if not 0 <= length <= _LONGEST_KEY:
            raise MalformedError("xgboost-length", f"a key of {length} bytes", self.at)
        return text_of((yield from self._take(length)))

    def _value(self, key: str, kind: str) -> Reading[None]:
        if kind in ("{", "["):
            yield from self._open(key, is_object=kind == "{")
        elif kind in ("S", "H"):
            yield from self._text(key)
        elif kind in _WIDTHS:
            self._skip(_WIDTHS[kind])
        else:
            raise MalformedError("xgboost-malformed", f"value type {kind!r} does not exist", self.at - 1)

    def _open(self, key: str, *, is_object: bool) -> Reading[None]:
        kind, left = "", None
        if (yield from self.window.take(self.at, 1)) == b"$":
            self.at += 1
            kind = yield from self._marker()
        if (yield from self.window.take(self.at, 1)) == b"#":
            self.at += 1
            left = yield from self._integer()
            if not 0 <= left <= self.window.size - self.at and kind not in _WIDTHS:
                raise MalformedError("xgboost-length", f"{left} values announced", self.at)
        if kind in _WIDTHS and left is not None and not is_object:
            self._skip(_WIDTHS[kind] * left)
            return
        if len(self.levels) >= MAX_DEPTH:
            raise LimitReachedError("nesting")
        self.levels.append(_Level(key, left, kind, is_object=is_object))

    def _text(self, key: str) -> Reading[None]:
        length = yield from self._integer()
        start = self.at
        self._skip(length)
        path = (*(level.key for level in self.levels if level.key), key)
        if path == _OBJECTIVE or path[:2] == _ATTRIBUTES:
            value = text_of((yield from self.window.take(start, min(length, _SHOWN_TEXT))))
            record_marks(self.record, f"attribute {clip(key, 60)}", value, start)
            self.objective = value if path == _OBJECTIVE else self.objective
