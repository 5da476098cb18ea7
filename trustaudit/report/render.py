"""One place that knows every output format by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from trustaudit.errors import UsageError
from trustaudit.report.anchors import NO_ANCHORS, Anchors
from trustaudit.report.model import Document
from trustaudit.report.style import Style


class Presentation(Struct, frozen=True):
    """What a renderer may know besides the document. ``anchors``: where the user wrote each reference down."""

    style: Style
    anchors: Anchors


def _table(document: Document, how: Presentation) -> str:
    from trustaudit.report.as_table import as_table  # noqa: PLC0415 - each format loads only its own needs

    return as_table(document, how.style)


def _json(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_json import as_json  # noqa: PLC0415 - as above

    return as_json(document)


def _jsonl(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_json import as_json_line  # noqa: PLC0415 - as above

    return "".join(as_json_line(report) for report in document.reports)


def _sarif(document: Document, how: Presentation) -> str:
    from trustaudit.report.as_sarif import as_sarif  # noqa: PLC0415 - as above

    return as_sarif(document, how.anchors)


def _github(document: Document, how: Presentation) -> str:
    from trustaudit.report.as_annotations import as_annotations  # noqa: PLC0415 - as above

    return as_annotations(document, how.anchors)


def _markdown(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_markdown import as_markdown  # noqa: PLC0415 - as above

    return as_markdown(document)


def _junit(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_junit import as_junit  # noqa: PLC0415 - as above

    return as_junit(document)


def _html(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_html import as_html  # noqa: PLC0415 - as above

    return as_html(document)


def _cyclonedx(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_cyclonedx import as_cyclonedx  # noqa: PLC0415 - as above, and an optional dependency

    return as_cyclonedx(document)


def _cyclonedx_1_7(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_cyclonedx import as_cyclonedx  # noqa: PLC0415 - as above, and an optional dependency

    return as_cyclonedx(document, newest=True)


def _spdx(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_spdx import as_spdx  # noqa: PLC0415 - as above

    return as_spdx(document)


def _openvex(document: Document, _how: Presentation) -> str:
    from trustaudit.report.as_openvex import as_openvex  # noqa: PLC0415 - as above

    return as_openvex(document)


RENDERERS: Final[dict[str, Callable[[Document, Presentation], str]]] = {
    "table": _table,
    "json": _json,
    "jsonl": _jsonl,
    "sarif": _sarif,
    "github": _github,
    "markdown": _markdown,
    "junit": _junit,
    "html": _html,
    "cyclonedx": _cyclonedx,
    "cyclonedx-1.7": _cyclonedx_1_7,
    "spdx": _spdx,
    "openvex": _openvex,
}


def render(document: Document, output_format: str, style: Style, *, anchors: Anchors = NO_ANCHORS) -> str:
    """The document in that format. Raises UsageError for an unknown one, or one whose extra is not installed."""
    renderer = RENDERERS.get(output_format)
    if renderer is None:
        raise UsageError(f"no output format {output_format!a}", advice=f"one of {', '.join(RENDERERS)}")
    return renderer(document, Presentation(style, anchors))


__all__ = ["RENDERERS", "Presentation", "Style", "render"]
