"""Opcodes that push constants: numbers, strings, bytes, empty containers.

A handler takes the state, the buffer and the position after the opcode byte, and returns the
position of the next opcode. It changes nothing before its whole argument is there. The
buffer holds at least eight more bytes (padding, if need be), so short counted arguments
need no check of their own.
"""

from __future__ import annotations

from struct import Struct

from trustaudit.formats.pickle.state import MAX_LINE, LongLine, LongPayload, Malformed, NeedMore, Payload, StreamState
from trustaudit.formats.pickle.textargs import (
    SHORT,
    ZERO,
    float_argument,
    int_argument,
    long_argument,
    string_argument,
    text_value,
    unicode_argument,
)
from trustaudit.formats.pickle.values import LIST, MAX_TEXT, SET, UNKNOWN, Items

_INT = Struct("<i").unpack_from
_SHORT = Struct("<H").unpack_from
_SIZE4 = Struct("<I").unpack_from
_SIZE8 = Struct("<Q").unpack_from
_FLOAT = Struct(">d").unpack_from
SHORT_FLOAT = 32
"""Characters that nearly every float has at most."""

SHALLOW = 64
"""Stack height up to which the items of lists are kept."""

_PROTO_BYTE = 0x80
QUOTE = ord("'")
BACKSLASH = ord("\\")
_SIZE_MAX = (1 << 63) - 1


def line(state: StreamState, data: bytes, position: int, lines: int = 1) -> tuple[bytes, int]:
    """A text argument without its newline, and the position after it; ``lines`` are left including this one."""
    end = data.find(b"\n", position, position + MAX_LINE)
    if end >= 0:
        return data[position:end], end + 1
    if state.end - position >= MAX_LINE:
        raise LongLine(position, lines)
    raise NeedMore


def none(state: StreamState, _data: bytes, position: int) -> int:
    """NONE."""
    state.stack.append(None)
    return position


def true(state: StreamState, _data: bytes, position: int) -> int:
    """NEWTRUE."""
    state.stack.append(True)
    return position


def false(state: StreamState, _data: bytes, position: int) -> int:
    """NEWFALSE."""
    state.stack.append(False)
    return position


def empty_tuple(state: StreamState, _data: bytes, position: int) -> int:
    """EMPTY_TUPLE."""
    state.stack.append(())
    return position


def empty_list(state: StreamState, _data: bytes, position: int) -> int:
    """EMPTY_LIST. What a list holds is only shown, as an argument; not worth an object in the midst of a million."""
    stack = state.stack
    stack.append([] if len(stack) < SHALLOW else LIST)
    return position


def empty_dict(state: StreamState, _data: bytes, position: int) -> int:
    """EMPTY_DICT."""
    state.stack.append(Items())
    return position


def empty_set(state: StreamState, _data: bytes, position: int) -> int:
    """EMPTY_SET."""
    state.stack.append(SET)
    return position


def binint(state: StreamState, data: bytes, position: int) -> int:
    """BININT: four bytes, signed."""
    state.stack.append(_INT(data, position)[0])
    return position + 4


def binint1(state: StreamState, data: bytes, position: int) -> int:
    """BININT1: one byte."""
    state.stack.append(data[position])
    return position + 1


def binint2(state: StreamState, data: bytes, position: int) -> int:
    """BININT2: two bytes."""
    state.stack.append(_SHORT(data, position)[0])
    return position + 2


def binfloat(state: StreamState, data: bytes, position: int) -> int:
    """BINFLOAT: eight bytes, big-endian."""
    state.stack.append(_FLOAT(data, position)[0])
    return position + 8


def text_int(state: StreamState, data: bytes, position: int) -> int:
    """INT."""
    end = data.find(b"\n", position)
    text = data[position:end]
    if 0 < end <= position + SHORT and text.isdigit() and text[0] != ZERO:
        state.stack.append(int(text))
        return end + 1
    text, end = line(state, data, position)
    _push_parsed(state, int_argument(text), position, "INT")
    return end


def text_long(state: StreamState, data: bytes, position: int) -> int:
    """LONG."""
    text, end = line(state, data, position)
    _push_parsed(state, long_argument(text), position, "LONG")
    return end


def text_float(state: StreamState, data: bytes, position: int) -> int:
    """FLOAT."""
    end = data.find(b"\n", position, position + SHORT_FLOAT)
    try:
        value = float(data[position:end]) if end >= 0 else None
    except ValueError:
        value = None
    if value is None:
        text, end = line(state, data, position)
        _push_parsed(state, float_argument(text), position, "FLOAT")
        return end
    state.stack.append(value)
    return end + 1


def text_string(state: StreamState, data: bytes, position: int) -> int:
    """STRING: without escapes, nearly always."""
    end = data.find(b"\n", position, position + MAX_TEXT)
    body = data[position + 1 : end - 1]
    if end > position + 1 and data[position] == data[end - 1] == QUOTE and BACKSLASH not in body and body.isascii():
        state.stack.append(body.decode())
        return end + 1
    text, end = line(state, data, position)
    _push_parsed(state, string_argument(text), position, "STRING")
    return end


def text_unicode(state: StreamState, data: bytes, position: int) -> int:
    """UNICODE: Latin-1 when nothing is escaped."""
    end = data.find(b"\n", position, position + MAX_TEXT)
    text = data[position:end]
    if end >= 0 and BACKSLASH not in text:
        state.stack.append(text.decode("latin-1"))
        return end + 1
    text, end = line(state, data, position)
    state.stack.append(unicode_argument(text))
    return end


def _push_parsed(state: StreamState, value: object, position: int, opcode: str) -> None:
    if value is UNKNOWN:
        state.observe("pickle-bad-argument", f"the argument of {opcode} cannot be read", position - 1, opcode=opcode)
    state.stack.append(value)


def long1(state: StreamState, data: bytes, position: int) -> int:
    """LONG1: up to 255 bytes, two's complement."""
    raw, end = _short(state, data, position)
    state.stack.append(int.from_bytes(raw, "little", signed=True))
    return end


def long4(state: StreamState, data: bytes, position: int) -> int:
    """LONG4. A negative size fails in every unpickler."""
    size: int = _INT(data, position)[0]
    if size < 0 and position + 4 <= state.end:
        raise Malformed("LONG4 with a negative size")
    raw, end = _counted(state, data, position + 4, size, Payload.NUMBER)
    state.stack.append(int.from_bytes(raw, "little", signed=True))
    return end


def short_binunicode(state: StreamState, data: bytes, position: int) -> int:
    """SHORT_BINUNICODE: the commonest opcode with an argument, hence without calls; strict UTF-8 decodes faster."""
    start = position + 1
    end = start + data[position]
    if end > state.end:
        raise NeedMore
    try:
        state.stack.append(data[start:end].decode())
    except UnicodeDecodeError:
        state.stack.append(data[start:end].decode("utf-8", "surrogatepass"))
    return end


def binunicode(state: StreamState, data: bytes, position: int) -> int:
    """BINUNICODE."""
    start = position + 4
    end: int = start + _SIZE4(data, position)[0]
    if end > state.end or end - start > MAX_TEXT:
        _counted(state, data, start, end - start, Payload.TEXT)
    try:
        state.stack.append(data[start:end].decode())
    except UnicodeDecodeError:
        state.stack.append(data[start:end].decode("utf-8", "surrogatepass"))
    return end


def binunicode8(state: StreamState, data: bytes, position: int) -> int:
    """BINUNICODE8."""
    raw, end = _counted(state, data, position + 8, _size8(state, data, position), Payload.TEXT)
    state.stack.append(raw.decode("utf-8", "surrogatepass"))
    return end


def short_binstring(state: StreamState, data: bytes, position: int) -> int:
    """SHORT_BINSTRING."""
    start = position + 1
    end = start + data[position]
    if end > state.end:
        raise NeedMore
    state.stack.append(text_value(data[start:end]))
    return end


def binstring(state: StreamState, data: bytes, position: int) -> int:
    """BINSTRING. Its size is signed in Python and unsigned in C; C is the one that goes on."""
    raw, end = _counted(state, data, position + 4, _SIZE4(data, position)[0], Payload.STRING)
    state.stack.append(text_value(raw))
    return end


def short_binbytes(state: StreamState, data: bytes, position: int) -> int:
    """SHORT_BINBYTES."""
    start = position + 1
    end = start + data[position]
    if end > state.end:
        raise NeedMore
    if data[start] == _PROTO_BYTE:
        state.nesting.constant(data[start:end], state.base + start)
    state.stack.append(data[start:end])
    return end


def binbytes(state: StreamState, data: bytes, position: int) -> int:
    """BINBYTES."""
    raw, end = _counted(state, data, position + 4, _SIZE4(data, position)[0], Payload.BYTES)
    return _push_bytes(state, raw, end)


def binbytes8(state: StreamState, data: bytes, position: int) -> int:
    """BINBYTES8 and BYTEARRAY8."""
    raw, end = _counted(state, data, position + 8, _size8(state, data, position), Payload.BYTES)
    return _push_bytes(state, raw, end)


def _push_bytes(state: StreamState, raw: bytes, end: int) -> int:
    if raw and raw[0] == _PROTO_BYTE:
        state.nesting.constant(raw, state.base + end - len(raw))
    state.stack.append(raw)
    return end


def _short(state: StreamState, data: bytes, position: int) -> tuple[bytes, int]:
    end = position + 1 + data[position]
    if end > state.end:
        raise NeedMore
    return data[position + 1 : end], end


def _counted(state: StreamState, data: bytes, start: int, size: int, kind: Payload) -> tuple[bytes, int]:
    if start > state.end:
        raise NeedMore
    if size > MAX_TEXT:
        raise LongPayload(start, size, kind)
    if start + size > state.end:
        raise NeedMore
    return data[start : start + size], start + size


def _size8(state: StreamState, data: bytes, position: int) -> int:
    size: int = _SIZE8(data, position)[0]
    if size > _SIZE_MAX and position + 8 <= state.end:
        raise Malformed("a size beyond 63 bits")
    return size
