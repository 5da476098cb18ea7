"""Models in XML: OpenVINO and PMML, and what no model in XML needs: document types and entities.

The parser is expat, which builds no tree. Entities are never resolved: the first
declaration of one ends the walk, as does anything else in a document type's own subset.
"""

from __future__ import annotations

from collections import Counter
from xml.parsers import expat

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading, Record, clip, concluded

MAX_BYTES = 64 * 1024 * 1024
MAX_ELEMENTS = 3_000_000

_FIRST = 1 << 16
_CHUNK = 1 << 20
_SHOWN = 200
_LIBRARY = (".so", ".dll", ".dylib", ".pyd")
_TYPES = 500
_TEXT_CHARS = 1 << 16


def inspect_xml(source: Source) -> Inspecting:
    """Any XML file; layers of OpenVINO and extensions of PMML where it is one of these."""
    record = Record(source, "xml")
    return concluded(record, _walk(source, record))


def _walk(source: Source, record: Record) -> Reading[None]:
    if source.size > MAX_BYTES and not source.forward:
        raise LimitReachedError("xml-bytes")
    document = _Document(record)
    at, length = 0, _FIRST
    try:
        while True:
            data = yield Read(at, length)
            document.feed(data)
            at += len(data)
            if len(data) < length or at > MAX_BYTES:
                break
            length = _CHUNK
        document.feed(b"", last=True)
    finally:
        document.conclude()
    if at > MAX_BYTES:
        raise LimitReachedError("xml-bytes")


class _Document:
    """Receives what the parser sees."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.root = ""
        self.elements = 0
        self.depth = 0
        self.types: Counter[tuple[str, str]] = Counter()
        self.weights_end = 0
        self.models: Counter[str] = Counter()
        self.in_notes = 0
        self.extension: list[str] | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.ProcessingInstructionHandler = self._instruction

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Parse on. Raises MalformedError for what is not well-formed."""
        try:
            self.parser.Parse(data, last)
        except expat.ExpatError as error:
            told = f"line {error.lineno}: {expat.ErrorString(error.code)}"
            raise MalformedError("xml-malformed", told, self.parser.CurrentByteIndex) from None
        except (LookupError, ValueError) as error:
            raise MalformedError("xml-malformed", f"encoding: {clip(str(error), 100)}", 0) from None

    def _doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        data = {"name": clip(name, 100), "system": clip(system or "", 300), "public": clip(public or "", 300)}
        told = f"a document type {clip(name, 100)!r} {clip(system or '', 100)!r}"
        self.record.anomaly("xml-doctype", told, self.parser.CurrentByteIndex, subset="yes" if subset else "no", **data)

    def _entity(self, name: str, parameter: int, *details: str | None) -> None:
        del parameter
        value, _, system = [*details, None, None, None][:3]
        data = {"name": clip(name, 100), "value": clip(value or "", 300), "system": clip(system or "", 300)}
        self.record.anomaly(
            "xml-entity", f"declares the entity {clip(name, 100)!r}", self.parser.CurrentByteIndex, **data
        )
        raise MalformedError("xml-entity-refused", "entities are not resolved", self.parser.CurrentByteIndex)

    def _instruction(self, target: str, data: str) -> None:
        told = f"processing instruction {clip(target, 100)!r}"
        self.record.fact("xml-instruction", told, self.parser.CurrentByteIndex, target=target, data=clip(data, _SHOWN))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.depth += 1
        if self.elements > MAX_ELEMENTS:
            raise LimitReachedError("xml-elements")
        name = tag.rpartition(":")[2]
        if not self.root:
            self._open(name, attributes)
        if name == "include" and "href" in attributes:
            self.record.anomaly(
                "xml-include", f"includes {clip(attributes['href'], 100)!r}", href=attributes["href"][:300]
            )
        if self.record.format == "openvino":
            self._openvino(name, attributes)
        elif self.record.format == "pmml":
            self._pmml(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.root = name
        if name == "net" and "version" in attributes:
            self.record.format = "openvino"
        elif name == "PMML":
            self.record.format = "pmml"

    def _openvino(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rt_info":
            self.in_notes += 1
        if self.in_notes:
            return
        if name == "layer":
            self.types[attributes.get("type", ""), attributes.get("version", "")] += 1
        elif name == "data":
            end = _number(attributes.get("offset")) + _number(attributes.get("size"))
            self.weights_end = max(self.weights_end, end)
        for key, value in attributes.items():
            if key != "name" and (
                value.lower().endswith(_LIBRARY) or escape_of(value) in ("absolute", "parent", "drive")
            ):
                data = {"element": clip(name, 100), "attribute": clip(key, 100), "value": clip(value, 300)}
                self.record.fact("openvino-path", f"{clip(key, 60)} = {clip(value, 100)!r}", None, **data)

    def _pmml(self, name: str, attributes: dict[str, str]) -> None:
        if name.endswith("Model") or name in ("RuleSet", "Scorecard", "TreeEnsemble"):
            self.models[name] += 1
        if name == "Extension":
            self.extension = []
            for key, value in attributes.items():
                record_marks(self.record, f"Extension {clip(key, 60)}", value, self.parser.CurrentByteIndex)

    def _text(self, text: str) -> None:
        if self.extension is not None and sum(map(len, self.extension)) < _TEXT_CHARS:
            self.extension.append(text)

    def _end(self, tag: str) -> None:
        self.depth -= 1
        name = tag.rpartition(":")[2]
        if name == "rt_info" and self.in_notes:
            self.in_notes -= 1
        if name == "Extension" and self.extension is not None:
            record_marks(self.record, "Extension", "".join(self.extension), self.parser.CurrentByteIndex)
            self.extension = None

    def conclude(self) -> None:
        """Turn what was counted into facts; also after a walk that broke off."""
        if len(self.types) > _TYPES:
            self.record.limit("layer-types")
        for (kind, version), count in list(self.types.items())[:_TYPES]:
            told = f"{count} layers of type {clip(kind, 100)!r} ({clip(version, 60)})"
            data = {"type": clip(kind, _SHOWN), "version": clip(version, 60), "count": str(count)}
            self.record.fact("openvino-layer", told, None, **data)
        if self.record.format == "openvino":
            self.record.fact(
                "openvino-weights", f"constants end at {self.weights_end}", None, end=str(self.weights_end)
            )
        if self.record.format == "pmml":
            self.record.fact("pmml-models", f"{sum(self.models.values())} models", None, models=",".join(self.models))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 19 else 0  # noqa: PLR2004 - 64 bits
