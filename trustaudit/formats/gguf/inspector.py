"""The walk through a GGUF file: header, metadata with its chat templates, tensor table."""

from __future__ import annotations

import re

from trustaudit.formats.gguf.tensors import MAX_TENSORS, check_layout, read_tensors, summarize
from trustaudit.formats.gguf.values import ARRAY, BOOL, STRING, Cursor, Value
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded, text_of
from trustaudit.formats.templates.inspector import record_template

MAX_KEYS = 65_536
"""Real files have about 30 to 100."""

_VERSIONS = (1, 2, 3)
_SMALLEST_PAIR = 4 + 1 + 4 + 1
_SMALLEST_TENSOR = 4 + 1 + 4 + 4 + 8
_MAX_KEY = 65_535
_SHOWN_KEYS = 1024
_VALUE_CHARS = 200
_TEMPLATE_CHARS = 1 << 20
_DEFAULT_ALIGNMENT = 32
_U32 = 4
_PRINTABLE = re.compile(rb"[\x21-\x7e]+\Z")
_PATH_LIKE = re.compile(rb"\.\.|[/\\]")


def inspect_gguf(source: Source) -> Inspecting:
    """Metadata, every chat template and the tensor table; stops where tensor data starts."""
    record = Record(source, "gguf")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    def __init__(self, source: Source, record: Record) -> None:
        self.record = record
        self.cursor = Cursor(source)
        self.shown: dict[str, str] = {}
        self.alignment = _DEFAULT_ALIGNMENT

    def run(self) -> Reading[None]:
        tensors, pairs = yield from self._header()
        try:
            yield from self._metadata(pairs)
        except LimitReachedError:
            told = "more metadata than any model has: what stands behind it was not read"
            self.record.anomaly("gguf-oversized-metadata", told, self.cursor.at)
            raise
        finally:
            self.record.fact("gguf-metadata", f"{pairs} metadata keys", **self.shown)
        table = yield from read_tensors(self.cursor, self.record, tensors)
        summarize(self.record, table)
        data_start = -(-self.cursor.at // self.alignment) * self.alignment
        yield from check_layout(self.record, table, data_start, self.alignment)

    def _header(self) -> Reading[tuple[int, int]]:
        cursor = self.cursor
        magic = yield from cursor.take(4)
        if magic != b"GGUF":
            raise MalformedError("gguf-magic", f"starts with {magic!r}", 0)
        version = yield from self._version()
        tensors = yield from cursor.length()
        pairs = yield from cursor.length()
        fits = pairs * _SMALLEST_PAIR + tensors * _SMALLEST_TENSOR <= cursor.remaining
        if pairs > MAX_KEYS or tensors > MAX_TENSORS or not fits:
            raise MalformedError("gguf-count", f"{pairs} keys and {tensors} tensors announced", 8)
        told = f"GGUF version {version}, {cursor.order} endian"
        self.record.fact("gguf-header", told, 4, version=str(version), endian=cursor.order)
        return tensors, pairs

    def _version(self) -> Reading[int]:
        raw = yield from self.cursor.take(4)
        version = int.from_bytes(raw, "little")
        if version & 0xFFFF == 0:
            self.cursor.order = "big"
            version = int.from_bytes(raw, "big")
        if version not in _VERSIONS:
            raise MalformedError("gguf-version", f"version {version} does not exist", 4)
        self.cursor.wide = version > 1
        return version

    def _metadata(self, pairs: int) -> Reading[None]:
        keys: set[bytes] = set()
        for _ in range(pairs):
            at = self.cursor.at
            key = yield from self.cursor.string()
            if key in keys:
                self.record.anomaly("gguf-duplicate-key", f"the key {_shown(key)!r} stands twice", at, key=_shown(key))
            keys.add(key)
            self._check_key(key, at)
            type_id = yield from self.cursor.integer("I")
            value = yield from self.cursor.value(type_id, keep=b"template" in key)
            self._note(key, value, at)
        if self.cursor.nested:
            self.record.anomaly("gguf-nested-array", "metadata holds arrays of arrays, which llama.cpp refuses")

    def _check_key(self, key: bytes, at: int) -> None:
        if not _PRINTABLE.match(key) or len(key) > _MAX_KEY:
            self.record.anomaly("gguf-key-characters", f"no name for a key: {_shown(key)!r}", at, key=_shown(key))
        if _PATH_LIKE.search(key):
            self.record.anomaly("gguf-key-path", f"the key {_shown(key)!r} looks like a path", at, key=_shown(key))

    def _note(self, key: bytes, value: Value, at: int) -> None:
        name = _shown(key)
        if len(self.shown) < _SHOWN_KEYS:
            self.shown[name] = _preview(value)
        else:
            self.record.limit("metadata-keys")
        if b"chat_template" in key:
            self._templates(name, value, at)
        elif isinstance(value.scalar, bytes):
            record_marks(self.record, name, text_of(value.scalar), at)
        if isinstance(value.scalar, bytes) and b"\0" in value.scalar:
            self.record.anomaly("gguf-nul", f"the value of {name!r} holds NUL", at, key=name)
        if value.type == BOOL and value.scalar not in (0, 1):
            self.record.anomaly("gguf-bool", f"the value of {name!r} is neither true nor false", at, key=name)
        if key == b"general.alignment":
            self._align(value, at)

    def _templates(self, name: str, value: Value, at: int) -> None:
        """A scalar under a template key is a template; in an array only what has template syntax (others are names)."""
        whole = [value.scalar] if isinstance(value.scalar, bytes) else []
        parts = [item for item in value.items if isinstance(item, bytes) and (b"{%" in item or b"{{" in item)]
        for index, text in enumerate(map(text_of, whole + parts)):
            if len(text) > _TEMPLATE_CHARS:
                self.record.limit("template-chars")
            told = f"a chat template of {len(text)} characters under {name!r}"
            self.record.fact("gguf-template", told, at, key=name, template=text[:_TEMPLATE_CHARS])
            record_template(self.record, text[:_TEMPLATE_CHARS], f"{name}[{index}]" if parts else name)

    def _align(self, value: Value, at: int) -> None:
        size = value.scalar if isinstance(value.scalar, int) else 0
        if value.type != _U32 or size <= 0 or size % 8 or size & (size - 1):
            self.record.anomaly("gguf-alignment", f"general.alignment is {_preview(value)}", at)
            return
        self.alignment = size


def _shown(key: bytes) -> str:
    return clip(text_of(key), 200)


def _preview(value: Value) -> str:
    if isinstance(value.scalar, bytes):
        return clip(text_of(value.scalar), _VALUE_CHARS)
    if value.type != ARRAY:
        return {0: "false", 1: "true"}.get(int(value.scalar or 0), "?") if value.type == BOOL else str(value.scalar)
    if value.count > len(value.items) or value.element not in (STRING, *range(STRING)):
        return value.label
    items = (text_of(item) if isinstance(item, bytes) else str(item) for item in value.items)
    return clip(f"[{', '.join(items)}]", _VALUE_CHARS)
