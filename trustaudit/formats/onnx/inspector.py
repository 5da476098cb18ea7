"""The walk through an ONNX model and the facts it leaves."""

from __future__ import annotations

import math
import re
from collections import Counter

from msgspec import Struct

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.onnx.schema import SCHEMA, STANDARD_DOMAINS
from trustaudit.formats.paths import escape_of
from trustaudit.formats.protobuf import Fields, Walker, number_of, packed, signed, text
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import Reading, Record, clip, concluded

_EXTERNAL = 1
_NAMES = 60
_LOCATIONS = 1000
_PATH_CHARS = 500
_VALUE_CHARS = 300
_MAX_DIMENSIONS = 32
_DIGITS = re.compile(r"[0-9]{1,19}\Z")


def inspect_onnx(source: Source) -> Inspecting:
    """External data, operator domains, operators and free text of graph, subgraphs and functions."""
    record = Record(source, "onnx")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    model = _Model(record)
    walker = Walker(Window(source), SCHEMA, model.reduce, "onnx")
    try:
        yield from walker.run("Model", 0, source.size)
    finally:
        model.conclude()
        if walker.too_deep:
            record.limit("message-depth")
        if walker.cut:
            record.limit("text-bytes")
    if not model.graphs:
        record.anomaly("onnx-no-graph", "holds no graph")
        record.unseen("no graph found")


class _External(Struct):
    """All tensors whose bytes lie in one other file."""

    tensors: int = 0
    end: int = 0


class _Model:
    """Collects bottom-up what the walker finishes."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.graphs = 0
        self.nodes = 0
        self.initializers = 0
        self.parameters = 0
        self.operators: Counter[tuple[str, str]] = Counter()
        self.arguments: dict[tuple[str, str], list[str]] = {}
        self.defined: set[tuple[str, str]] = set()
        self.imports: dict[str, int] = {}
        self.external: dict[str, _External] = {}
        self.about: dict[str, str] = {}

    def reduce(self, message: str, fields: Fields, offset: int) -> object:
        """What the walker calls for each finished message."""
        if message == "Entry":
            return text(fields, 1), text(fields, 2)
        if message == "Attribute":
            return self._attribute(fields, offset)
        if message == "OperatorSet":
            self.imports[text(fields, 1)] = signed(number_of(fields, 2))
        elif message == "Node":
            self._node(fields, offset)
        elif message in ("Initializer", "Tensor"):
            self._tensor(message, fields, offset)
        else:
            self._container(message, fields, offset)
        return None

    def _container(self, message: str, fields: Fields, offset: int) -> None:
        if message == "Graph":
            self.graphs += 1
            self._free_text("graph", text(fields, 10), fields.get(16), offset)
        elif message == "Function":
            self.defined.add((text(fields, 10), text(fields, 1)))
            self._free_text("function", text(fields, 8), fields.get(14), offset)
        elif message == "Model":
            self._free_text("model", text(fields, 6), fields.get(14), offset)
            self.about = {
                "ir_version": str(number_of(fields, 1)),
                "producer": clip(text(fields, 2), 100),
                "producer_version": clip(text(fields, 3), 100),
            }
            entries = {clip(key, 100): clip(value, _VALUE_CHARS) for key, value in _entries(fields.get(14))}
            self.record.fact("onnx-metadata", f"{len(entries)} metadata entries", **entries)

    def _free_text(self, where: str, doc: str, entries: list[object] | None, offset: int) -> None:
        if doc:
            record_marks(self.record, f"{where} doc_string", doc, offset)
        for key, value in _entries(entries):
            record_marks(self.record, f"{where} metadata {clip(key, 100)}", value, offset)

    def _attribute(self, fields: Fields, offset: int) -> object:
        self._free_text("attribute", text(fields, 13), None, offset)
        strings = [value for number in (4, 9) for value in fields.get(number, []) if isinstance(value, bytes)]
        return (text(fields, 1), strings[:8]) if strings else None

    def _node(self, fields: Fields, offset: int) -> None:
        self.nodes += 1
        operator = (text(fields, 7), text(fields, 4))
        self.operators[operator] += 1
        self._free_text(f"node {clip(operator[1], 60)}", text(fields, 6), fields.get(9), offset)
        if operator[0] not in STANDARD_DOMAINS:
            known = self.arguments.setdefault(operator, [])
            for told in _told(fields.get(5)):
                if told not in known and len(known) < _NAMES:
                    known.append(told)

    def _tensor(self, message: str, fields: Fields, offset: int) -> None:
        if message == "Initializer":
            self.initializers += 1
            sizes = [signed(size) for size in packed(fields.get(1, []))[:_MAX_DIMENSIONS]]
            self.parameters += math.prod(sizes) if all(size >= 0 for size in sizes) else 0
        self._free_text("tensor", text(fields, 12), fields.get(16), offset)
        entries = dict(_entries(fields.get(13)))
        if entries:
            self._external(text(fields, 8), entries, offset)
        elif number_of(fields, 14) == _EXTERNAL:
            self.record.anomaly("onnx-external-missing", "an external tensor without a location", offset)

    def _external(self, name: str, entries: dict[str, str], offset: int) -> None:
        location = entries.get("location", "")
        begin, length = entries.get("offset", "0"), entries.get("length", "0")
        if not _DIGITS.match(begin) or not _DIGITS.match(length):
            told = f"tensor {clip(name, 100)!r}: offset {clip(begin, 40)!r}, length {clip(length, 40)!r}"
            self.record.anomaly("onnx-external-range", told, offset)
            begin = length = "0"
        if location not in self.external and len(self.external) >= _LOCATIONS:
            self.record.limit("external-locations")
            return
        seen = self.external.setdefault(location, _External())
        seen.tensors += 1
        seen.end = max(seen.end, int(begin) + int(length))

    def conclude(self) -> None:
        """Turn the collected counts into facts; also after a walk that broke off."""
        for location, seen in self.external.items():
            self.record.fact(
                "onnx-external-data",
                f"{seen.tensors} tensors in {clip(location, 200)!r}",
                location=clip(location, _PATH_CHARS),
                tensors=str(seen.tensors),
                end=str(seen.end),
                escape=escape_of(location) or ("" if location else "empty"),
            )
        for domain in sorted({domain for domain, _ in self.operators} | set(self.imports)):
            self._domain(domain)
        counts = {"nodes": self.nodes, "graphs": self.graphs, "functions": len(self.defined)}
        sizes = {"initializers": self.initializers, "parameters": self.parameters}
        data = {key: str(value) for key, value in (counts | sizes).items()}
        self.record.fact("onnx-model", f"{self.nodes} nodes in {self.graphs} graphs", **data, **self.about)

    def _domain(self, domain: str) -> None:
        used = sorted((name, count) for (of, name), count in self.operators.items() if of == domain)
        told = f"{len(used)} operators of domain {clip(domain, 100)!r}"
        self.record.fact(
            "onnx-operator-domain",
            told,
            domain=clip(domain, 200),
            version=str(self.imports.get(domain, "")),
            operators=",".join(f"{clip(name, 60)}:{count}" for name, count in used[: _NAMES * 5]),
        )
        if domain not in STANDARD_DOMAINS:
            for name, count in used:
                self._operator(domain, name, count)

    def _operator(self, domain: str, name: str, count: int) -> None:
        arguments = self.arguments.get((domain, name), [])
        self.record.fact(
            "onnx-operator",
            f"{clip(domain, 100)}::{clip(name, 100)} x {count}",
            domain=clip(domain, 200),
            operator=clip(name, 200),
            count=str(count),
            defined="yes" if (domain, name) in self.defined else "no",
            arguments=clip("; ".join(arguments), _VALUE_CHARS * 4),
        )


def _entries(values: list[object] | None) -> list[tuple[str, str]]:
    return [value for value in values or [] if isinstance(value, tuple)]


def _told(attributes: list[object] | None) -> list[str]:
    """String attributes of a node as ``name=value``."""
    found = []
    for attribute in attributes or []:
        if isinstance(attribute, tuple):
            name, strings = attribute
            found += [clip(f"{name}={value.decode('utf-8', 'backslashreplace')}", _VALUE_CHARS) for value in strings]
    return found
