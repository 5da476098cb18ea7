"""Arguments that protocol 0 writes as text, read as leniently as CPython's C unpickler reads them.

The readers there are C's ``strtol``, ``PyLong_FromString`` and ``PyBytes_DecodeEscape``; each
stops at an embedded NUL. Where a value cannot be read the functions return None or
``UNKNOWN``: a later opcode may still be reached by some loader, so parsing goes on.
"""

from __future__ import annotations

import re

from trustaudit.formats.pickle.values import HEAD_CHARS, MAX_TEXT, UNKNOWN, LongText

MAX_DIGITS = 640
"""Longer decimal integers are not converted: that takes quadratic time."""

SHORT = 18
"""Digits that certainly fit into 63 bits."""

ZERO = ord("0")

_STRTOL = re.compile(rb"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
_ESCAPE = re.compile(rb"\\(\n|[\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2})")
_ESCAPED = {
    b"\n": b"",
    b"\\": b"\\",
    b"'": b"'",
    b'"': b'"',
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def int_argument(line: bytes) -> object:
    """INT: ``00`` and ``01`` are booleans, then C's base 0 (octal with a leading zero), then Python's."""
    if line in (b"00", b"01"):
        return line == b"01"
    text = line.split(b"\0", 1)[0]
    match = _STRTOL.match(text)
    if match and len(text) <= MAX_DIGITS:
        value = _strtol(match[2])
        return -value if match[1] == b"-" else value
    return _python_int(text)


def long_argument(line: bytes) -> object:
    """LONG: the trailing ``L`` is optional."""
    text = line.removesuffix(b"L").split(b"\0", 1)[0]
    return _python_int(text)


def float_argument(line: bytes) -> object:
    """FLOAT: whatever Python's float() reads."""
    text = line.split(b"\0", 1)[0]
    try:
        return float(text)
    except ValueError:
        return UNKNOWN


def index_argument(line: bytes) -> int | None:
    """GET and PUT: a decimal memo index; None where CPython fails for certain."""
    if line.isdigit() and len(line) <= SHORT:
        return int(line)
    text = line.split(b"\0", 1)[0]
    if len(text) > MAX_DIGITS:
        return None
    try:
        index = int(text)
    except ValueError:
        return None
    return index if 0 <= index < 1 << 63 else None


def string_argument(line: bytes) -> object:
    """STRING: a quoted repr of Python 2. A missing quote fails in CPython, but not in every reimplementation."""
    quoted = len(line) >= 2 and line[:1] == line[-1:] and line[:1] in (b"'", b'"')  # noqa: PLR2004 - two quotes
    if not quoted:
        return UNKNOWN
    body = line[1:-1]
    return text_value(_ESCAPE.sub(_unescape, body) if b"\\" in body else body)


def unicode_argument(line: bytes) -> object:
    """UNICODE: raw-unicode-escape. Raises UnicodeDecodeError as CPython does."""
    text = line.decode("raw_unicode_escape")
    return text if len(line) <= MAX_TEXT else LongText(text[:HEAD_CHARS], len(text))


def text_value(raw: bytes) -> object:
    """A Python 2 string: UTF-8 if it is that, else Latin-1, the encoding that loaders of old files choose."""
    if len(raw) > MAX_TEXT:
        return LongText(raw[:HEAD_CHARS].decode("latin-1"), len(raw))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _strtol(digits: bytes) -> int:
    if digits[:2] in (b"0x", b"0X"):
        return int(digits, 16)
    return int(digits, 8) if digits[:1] == b"0" else int(digits)


def _python_int(text: bytes) -> object:
    if len(text) > MAX_DIGITS:
        return UNKNOWN
    try:
        return int(text, 0)
    except ValueError:
        return UNKNOWN


def _unescape(match: re.Match[bytes]) -> bytes:
    body = match[1]
    if body[:1] == b"x":
        return bytes.fromhex(body[1:].decode())
    if body[:1].isdigit():
        return bytes([int(body, 8) & 0xFF])
    return _ESCAPED[body]
