"""SavedModels, frozen graphs, meta graphs and the Keras metadata beside them."""

from __future__ import annotations

import re

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.keras.config import record_config
from trustaudit.formats.onnx.inspector import inspect_onnx
from trustaudit.formats.paths import escape_of
from trustaudit.formats.protobuf import Fields, Walker, text
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities
from trustaudit.formats.tensorflow.graph import Node, Operators, node_of
from trustaudit.formats.tensorflow.schema import SCHEMA, worth_reading

MAX_TEXT_FILE = 16 * 1024 * 1024

_PATH_CHARS = 500
_FORMATS = {
    "SavedModel": "tf-saved-model",
    "Graph": "tf-graph",
    "MetaGraph": "tf-meta-graph",
    "KerasMetadata": "keras-metadata",
}
_PROMISED = frozenset({"saved_model.pb", "keras_metadata.pb"})
_NOTHING = "nothing of a model was found"
_BY_NAME = (
    ("saved_model.pb", "SavedModel"),
    ("keras_metadata.pb", "KerasMetadata"),
    (".meta", "MetaGraph"),
    (".pb", "Graph"),
)
_PROOF = frozenset({"tf-operator", "keras-layer", "keras-function"})
_LITERALS = (
    rb"""(?:\s|#[^\n]{0,200}\n){0,64}((?:(?:"(?:[^"\\\n]|\\.){0,2000}"|'(?:[^'\\\n]|\\.){0,2000}')\s{0,8}){1,8})"""
)
_OPERATOR = re.compile(rb"\bop\s{0,8}:" + _LITERALS)
_CONSTANT = re.compile(rb"\b(?:string_val|s)\s{0,8}:" + _LITERALS)
_LITERAL = re.compile(rb"\"((?:[^\"\\\n]|\\.){0,2000})\"|'((?:[^'\\\n]|\\.){0,2000})'")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|([\"'\\]))")
_OP_FIELD = re.compile(rb"\bop[\s:#]")


def inspect_tensorflow(source: Source) -> Inspecting:
    """Any of TensorFlow's protobuf files: operators, assets, Keras layers.

    The name says which message it is; where that yields nothing of a model, the others are
    tried, and ONNX, whose models are called ``.pb`` too. A single tensor is no model at all.
    """
    tried: list[Inspection] = []
    for message in _messages(source.path):
        record = Record(source, _FORMATS[message])
        inspection = yield from concluded(record, _walk(source, record, message))
        if any(note.kind in _PROOF for note in inspection.observations):
            return inspection
        tried.append(inspection)
    onnx = yield from inspect_onnx(source)
    if not any(note.kind == "onnx-no-graph" or note.kind.endswith("-malformed") for note in onnx.observations):
        return onnx
    return _without_model(source, tried)


def _without_model(source: Source, tried: list[Inspection]) -> Inspection:
    """Well-formed protobuf without operators is data, unless its name promises a model."""
    name = source.path.rpartition("!")[2].rpartition("/")[2].lower()
    whole = [i for i in tried if {note.kind for note in i.observations} <= {"tf-empty", "tf-asset", "tf-model"}]
    seen = [i for i in whole if i.reason == _NOTHING]
    if not seen or name in _PROMISED:
        return tried[0]
    return seen[0].model_copy(
        update={"format": "protobuf", "coverage": Coverage.STRUCTURE, "reason": "", "observations": ()}
    )


def _messages(path: str) -> list[str]:
    """Message types, the most likely one of that name first. TensorFlow itself goes by the name."""
    name = path.rpartition("!")[2].rpartition("/")[2].lower()
    likely = next((message for suffix, message in _BY_NAME if name.endswith(suffix)), "SavedModel")
    return [likely, *(message for message in _FORMATS if message != likely)]


def _walk(source: Source, record: Record, message: str) -> Reading[None]:
    model = _Model(record)
    walker = Walker(Window(source), SCHEMA, model.reduce, "tf", worth_reading)
    try:
        yield from walker.run(message, 0, source.size)
    finally:
        model.conclude()
        if walker.too_deep:
            record.limit("message-depth")
        if walker.cut:
            record.limit("text-bytes")
    if not model.operators.counts and not model.configurations:
        record.anomaly("tf-empty", "holds neither operators nor Keras metadata")
        record.unseen(_NOTHING)


class _Model:
    """Collects bottom-up what the walker finishes."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.operators = Operators(record)
        self.configurations: list[object] = []

    def reduce(self, message: str, fields: Fields, offset: int) -> object:
        """What the walker calls for each finished message."""
        if message in ("Value", "List", "Tensor"):
            return tuple(_flat(fields))
        if message == "Attribute":
            return text(fields, 1), tuple(_flat({2: fields.get(2, [])}))
        if message == "Node":
            return node_of(fields)
        if message in ("Graph", "Function"):
            self._scope(message, fields, offset)
        else:
            self._about(message, fields, offset)
        return None

    def _scope(self, message: str, fields: Fields, offset: int) -> None:
        nodes = fields.get(1 if message == "Graph" else 3, [])
        where = "graph" if message == "Graph" else "library"
        self.operators.add([node for node in nodes if isinstance(node, Node)], where, offset)

    def _about(self, message: str, fields: Fields, offset: int) -> None:
        if message == "MetaInfo":
            tags = ",".join(value.decode("utf-8", "replace") for value in fields.get(4, []) if isinstance(value, bytes))
            version = clip(text(fields, 5), 100)
            self.record.fact(
                "tf-model", f"written by TensorFlow {version}", offset, version=version, tags=clip(tags, 300)
            )
        elif message == "Asset":
            name = text(fields, 2)
            data = {"file": clip(name, _PATH_CHARS), "escape": escape_of(name)}
            self.record.fact("tf-asset", f"asset {clip(name, 200)!r}", offset, **data)
        elif message == "UserObject":
            self._configuration(text(fields, 3), text(fields, 1), offset)
        elif message == "KerasObject":
            self._configuration(text(fields, 5), text(fields, 4), offset)

    def _configuration(self, metadata: str, identifier: str, offset: int) -> None:
        """Keras objects carry JSON; other objects carry nothing or text of their own."""
        if not metadata.lstrip().startswith("{"):
            return
        try:
            odd = parse_json(metadata.encode("utf-8", "surrogatepass"), "keras-config-json")
        except MalformedError as defect:
            self.record.anomaly(defect.kind, f"{clip(identifier, 100)}: {defect.message}", offset)
            self.record.unseen("Keras metadata that is not JSON")
            return
        record_oddities(self.record, odd, "keras-config")
        self.configurations.append(odd.value)

    def conclude(self) -> None:
        """Turn what was collected into facts; also after a walk that broke off."""
        self.operators.conclude()
        if self.configurations:
            record_config(self.record, self.configurations, "Keras metadata")


def _flat(fields: Fields) -> list[bytes]:
    """All texts below a value: of itself, its list and its tensor."""
    found: list[bytes] = []
    for values in fields.values():
        for value in values:
            if isinstance(value, bytes):
                found.append(value)
            elif isinstance(value, tuple):
                found += [item for item in value if isinstance(item, bytes)]
    return found


def inspect_graph_text(source: Source) -> Inspecting:
    """``saved_model.pbtxt`` and ``graph.pbtxt``: operators and path-like constants, found in the text.

    Label maps and the settings of Triton are protobuf text too, and hold no graph.
    """
    record = Record(source, "tf-graph-text")
    inspection = yield from concluded(record, _walk_text(source, record))
    if record.format != "text":
        return inspection
    return inspection.model_copy(update={"coverage": Coverage.COMPLETE})


def _walk_text(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_TEXT_FILE:
        raise LimitReachedError("text-bytes")
    data = yield Read(0, source.size)
    operators = Operators(record)
    operators.add([Node(b"", _joined(match[1]), (), ()) for match in _OPERATOR.finditer(data)], "graph", 0)
    operators.note_paths(tuple(_joined(match[1]) for match in _CONSTANT.finditer(data)))
    operators.conclude()
    if operators.counts:
        return
    if _OP_FIELD.search(_LITERAL.sub(b"", data)) is None and not source.path.lower().endswith("saved_model.pbtxt"):
        record.format = "text"
        return
    record.anomaly("tf-empty", "holds no operators")
    record.unseen("nothing of a model was found")


def _joined(literals: bytes) -> bytes:
    """What a text value means: literals one after the other are one, with the escapes of C."""
    text = b"".join(match[1] or match[2] or b"" for match in _LITERAL.finditer(literals))
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[3]:
        return match[3]
    return bytes([(int(match[1], 8) if match[1] else int(match[2], 16)) & 0xFF])
