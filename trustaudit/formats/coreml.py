"""Core ML models: custom code by class name, links to other models, weight files by path.

Field numbers after the mlmodel format's own protobuf files (apple/coremltools). A custom
layer or model is a class that the app must bring; the file only names it.
"""

from __future__ import annotations

from collections import Counter

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.paths import escape_of
from trustaudit.formats.protobuf import Fields, Keep, Schema, Walker, number_of, text
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import Reading, Record, clip, concluded

_NETWORKS = (303, 403, 500)
_SHOWN = 200
_MODEL_PATH = "@model_path/"

SCHEMA: Schema = {
    "Model": {
        1: Keep.NUMBER,
        2: "Description",
        200: "PipelineOf",
        201: "PipelineOf",
        202: "Pipeline",
        **dict.fromkeys(_NETWORKS, "Network"),
        502: "Program",
        555: "CustomModel",
        556: "LinkedModel",
    },
    "Description": {100: "Metadata"},
    "Metadata": {1: Keep.TEXT, 2: Keep.TEXT, 3: Keep.TEXT, 4: Keep.TEXT, 100: "Entry"},
    "Entry": {1: Keep.TEXT, 2: Keep.TEXT},
    "PipelineOf": {1: "Pipeline"},
    "Pipeline": {1: "Model"},
    "Network": {1: "Layer"},
    "Layer": {1: Keep.TEXT, 500: "CustomLayer", 605: "Branch", 615: "Loop"},
    "Branch": {1: "Network", 2: "Network"},
    "Loop": {3: "Network", 4: "Network"},
    "CustomLayer": {10: Keep.TEXT, 40: Keep.TEXT},
    "CustomModel": {10: Keep.TEXT, 40: Keep.TEXT},
    "LinkedModel": {1: "LinkedFile"},
    "LinkedFile": {1: "Parameter", 2: "Parameter"},
    "Parameter": {1: Keep.TEXT},
    "Program": {2: "FunctionEntry", 3: Keep.TEXT},
    "FunctionEntry": {2: "Function"},
    "Function": {3: "BlockEntry"},
    "BlockEntry": {2: "Block"},
    "Block": {3: "Operation"},
    "Operation": {1: Keep.TEXT, 4: "Block", 5: "ValueEntry"},
    "ValueEntry": {2: "Value"},
    "Value": {5: "BlobFile"},
    "BlobFile": {1: Keep.TEXT},
}


def inspect_coreml(source: Source) -> Inspecting:
    """A ``.mlmodel`` file, also the one inside an ``.mlpackage``."""
    record = Record(source, "coreml")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    model = _Model(record)
    walker = Walker(Window(source), SCHEMA, model.reduce, "coreml")
    try:
        yield from walker.run("Model", 0, source.size)
    finally:
        model.conclude()
        if walker.too_deep:
            record.limit("message-depth")
        if walker.cut:
            record.limit("text-bytes")
    if not model.version:
        record.anomaly("coreml-empty", "holds no model")
        record.unseen("nothing of a model was found")


class _Model:
    """Collects bottom-up what the walker finishes."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.operations: Counter[str] = Counter()
        self.blobs: Counter[str] = Counter()
        self.layers = 0
        self.version = 0

    def reduce(self, message: str, fields: Fields, offset: int) -> object:
        """What the walker calls for each finished message."""
        if message == "Entry":
            return text(fields, 1), text(fields, 2)
        if message == "Parameter":
            return text(fields, 1)
        if message in ("CustomLayer", "CustomModel"):
            self._custom(message, fields, offset)
        elif message == "LinkedFile":
            self._linked(fields, offset)
        elif message == "Metadata":
            self._metadata(fields, offset)
        else:
            self._count(message, fields)
        return None

    def _count(self, message: str, fields: Fields) -> None:
        if message == "Operation":
            self.operations[clip(text(fields, 1), _SHOWN)] += 1
        elif message == "BlobFile":
            self.blobs[text(fields, 1)] += 1
        elif message == "Layer":
            self.layers += 1
        elif message == "Model":
            self.version = number_of(fields, 1)

    def _custom(self, message: str, fields: Fields, offset: int) -> None:
        name = clip(text(fields, 10), _SHOWN)
        kind = "coreml-custom-layer" if message == "CustomLayer" else "coreml-custom-model"
        self.record.fact(kind, f"needs the class {name!r} of the app", offset, name=name)
        record_marks(self.record, f"{message} {name}", text(fields, 40), offset)

    def _linked(self, fields: Fields, offset: int) -> None:
        name, path = (_parameter(fields, number) for number in (1, 2))
        told = f"links to the model {clip(name, 100)!r} in {clip(path, 100)!r}"
        data = {"file": clip(name, _SHOWN), "path": clip(path, _SHOWN)}
        self.record.fact("coreml-linked-model", told, offset, escape=escape_of(name) or escape_of(path), **data)

    def _metadata(self, fields: Fields, offset: int) -> None:
        pairs = [value for value in fields.get(100, []) if isinstance(value, tuple)]
        named = {"description": 1, "version": 2, "author": 3, "license": 4}
        shown = {key: clip(text(fields, number), 300) for key, number in named.items()}
        for key, value in [*shown.items(), *pairs]:
            record_marks(self.record, f"metadata {clip(key, 100)}", value, offset)
        shown |= {clip(key, 100): clip(value, 300) for key, value in pairs[:100]}
        self.record.fact("coreml-metadata", f"{len(pairs)} metadata entries", offset, **shown)

    def conclude(self) -> None:
        """Turn what was counted into facts; also after a walk that broke off."""
        for name, count in self.blobs.items():
            inside = name.removeprefix(_MODEL_PATH)
            data = {"file": clip(name, 500), "count": str(count), "escape": escape_of(inside)}
            self.record.fact("coreml-blob-file", f"weights in {clip(name, _SHOWN)!r}", None, **data)
        operations = ",".join(f"{name}:{count}" for name, count in self.operations.most_common(300))
        data = {"version": str(self.version), "layers": str(self.layers), "operations": operations}
        told = (
            f"specification version {self.version}, {self.layers or sum(self.operations.values())} layers or operations"
        )
        self.record.fact("coreml-model", told, None, **data)


def _parameter(fields: Fields, number: int) -> str:
    value = fields.get(number, [""])[-1]
    return value if isinstance(value, str) else ""
