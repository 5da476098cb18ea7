"""One place that knows every output format by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from trustaudit.errors import UsageError
from trustaudit.report.model import Document
from trustaudit.report.style import Style


def _table(document: Document, style: Style) -> str:
    from trustaudit.report.as_table import as_table  # noqa: PLC0415 - each format loads only its own needs

    return as_table(document, style)


def _json(document: Document, _style: Style) -> str:
    from trustaudit.report.as_json import as_json  # noqa: PLC0415 - as above

    return as_json(document)


def _jsonl(document: Document, _style: Style) -> str:
    from trustaudit.report.as_json import as_json_line  # noqa: PLC0415 - as above

    return "".join(as_json_line(report) for report in document.reports)


RENDERERS: Final[dict[str, Callable[[Document, Style], str]]] = {"table": _table, "json": _json, "jsonl": _jsonl}


def render(document: Document, output_format: str, style: Style) -> str:
    """The document in that format. Raises UsageError for an unknown one."""
    renderer = RENDERERS.get(output_format)
    if renderer is None:
        raise UsageError(f"no output format {output_format!a}", advice=f"one of {', '.join(RENDERERS)}")
    return renderer(document, style)


__all__ = ["RENDERERS", "Style", "render"]
