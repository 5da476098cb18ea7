"""Files that are text or JSON: what kind of model file they are shows in what they hold, not only in their names."""

from __future__ import annotations

import re
from collections.abc import Callable

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.boosting import inspect_lightgbm, is_lightgbm, record_xgboost
from trustaudit.formats.config.files import inspect_json_config
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.nested import contained, with_facts
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded
from trustaudit.formats.strict_json import parse_json, record_oddities
from trustaudit.formats.weight_index import inspect_weight_index

MAX_JSON = 16 * 1024 * 1024

_HEAD = 64 * 1024
_KERAS = re.compile(rb'"class_name"\s{0,20}:\s{0,20}"')
_XGBOOST = re.compile(rb'\s{0,20}\{\s{0,20}"learner"')
_SYMBOL = re.compile(rb'"(?:arg_nodes|heads)"\s{0,20}:')
_MANIFEST = re.compile(rb'"itemInfoEntries"\s{0,20}:')
_GRAPH_TEXT = re.compile(rb"^\s{0,40}(?:meta_graphs|graph_def|node)\s{0,4}\{", re.MULTILINE)
_SPACY = re.compile(rb"^\[(?:nlp|components)[\].]", re.MULTILINE)
_REGISTERED = re.compile(r'^\s{0,40}@(\w{1,40})\s{0,8}=\s{0,8}"([^"\n]{1,200})"', re.MULTILINE)
_FUNCTIONS = 500


def inspect_json(source: Source) -> Inspecting:
    """Shard indexes, Keras, XGBoost, MXNet and Core ML documents; any JSON may also be a configuration."""
    return contained(_inspect_json(source))


def _inspect_json(source: Source) -> Inspecting:
    head = yield Read(0, _HEAD)
    if source.path.lower().endswith(".index.json"):
        return (yield from inspect_weight_index(source))
    reader = next((reader for pattern, reader in _JSON_KINDS if pattern.search(head)), None)
    configuration = yield from contained(inspect_json_config(source))
    if reader is None or (source.size > MAX_JSON and not source.forward):
        return configuration
    record = Record(source, "json")
    inspection = yield from concluded(record, _json(source, record, reader), Coverage.COMPLETE)
    return with_facts(inspection, configuration) if record.format != "json" else configuration


def inspect_text(source: Source) -> Inspecting:
    """LightGBM models, TensorFlow graphs in text form, spaCy configurations; other text is data."""
    return contained(_inspect_text(source))


def _inspect_text(source: Source) -> Inspecting:
    head = yield Read(0, _HEAD)
    if is_lightgbm(head):
        return (yield from inspect_lightgbm(source))
    name = source.path.lower()
    if name.endswith((".pbtxt", ".pb.txt")) or (_GRAPH_TEXT.search(head) and name.endswith(".prototxt")):
        from trustaudit.formats.tensorflow.inspector import inspect_graph_text  # noqa: PLC0415 - few files need it

        return (yield from inspect_graph_text(source))
    if name.endswith(".cfg") and _SPACY.search(head):
        record = Record(source, "spacy-config")
        return (yield from concluded(record, _spacy(source, record), Coverage.COMPLETE))
    return _plain("text", head, source)


def _plain(name: str, head: bytes, source: Source) -> Inspection:
    return Inspection(format=name, coverage=Coverage.COMPLETE if len(head) >= source.size else Coverage.STRUCTURE)


_JsonReader = Callable[[Source, Record, dict[str, object]], Reading[None]]


def _json(source: Source, record: Record, reader: _JsonReader) -> Reading[None]:
    """A reader that recognizes the document sets ``record.format``; what nobody recognizes, or is no JSON, is data."""
    try:
        odd = parse_json((yield Read(0, MAX_JSON)), "json-malformed")
    except MalformedError:
        return
    if isinstance(odd.value, dict):
        yield from reader(source, record, odd.value)
    if record.format != "json":
        record_oddities(record, odd, record.format)


def _keras(source: Source, record: Record, document: dict[str, object]) -> Reading[None]:
    """Only documents shaped like a saved object: other JSON has keys called ``class_name`` too."""
    if not isinstance(document.get("class_name"), str) or not isinstance(document.get("config"), dict | list):
        return
    from trustaudit.formats.keras.json_config import note_document  # noqa: PLC0415 - few files need it

    record.format = "keras-config"
    yield from note_document(record, source, document)


def _xgboost(source: Source, record: Record, document: dict[str, object]) -> Reading[None]:
    del source
    yield from ()
    record.format = "xgboost-json"
    record_xgboost(record, document)


def _symbol(source: Source, record: Record, document: dict[str, object]) -> Reading[None]:
    """MXNet: ``Custom`` runs a Python operator that the program has registered."""
    del source
    yield from ()
    nodes = document.get("nodes")
    if not isinstance(nodes, list):
        return
    record.format = "mxnet-symbol"
    operators = {str(node.get("op")) for node in nodes if isinstance(node, dict)}
    record.fact("mxnet-symbol", f"{len(nodes)} nodes", None, operators=clip(",".join(sorted(operators)), 2000))


def _manifest(source: Source, record: Record, document: dict[str, object]) -> Reading[None]:
    """Core ML packages: every item is a path below ``Data``."""
    del source
    yield from ()
    entries = document.get("itemInfoEntries")
    record.format = "coreml-manifest"
    for item in entries.values() if isinstance(entries, dict) else ():
        path = item.get("path") if isinstance(item, dict) else None
        if isinstance(path, str):
            record.fact("coreml-item", f"item {clip(path, 200)!r}", None, path=clip(path, 500), escape=escape_of(path))


_JSON_KINDS: tuple[tuple[re.Pattern[bytes], _JsonReader], ...] = (
    (_XGBOOST, _xgboost),
    (_MANIFEST, _manifest),
    (_SYMBOL, _symbol),
    (_KERAS, _keras),
)


def _spacy(source: Source, record: Record) -> Reading[None]:
    """Every function that spaCy looks up in its registries when it loads the pipeline."""
    if source.size > MAX_JSON and not source.forward:
        raise LimitReachedError("text-bytes")
    data = yield Read(0, MAX_JSON)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("spacy-config", "not UTF-8", error.start) from None
    found = dict.fromkeys((match[1], match[2]) for match in _REGISTERED.finditer(text))
    if len(found) > _FUNCTIONS:
        record.limit("registered-functions")
    for registry, name in list(found)[:_FUNCTIONS]:
        told = f"calls {clip(name, 100)!r} of the registry {registry}"
        record.fact("spacy-function", told, None, registry=registry, name=name)
