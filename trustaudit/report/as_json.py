"""JSON: exactly the models of ``report.model``. Plain ASCII, so that no byte of it acts on a terminal or a CI log."""

from __future__ import annotations

import json
from typing import Final

from trustaudit.facts import Frozen
from trustaudit.report.model import Document, TrustReport

_ACTING: Final = {"\x7f": "\\u007f", "##[": "#\\u0023["}
"""json.dumps escapes all control characters but DEL; ``##[`` is a command to a GitHub runner, also inside a line."""


def as_json(document: Document) -> str:
    """The whole document, indented, keys in the order of the schema."""
    return _dumped(document, indent=1)


def as_json_line(report: TrustReport) -> str:
    """One report on one line."""
    return _dumped(report, indent=None)


def schema_text() -> str:
    """The JSON Schema of ``as_json`` (docs/report-schema.json)."""
    return json.dumps(Document.model_json_schema(mode="serialization"), indent=1) + "\n"


def dumps(value: object, indent: int | None = 1) -> str:
    """JSON text of plain values that is safe to print."""
    text = json.dumps(value, indent=indent, separators=(",", ":") if indent is None else None)
    for acting, escape in _ACTING.items():
        text = text.replace(acting, escape)
    return text + "\n"


def _dumped(model: Frozen, indent: int | None) -> str:
    return dumps(model.model_dump(mode="json"), indent)
