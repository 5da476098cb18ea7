"""Writes small object formats by hand: msgpack as Flax does, Lua Torch, R's XDR serialization."""

from __future__ import annotations

import struct


def packed(value: object) -> bytes:
    """msgpack of plain values; ``Ext`` for extensions."""
    if isinstance(value, Ext):
        return b"\xc9" + struct.pack(">Ib", len(value.data), value.kind) + value.data
    if isinstance(value, str):
        return b"\xd9" + bytes([len(value.encode())]) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, dict):
        items = b"".join(packed(key) + packed(item) for key, item in value.items())
        return b"\xdf" + struct.pack(">I", len(value)) + items
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(packed(item) for item in value)
    assert isinstance(value, int)
    return b"\xce" + struct.pack(">I", value)


class Ext:
    def __init__(self, kind: int, data: bytes) -> None:
        self.kind = kind
        self.data = data


def array(shape: list[int], dtype: str, data: bytes) -> Ext:
    return Ext(1, packed([shape, dtype, data]))


def flax() -> bytes:
    layer = {"kernel": array([4, 2], "float32", bytes(32)), "bias": array([2], "bfloat16", bytes(4))}
    return packed({"params": {"dense": layer}, "step": 7, "opt": {"0": {}, "name": "adam"}})


def lua_string(text: str) -> bytes:
    return struct.pack("<ii", 2, len(text)) + text.encode()


def lua_number(value: float) -> bytes:
    return struct.pack("<id", 1, value)


def lua_table(index: int, *pairs: tuple[bytes, bytes]) -> bytes:
    return struct.pack("<iii", 3, index, len(pairs)) + b"".join(key + value for key, value in pairs)


def lua_object(index: int, name: str, body: bytes) -> bytes:
    head = struct.pack("<iii", 4, index, 3) + b"V 1"
    return head + struct.pack("<i", len(name)) + name.encode() + body


def lua_tensor(index: int, elements: int) -> bytes:
    storage = lua_object(index + 1, "torch.FloatStorage", struct.pack("<q", elements) + bytes(4 * elements))
    return lua_object(index, "torch.FloatTensor", struct.pack("<iqqq", 1, elements, 1, 1) + storage)


def lua_function(index: int) -> bytes:
    return struct.pack("<iii", 8, index, 5) + b"\x1bLJ\x02\x00" + lua_table(index + 1)


XDR_3 = b"X\n" + struct.pack(">iii", 3, 0x040100, 0x030500) + struct.pack(">i", 5) + b"UTF-8"
XDR_2 = b"X\n" + struct.pack(">iii", 2, 0x030600, 0x020300)
R_NULL = struct.pack(">i", 254)


def r_chars(text: str) -> bytes:
    return struct.pack(">ii", 0x00040009, len(text)) + text.encode()


def r_strings(*texts: str) -> bytes:
    return struct.pack(">ii", 16, len(texts)) + b"".join(r_chars(text) for text in texts)


def r_numbers(*values: float) -> bytes:
    return struct.pack(f">ii{len(values)}d", 14, len(values), *values)


def r_symbol(name: str) -> bytes:
    return struct.pack(">i", 1) + r_chars(name)


def r_pairs(*pairs: tuple[str, bytes]) -> bytes:
    return b"".join(struct.pack(">i", 0x402) + r_symbol(name) + value for name, value in pairs) + R_NULL


def r_list(*values: bytes, names: tuple[str, ...] = ()) -> bytes:
    out = struct.pack(">ii", 19 | (0x200 if names else 0), len(values)) + b"".join(values)
    return out + (r_pairs(("names", r_strings(*names))) if names else b"")


def r_promise() -> bytes:
    call = struct.pack(">i", 6) + r_symbol("identity") + R_NULL
    return struct.pack(">i", 5) + struct.pack(">i", 251) + call
