"""The JSON document of a batch, one report in memory at a time; the same bytes as ``report.as_json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from trustaudit.report.as_json import as_json, dumps
from trustaudit.report.model import Document, TrustReport

_EMPTY: Final = '"reports": []'


def document_pieces(frame: Document, reports: Iterable[TrustReport]) -> Iterator[str]:
    """``frame`` is the document without its reports; its summary is that of the reports to come."""
    head, _, tail = as_json(frame).partition(_EMPTY)
    between = ""
    for report in reports:
        yield between or f'{head}"reports": [\n'
        between = ",\n"
        lines = dumps(report.model_dump(mode="json")).rstrip("\n").split("\n")
        yield "\n".join(f"  {line}" for line in lines)
    yield f"\n ]{tail}" if between else f"{head}{_EMPTY}{tail}"
