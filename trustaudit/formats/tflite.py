"""TensorFlow Lite models: custom operators, and what is appended behind the FlatBuffer.

Field numbers after tensorflow/lite/schema/schema.fbs.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

from trustaudit.formats.flatbuffer import FlatBuffer, Table
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.magic import EXECUTABLES, OPAQUE, by_signature
from trustaudit.formats.marks import record_marks
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded

MAX_CODES = 2000
MAX_SUBGRAPHS = 2000
MAX_METADATA = 200
MAX_BUFFERS = 100_000

_CODES, _SUBGRAPHS, _DESCRIPTION, _BUFFERS, _METADATA = 1, 2, 3, 4, 6
_OLD_BUILTIN, _CUSTOM_CODE, _BUILTIN = 0, 1, 3
_TENSORS, _OPERATORS, _NAME = 0, 3, 4
_CUSTOM = 32
_TAIL = 65_536 + 22
_END_RECORD = b"PK\x05\x06"
_LAST = 8
_LOOKS = 200
_STARTS = re.compile(
    rb"\A\0*[^\0]|\x80[\x02-\x05]|\x7fELF|MZ|[\xfe\xce\xcf\xca][\xed\xfa\xfe][\xfa\xed\xba][\xce\xcf\xfe\xbe]"
    rb"|7z\xbc\xaf|Rar!|\x1f\x8b\x08|\xfd7zXZ|#!/"
)
_HIDDEN = frozenset({"pickle", "zip", "gzip", "xz", "bzip2", "npy", "tar"})


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
        self.end = 0

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
        yield from self._buffers(model)
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

    def _buffers(self, model: Table) -> Reading[None]:
        """Where the tensors end: builders write back to front, so the data of the last table is the last of all."""
        start, count = yield from self.buffer.vector(model, _BUFFERS)
        steps = yield from self.buffer.pages.take(start, 4 * min(count, MAX_BUFFERS))
        places = [start + at + int.from_bytes(steps[at : at + 4], "little") for at in range(0, len(steps) - 3, 4)]
        for place in sorted(set(places))[-_LAST:]:
            if place + 4 <= self.source.size:
                data, length = yield from self.buffer.vector((yield from self.buffer.table(place)), 0, 1)
                self.end = max(self.end, data + length)

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
        elif self.end:
            yield from self._behind()

    def _behind(self) -> Reading[None]:
        """Strings and tables may follow the tensors; programs, archives and pickles may not."""
        start = max(self.end, self.source.size - _TAIL)
        data = yield Read(start, self.source.size - start)
        for match in islice(_STARTS.finditer(data), _LOOKS):
            rest = data[match.start() :].lstrip(b"\0")
            kind = "pickle" if looks_like_pickle(rest, complete=True) else by_signature(rest)
            if kind in EXECUTABLES | OPAQUE | _HIDDEN:
                told, at = f"{kind} behind the last tensor", start + match.start()
                self.record.anomaly("tflite-trailing-data", told, at, head=rest[:8].hex(), format=kind)
                return
