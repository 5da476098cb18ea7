"""Where entries stand in the text of a lockfile: what annotations and code scanning point at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from trustaudit.lockfile.model import LockEntry
from trustaudit.refs import DEFAULT_BRANCH

_FIELD: Final = re.compile(r"(type|id|revision)\s*=\s*(.{1,1000})")
_HEAD: Final = "[[repository]]"


def entry_lines(text: str) -> dict[tuple[str, str, str], int]:
    """The line (from 1) of each entry's ``id``, by ``LockEntry.key``. Lines that do not parse are passed over."""
    return {_key(fields): line for fields, line in _entries(text) if "id" in fields}


def line_of(entry: LockEntry, lines: dict[tuple[str, str, str], int]) -> int:
    """The line of an entry, the first one where it cannot be found."""
    return lines.get(entry.key, 1)


def _entries(text: str) -> Iterator[tuple[dict[str, str], int]]:
    fields: dict[str, str] = {}
    line = 1
    for number, words in enumerate(text.split("\n"), start=1):
        if words.strip() == _HEAD:
            yield fields, line
            fields, line = {}, number
        elif (found := _FIELD.fullmatch(words.rstrip())) is not None and found.group(1) not in fields:
            name = found.group(1)
            fields[name] = _value(found.group(2))
            line = number if name == "id" else line
    yield fields, line


def _value(text: str) -> str:
    try:
        return str(tomllib.loads(f"x = {text}")["x"])
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""


def _key(fields: dict[str, str]) -> tuple[str, str, str]:
    return fields.get("type", "model"), fields["id"].casefold(), fields.get("revision", DEFAULT_BRANCH)
