"""What a Keras configuration names: modules, functions, code, files.

Keras imports ``module`` and looks up ``class_name`` or a function in it, anywhere in the
document (CVE-2025-1550), so every object counts, not only layers. Format: the JSON of
``Model.to_json``, Keras 1 to 3.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from msgspec import Struct, field

from trustaudit.formats.marshalled import MAX_CODE, code_strings
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import Record, clip

MAX_OBJECTS = 500_000

_SHOWN = 200
_LOOKUPS = {"StringLookup", "IntegerLookup", "IndexLookup", "TextVectorization", "Hashing", "CategoryEncoding"}
_LAMBDA_SLOTS = ("function", "output_shape", "mask", "arguments")
_CODE_CLASS = "__lambda__"
_CLIMBING = {"parent", "absolute", "backslash", "nul", "control"}
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_OP_LAYERS = {"TFOpLambda", "SlicingOpLambda"}
_TORCH_BYTES = 64 * 1024 * 1024


class ConfigFacts(Struct):
    """What one configuration holds, before it is written down. Counted per distinct object."""

    record: Record
    objects: dict[tuple[str, str, str], int] = field(default_factory=dict)
    functions: dict[tuple[str, str, str], int] = field(default_factory=dict)
    torch_blobs: list[bytes] = field(default_factory=list)

    def note(self, where: str) -> None:
        """One fact per distinct object and function reference."""
        for (module, name, registered), count in self.objects.items():
            data = {"module": clip(module, _SHOWN), "class": clip(name, _SHOWN), "registered": clip(registered, _SHOWN)}
            told = f"{clip(module or '(no module)', _SHOWN)}.{clip(name, _SHOWN)} x {count}"
            self.record.fact("keras-layer", told, None, where=where, count=str(count), **data)
        for (module, name, registered), count in self.functions.items():
            data = {"module": clip(module, _SHOWN), "function": clip(name, _SHOWN), "registered": registered}
            told = f"function {clip(name, _SHOWN)} of {clip(module or '(no module)', _SHOWN)}"
            self.record.fact("keras-function", told, None, where=where, count=str(count), **data)


def record_config(record: Record, document: object, where: str) -> ConfigFacts:
    """Note everything a loader would import, call, decode or open because of ``document``."""
    facts = ConfigFacts(record)
    for index, (entry, layer) in enumerate(_objects(document)):
        if index >= MAX_OBJECTS:
            record.limit("config-objects")
            break
        _note_object(facts, entry, layer)
    facts.note(where)
    return facts


def _objects(document: object) -> Iterator[tuple[dict[str, object], str]]:
    """Every JSON object with the name of the layer around it, without recursion."""
    pending: list[tuple[object, str]] = [(document, "")]
    while pending:
        value, layer = pending.pop()
        if isinstance(value, dict):
            layer = _layer_name(value) or layer
            yield value, layer
            pending += [(item, layer) for item in value.values()]
        elif isinstance(value, list):
            pending += [(item, layer) for item in value]


def _layer_name(entry: dict[str, object]) -> str:
    config = entry.get("config")
    inner = config.get("name") if isinstance(config, dict) else None
    name = inner if isinstance(inner, str) else entry.get("name")
    return name if isinstance(name, str) else ""


def _note_object(facts: ConfigFacts, entry: dict[str, object], layer: str) -> None:
    _note_name(facts.record, entry.get("name"))
    if "class_name" not in entry:
        _note_bare_function(facts, entry)
        return
    name, module, registered = (_text(entry.get(key)) for key in ("class_name", "module", "registered_name"))
    config = entry.get("config")
    if name == "function":
        key = (module, _text(config) or _text(entry.get("fn_name")), registered)
        facts.functions[key] = facts.functions.get(key, 0) + 1
    else:
        facts.objects[module, name, registered] = facts.objects.get((module, name, registered), 0) + 1
    if name == _CODE_CLASS:
        _note_code(facts.record, layer, _CODE_CLASS, config)
    elif isinstance(config, dict):
        _note_layer(facts, name, config, layer)


def _note_layer(facts: ConfigFacts, name: str, config: dict[str, object], layer: str) -> None:
    short = name.rsplit(">", 1)[-1]
    if short == "Lambda":
        for slot in _LAMBDA_SLOTS:
            _note_slot(facts.record, layer, slot, config)
    elif short in _OP_LAYERS:
        function = clip(_text(config.get("function")), _SHOWN)
        facts.record.fact("keras-op-layer", f"{short} calls {function!r}", None, layer=layer, function=function)
    elif short == "TorchModuleWrapper":
        _note_torch(facts, layer, config)
    elif short in {"TFSMLayer", "SavedModelLayer"}:
        path = clip(_text(config.get("filepath")), _SHOWN)
        told = f"{short} loads a SavedModel from {path!r}"
        facts.record.fact("keras-saved-model-layer", told, None, layer=layer, path=path, escape=escape_of(path))
    if isinstance(config.get("vocabulary"), str):
        _note_vocabulary(facts.record, short, layer, _text(config["vocabulary"]))


def _note_slot(record: Record, layer: str, slot: str, config: dict[str, object]) -> None:
    """A place of a Lambda layer that may hold code: a list (Keras 2), an object (Keras 3), or a name."""
    value, kind = config.get(slot), _text(config.get(f"{slot}_type"))
    if isinstance(value, list) and value and isinstance(value[0], str) and kind != "raw" and slot != "arguments":
        _note_code(record, layer, slot, {"code": value[0]})
    elif isinstance(value, str) and kind == "lambda":
        _note_code(record, layer, slot, {"code": value})
    elif isinstance(value, str):
        _note_named(record, layer, slot, (_text(config.get("module")), value))
    elif isinstance(value, dict) and value.get("class_name") == "function":
        _note_named(record, layer, slot, (_text(value.get("module")), _text(value.get("config"))))


def _note_named(record: Record, layer: str, slot: str, function: tuple[str, str]) -> None:
    module, name = (clip(part, _SHOWN) for part in function)
    told = f"Lambda layer {clip(layer, 100)!r} calls {name!r}"
    record.fact("keras-lambda-name", told, None, layer=clip(layer, _SHOWN), slot=slot, module=module, function=name)


def _note_bare_function(facts: ConfigFacts, entry: dict[str, object]) -> None:
    """Objects without a class: Keras 3 also resolves ``module`` with ``fn_name`` or ``spec_name``."""
    name = _text(entry.get("fn_name")) or _text(entry.get("spec_name"))
    if name:
        key = (_text(entry.get("module")), name, _text(entry.get("registered_name")))
        facts.functions[key] = facts.functions.get(key, 0) + 1


def _note_code(record: Record, layer: str, slot: str, config: object) -> None:
    """Marshalled code in base64. It is never unmarshalled: names and strings are read off its bytes."""
    text = config.get("code", config.get("value")) if isinstance(config, dict) else config
    code = _decoded(text, MAX_CODE) if isinstance(text, str) else None
    strings = code_strings(code) if code else ()
    if code and len(code) >= MAX_CODE:
        record.limit("code-bytes")
    record.fact(
        "keras-lambda-code",
        f"Lambda layer {clip(layer, 100)!r} carries Python bytecode in {slot}",
        None,
        layer=clip(layer, _SHOWN),
        slot=slot,
        bytes=str(len(code or b"")),
        decoded="yes" if code else "no",
        strings=clip("\n".join(strings), 8000),
    )


def _note_torch(facts: ConfigFacts, layer: str, config: dict[str, object]) -> None:
    """TorchModuleWrapper keeps ``torch.save`` output as text (CVE-2025-49655)."""
    module = config.get("module")
    inner = module.get("config") if isinstance(module, dict) else module
    text = _text(inner.get("value", inner.get("code")) if isinstance(inner, dict) else inner)
    blob = _decoded(text, _TORCH_BYTES) or text[:_TORCH_BYTES].encode("utf-8", "surrogatepass")
    if blob:
        facts.torch_blobs.append(blob)
    told = f"layer {clip(layer, 100)!r} carries a pickled torch module"
    facts.record.fact("keras-torch-module", told, None, layer=clip(layer, _SHOWN), bytes=str(len(blob)))


def _note_vocabulary(record: Record, name: str, layer: str, value: str) -> None:
    told = f"{clip(name, 100)} reads its vocabulary from {clip(value, 100)!r}"
    data = {"class": clip(name, _SHOWN), "layer": clip(layer, _SHOWN), "path": clip(value, 500)}
    record.fact("keras-vocabulary-path", told, None, escape=escape_of(value), **data)


def _note_name(record: Record, name: object) -> None:
    if not isinstance(name, str):
        return
    escape = escape_of(name)
    if escape in _CLIMBING or _DRIVE.match(name):
        told = f"the name {clip(name, _SHOWN)!r} climbs out of a folder"
        record.anomaly("keras-name-path", told, None, name=clip(name, 500), escape=escape)


def _decoded(text: str, longest: int) -> bytes | None:
    """Base64 text, which Keras breaks into lines; up to ``longest`` bytes of it."""
    try:
        packed = "".join(text[: longest * 2].split())
        return base64.b64decode(packed[: longest // 3 * 4], validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
