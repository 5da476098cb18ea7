"""JSON: exactly the models of ``report.model``. Plain ASCII, so that no byte of it acts on a terminal."""

from __future__ import annotations

import json
from typing import Final

from trustaudit.facts import Frozen
from trustaudit.report.model import Document, TrustReport

# json.dumps escapes all control characters but this one.
_DELETE: Final = "\x7f"


def as_json(document: Document) -> str:
    """The whole document, indented, keys in the order of the schema."""
    return _dumps(document, indent=1)


def as_json_line(report: TrustReport) -> str:
    """One report on one line."""
    return _dumps(report, indent=None)


def schema_text() -> str:
    """The JSON Schema of ``as_json`` (docs/report-schema.json)."""
    return json.dumps(Document.model_json_schema(mode="serialization"), indent=1) + "\n"


def _dumps(model: Frozen, indent: int | None) -> str:
    separators = (",", ":") if indent is None else None
    text = json.dumps(model.model_dump(mode="json"), indent=indent, separators=separators)
    return text.replace(_DELETE, "\\u007f") + "\n"
