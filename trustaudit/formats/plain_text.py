"""Bytes of a text file as text, as the program that reads it would decode them. Bounded and total."""

from __future__ import annotations

import codecs

from trustaudit.formats.interface import Read, Source
from trustaudit.formats.record import Reading, Record

MAX_TEXT = 1024 * 1024
"""Bytes of one text file that are read: hand-written source and cards stay far below."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(source: Source, record: Record, most: int = MAX_TEXT) -> Reading[str]:
    """The text of the file, at most ``most`` bytes of it; a longer one is a reached limit."""
    data = yield Read(0, min(source.size, most))
    if source.size > most and not (source.forward and len(data) < most):
        record.limit("text-bytes")
    return decoded(data)


def decoded(data: bytes) -> str:
    """By the byte order mark, else UTF-8 with everything else escaped. All line ends become line feeds."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    text = data.decode(encoding, "backslashreplace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def line_of(text: str, position: int) -> int:
    """The line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1
