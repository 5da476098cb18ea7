"""Names and strings inside marshalled code, found without unmarshalling it.

The layout of code objects changes with every Python version, the way strings are written
does not: a type byte, a length, the characters.
"""

from __future__ import annotations

import re

MAX_CODE = 1 << 20

_TOKENS = 300
_LONGEST = 1024
_REFERENCE = 0x80
_SHORT = b"zZ"
_LONG = b"aAuts"
_PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e]*")


def code_strings(code: bytes) -> tuple[str, ...]:
    """Distinct strings and names in order of appearance, at most 300."""
    found: dict[str, None] = {}
    at, end = 0, min(len(code), MAX_CODE)
    while at < end and len(found) < _TOKENS:
        start, length = _length(code, at)
        if length and _PRINTABLE.match(code, start, start + length).end() == start + length:  # type: ignore[union-attr]
            found[code[start : start + length].decode("ascii")] = None
            at = start + length
        else:
            at += 1
    return tuple(found)


def _length(code: bytes, at: int) -> tuple[int, int]:
    """Where the characters start and how many; length 0 when no string starts here."""
    kind = code[at] & ~_REFERENCE
    if kind in _SHORT and at + 1 < len(code):
        start, length = at + 2, code[at + 1]
    elif kind in _LONG:
        start, length = at + 5, int.from_bytes(code[at + 1 : at + 5], "little")
    else:
        return at, 0
    return start, length if length <= _LONGEST and start + length <= len(code) else 0
