"""Ollama's ``Modelfile``: which model to take from where, and what to tell it.

``TEMPLATE`` is in the template language of Go, which this program does not judge.
Format: Ollama's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.filefacts import Coverage
from trustaudit.formats.hidden_text import hidden_in
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.paths import escape_of
from trustaudit.formats.plain_text import read_text
from trustaudit.formats.record import Reading, Record, clip, concluded
from trustaudit.formats.templates.wording import requests_in

_INSTRUCTION = re.compile(r"[ \t]*(FROM|ADAPTER|TEMPLATE|SYSTEM|MESSAGE|LICENSE|PARAMETER)[ \t]+", re.IGNORECASE)
_QUOTES = '"""'
_MAX_INSTRUCTIONS = 500


def inspect_modelfile(source: Source) -> Inspecting:
    """What the model is made from, and the texts it is told."""
    record = Record(source, "modelfile")
    return concluded(record, _walk(source, record), Coverage.COMPLETE)


def _walk(source: Source, record: Record) -> Reading[None]:
    text = yield from read_text(source, record)
    for number, (line, name, value) in enumerate(instructions_of(text)):
        if number >= _MAX_INSTRUCTIONS:
            record.limit("instructions")
            break
        record.line = line
        if name in ("FROM", "ADAPTER"):
            _taken(record, name, value)
        elif name in ("SYSTEM", "MESSAGE", "TEMPLATE"):
            _told(record, name, value)
    record.line = None


def instructions_of(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, instruction, value); a value in three quotes may run over lines."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        matched = _INSTRUCTION.match(lines[index])
        start = index + 1
        if matched is None:
            index += 1
            continue
        value, index = _value(lines, index, lines[index][matched.end() :])
        yield start, matched[1].upper(), value


def _value(lines: list[str], index: int, first: str) -> tuple[str, int]:
    opened = first.find(_QUOTES)
    if opened < 0 or first.find(_QUOTES, opened + len(_QUOTES)) >= 0:
        return first.strip().strip('"'), index + 1
    parts = [first[opened + len(_QUOTES) :]]
    for later in range(index + 1, len(lines)):
        before, quotes, _ = lines[later].partition(_QUOTES)
        parts.append(before)
        if quotes:
            return "\n".join(parts), later + 1
    return "\n".join(parts), len(lines)


def _taken(record: Record, name: str, value: str) -> None:
    """A file beside the Modelfile, a model of a registry, or an address."""
    local = value.startswith((".", "/", "~")) or value.lower().endswith((".gguf", ".bin", ".safetensors"))
    escape = escape_of(value)
    where = "file" if local and escape != "url" else "remote"
    told = f"{name} {clip(value, 200)}"
    record.fact("modelfile-source", told, None, instruction=name, value=clip(value, 300), where=where, escape=escape)


def _told(record: Record, name: str, value: str) -> None:
    for sign, excerpt in requests_in(value):
        told = f"{name} says {clip(excerpt, 200)!r}"
        record.fact("modelfile-text", told, None, instruction=name, sign=sign, text=clip(excerpt, 300))
    for hidden in hidden_in(value):
        told = f"{name} holds {hidden.count} invisible characters ({hidden.name}, {hidden.code})"
        data = {"class": hidden.name, "count": str(hidden.count), "code": hidden.code}
        record.fact("modelfile-hidden-character", told, None, instruction=name, **data)
