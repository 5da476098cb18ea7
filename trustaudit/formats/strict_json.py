"""JSON as it stands in the file: duplicate keys and odd numbers are told, not resolved.

Parsers differ in which of two equal keys they keep, so a header can mean one thing to a
scanner and another to a loader.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct, field

from trustaudit.formats.record import MalformedError, Record, clip

_INT_DIGITS = 30
_DUPLICATES = 20


class JsonText(Struct):
    """A parsed document and what was odd about its text.

    Of a key that stands twice ``value`` has the last, as Python's parser; ``shadowed`` has the others.
    """

    value: Any = None
    duplicates: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    shadowed: list[tuple[str, Any]] = field(default_factory=list)


def parse_json(data: bytes, kind: str) -> JsonText:
    """Parse UTF-8 JSON. Raises MalformedError of ``kind`` when it is none."""
    odd = JsonText()

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            odd.duplicates += _repeated(items)
            odd.shadowed += [(key, value) for key, value in items if found[key] is not value][:_DUPLICATES]
        return found

    def constant(text: str) -> float:
        odd.constants.append(text)
        return 0.0

    def integer(text: str) -> int:
        if len(text) > _INT_DIGITS:
            odd.numbers.append(clip(text, _INT_DIGITS))
            return -1
        return int(text)

    try:
        text = data.decode("utf-8")
        odd.value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_int=integer)
    except UnicodeDecodeError as error:
        raise MalformedError(kind, f"not UTF-8 at byte {error.start}", error.start) from None
    except RecursionError:
        raise MalformedError(kind, "JSON nested too deeply") from None
    except ValueError as error:
        raise MalformedError(kind, f"not JSON: {clip(str(error), 200)}") from None
    return odd


def as_utf8(data: bytes) -> bytes:
    """Python's ``json.loads`` of bytes finds out their encoding: UTF-16, UTF-32 or a byte order mark stop no loader."""
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return data
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeError:
        return data


def record_oddities(record: Record, odd: JsonText, prefix: str) -> None:
    """Note duplicate keys, NaN or Infinity, and integers no machine has, as ``<prefix>-…`` anomalies."""
    for key in odd.duplicates[:_DUPLICATES]:
        record.anomaly(f"{prefix}-duplicate-key", f"the key {clip(key, 200)!r} stands twice in one object", key=key)
    for text in odd.constants[:_DUPLICATES]:
        record.anomaly(f"{prefix}-number", f"{text} is no JSON number")
    for text in odd.numbers[:_DUPLICATES]:
        record.anomaly(f"{prefix}-number", f"integer of absurd length: {text}")


def _repeated(items: list[tuple[str, Any]]) -> list[str]:
    seen: set[str] = set()
    repeated = []
    for key, _ in items:
        if key in seen and key not in repeated:
            repeated.append(key)
        seen.add(key)
    return repeated[:_DUPLICATES]
