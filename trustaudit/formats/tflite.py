"""TensorFlow Lite models: custom operators, and what is appended behind the FlatBuffer.

Field numbers after tensorflow/lite/schema/schema.fbs.
"""

from __future__ import annotations

from collections import Counter

from trustaudit.formats.flatbuffer import FlatBuffer, Table
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded

MAX_CODES = 2000
MAX_SUBGRAPHS = 2000
MAX_METADATA = 200

_CODES, _SUBGRAPHS, _DESCRIPTION, _BUFFERS, _METADATA = 1, 2, 3, 4, 6
_OLD_BUILTIN, _CUSTOM_CODE, _BUILTIN = 0, 1, 3
_TENSORS, _OPERATORS, _NAME = 0, 3, 4
_CUSTOM = 32
_TAIL = 65_536 + 22
_END_RECORD = b"PK\x05\x06"


def inspect_tflite(source: Source) -> Inspecting:
    """Operator codes, description, metadata names; an archive behind the model."""
    record = Record(source, "tflite")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    def __init__(self, source: Source, record: Record) -> None:
        self.source = source
        self.record = record
        self.buffer = FlatBuffer(source, "tflite-malformed")
        self.custom: Counter[str] = Counter()
        self.builtins: list[int] = []
        self.names: list[str] = []
        self.operators = 0

    def run(self) -> Reading[None]:
        magic = yield from self.buffer.pages.take(0, 8)
        if magic[4:] != b"TFL3":
            raise MalformedError("tflite-magic", f"no TFL3 at offset 4 but {magic[4:]!r}", 4)
        try:
            yield from self._model()
        finally:
            self._conclude()
        yield from self._tail()

    def _model(self) -> Reading[None]:
        model = yield from self.buffer.root()
        codes = yield from self.buffer.each(model, _CODES, MAX_CODES, self._code)
        if codes > MAX_CODES:
            self.record.limit("operator-codes")
        description = yield from self.buffer.text(model, _DESCRIPTION)
        record_marks(self.record, "description", description)
        yield from self.buffer.each(model, _SUBGRAPHS, MAX_SUBGRAPHS, self._subgraph)
        yield from self.buffer.vector(model, _BUFFERS)
        yield from self.buffer.each(model, _METADATA, MAX_METADATA, self._metadata)

    def _code(self, code: Table) -> Reading[None]:
        name = yield from self.buffer.text(code, _CUSTOM_CODE)
        old = (yield from self.buffer.number(code.at(_OLD_BUILTIN), 1)) if code.at(_OLD_BUILTIN) else 0
        new = (yield from self.buffer.number(code.at(_BUILTIN))) if code.at(_BUILTIN) else 0
        builtin = max(old, new)
        if name or builtin == _CUSTOM:
            self.custom[name] += 1
        else:
            self.builtins.append(builtin)

    def _subgraph(self, subgraph: Table) -> Reading[None]:
        yield from self.buffer.vector(subgraph, _TENSORS)
        _, count = yield from self.buffer.vector(subgraph, _OPERATORS)
        self.operators += count
        yield from self.buffer.text(subgraph, _NAME)

    def _metadata(self, entry: Table) -> Reading[None]:
        self.names.append(clip((yield from self.buffer.text(entry, 0)), 100))

    def _conclude(self) -> None:
        for name, count in self.custom.items():
            told = f"custom operator {clip(name, 100)!r}"
            self.record.fact("tflite-custom-operator", told, operator=clip(name, 200), count=str(count))
        data = {"operators": str(self.operators), "metadata": clip(",".join(self.names), 500)}
        data["builtins"] = ",".join(map(str, sorted(set(self.builtins))))
        self.record.fact("tflite-model", f"{self.operators} operators", **data)

    def _tail(self) -> Reading[None]:
        """TFLite Metadata appends a zip of labels; anything else behind the model is told too."""
        if self.source.forward:
            return
        start = max(0, self.source.size - _TAIL)
        tail = yield Read(start, self.source.size - start)
        if _END_RECORD in tail:
            self.record.fact("tflite-appended-archive", "a zip archive ends the file", start + tail.rfind(_END_RECORD))
