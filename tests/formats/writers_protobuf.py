"""Writes protobuf wire format by hand."""

from __future__ import annotations


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def tag(field: int, wire: int) -> bytes:
    return varint(field << 3 | wire)


def number(field: int, value: int) -> bytes:
    return tag(field, 0) + varint(value)


def blob(field: int, data: bytes | str) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    return tag(field, 2) + varint(len(raw)) + raw


def fixed64(field: int, data: bytes = bytes(8)) -> bytes:
    return tag(field, 1) + data


def fixed32(field: int, data: bytes = bytes(4)) -> bytes:
    return tag(field, 5) + data


def group(field: int, inner: bytes) -> bytes:
    return tag(field, 3) + inner + tag(field, 4)
