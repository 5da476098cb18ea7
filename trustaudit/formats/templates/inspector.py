"""Files that are a chat template as a whole (``chat_template.jinja``), and templates that other formats carry."""

from __future__ import annotations

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.plain_text import read_text
from trustaudit.formats.record import Reading, Record, concluded
from trustaudit.formats.templates.analysis import template_observations

MAX_TEMPLATE = 1 << 20
"""Bytes read. The longest of 282 honest templates has 20,000."""

_UNFINISHED = frozenset({"template-too-large", "template-too-deep"})


def inspect_template(source: Source) -> Inspecting:
    """The file's text as one template."""
    record = Record(source, "jinja")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def record_template(record: Record, text: str, member: str = "") -> None:
    """Note what a template shows; ``member`` names it inside the file of ``record``."""
    seen = template_observations(text)
    if any(note.kind in _UNFINISHED for note in seen):
        record.limit("template-work")
    record.absorb(Inspection(format="jinja", coverage=Coverage.COMPLETE, observations=seen), member)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record, MAX_TEMPLATE)
    record_template(record, text)
