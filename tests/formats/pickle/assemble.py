"""Pickles written opcode by opcode. Every callable is only named; nothing here is ever loaded.

Each function returns the bytes of one construct that leaves one value on the stack, so
constructs nest by concatenation: ``pickle(reduce(glob("posix", "system"), text("true")))``.
"""

from __future__ import annotations

import struct

STOP = b"."
MARK = b"("
POP = b"0"
MEMOIZE = b"\x94"


def proto(version: int) -> bytes:
    return b"\x80" + bytes([version])


def pickle(*parts: bytes, protocol: int | None = 2) -> bytes:
    """A whole stream; without PROTO when ``protocol`` is None."""
    return (b"" if protocol is None else proto(protocol)) + b"".join(parts) + STOP


def glob(module: str, name: str) -> bytes:
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def stack_glob(module: str, name: str) -> bytes:
    return short_text(module) + short_text(name) + b"\x93"


def inst(module: str, name: str, *args: bytes) -> bytes:
    return MARK + b"".join(args) + b"i" + module.encode() + b"\n" + name.encode() + b"\n"


def obj(callee: bytes, *args: bytes) -> bytes:
    return MARK + callee + b"".join(args) + b"o"


def reduce(callee: bytes, *args: bytes) -> bytes:
    return callee + tuple_of(*args) + b"R"


def newobj(callee: bytes, *args: bytes) -> bytes:
    return callee + tuple_of(*args) + b"\x81"


def newobj_ex(callee: bytes, *args: bytes) -> bytes:
    return callee + tuple_of(*args) + b"}" + b"\x92"


def build(target: bytes, state: bytes) -> bytes:
    return target + state + b"b"


def tuple_of(*items: bytes) -> bytes:
    return MARK + b"".join(items) + b"t"


def dict_of(**items: bytes) -> bytes:
    return b"}" + MARK + b"".join(short_text(key) + value for key, value in items.items()) + b"u"


def text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def short_text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"\x8c" + bytes([len(raw)]) + raw


def long_text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"\x8d" + struct.pack("<Q", len(raw)) + raw


def string(value: str) -> bytes:
    return b"S" + repr(value).encode() + b"\n"


def unicode_line(value: str) -> bytes:
    return b"V" + value.encode("raw_unicode_escape") + b"\n"


def short_binstring(value: bytes) -> bytes:
    return b"U" + bytes([len(value)]) + value


def binstring(value: bytes) -> bytes:
    return b"T" + struct.pack("<I", len(value)) + value


def binbytes(value: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(value)) + value


def short_binbytes(value: bytes) -> bytes:
    return b"C" + bytes([len(value)]) + value


def binbytes8(value: bytes) -> bytes:
    return b"\x8e" + struct.pack("<Q", len(value)) + value


def bytearray8(value: bytes) -> bytes:
    return b"\x96" + struct.pack("<Q", len(value)) + value


def put(index: int) -> bytes:
    return b"q" + bytes([index]) if index < 256 else b"r" + struct.pack("<I", index)


def get(index: int) -> bytes:
    return b"h" + bytes([index]) if index < 256 else b"j" + struct.pack("<I", index)


def frame(content: bytes, size: int | None = None) -> bytes:
    return b"\x95" + struct.pack("<Q", len(content) if size is None else size) + content


def integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)
