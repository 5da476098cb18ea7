"""Writes FlatBuffers by hand, back to front as the real builders do: offsets only point forward."""

from __future__ import annotations

import struct


class Flat:
    """Addresses are distances from the end of the file; ``finish`` makes them final."""

    def __init__(self, magic: bytes) -> None:
        self.magic = magic
        self.tail = b""

    def _put(self, block: bytes) -> int:
        self.tail = block + bytes(-len(block) % 4) + self.tail
        return len(self.tail)

    def text(self, value: str) -> int:
        return self._put(struct.pack("<I", len(value.encode())) + value.encode() + b"\0")

    def vector(self, targets: list[int]) -> int:
        """A vector of offsets."""
        end = len(self.tail) + 4 * len(targets)
        places = [end - 4 * index - target for index, target in enumerate(targets)]
        return self._put(struct.pack(f"<I{len(targets)}I", len(targets), *places))

    def table(self, fields: dict[int, int | bytes]) -> int:
        """``fields``: number to the address it points to, or to raw bytes stored in place."""
        sizes = {n: 4 if isinstance(v, int) else len(v) + -len(v) % 4 for n, v in sorted(fields.items())}
        start = len(self.tail) + 4 + sum(sizes.values())
        body, places = b"", [0] * (max(fields, default=-1) + 1)
        for number, size in sizes.items():
            places[number] = 4 + len(body)
            value = fields[number]
            where = start - places[number]
            body += struct.pack("<I", where - value) if isinstance(value, int) else value.ljust(size, b"\0")
        vtable = struct.pack(f"<HH{len(places)}H", 4 + 2 * len(places), 4 + len(body), *places)
        vtable += bytes(-len(vtable) % 4)
        address = self._put(struct.pack("<i", len(vtable)) + body)
        self._put(vtable)
        return address

    def finish(self, root: int) -> bytes:
        return struct.pack("<I", 8 + len(self.tail) - root) + self.magic + self.tail


def tflite(custom: list[str], *, description: str = "MLIR Converted.", data: int = 4000) -> bytes:
    """A model with one builtin and the given custom operators."""
    flat = Flat(b"TFL3")
    flat._put(bytes(data))
    codes = [flat.table({0: b"\x03", 3: b"\x03\0\0\0"})]
    codes += [flat.table({0: b"\x20", 1: flat.text(name)}) for name in custom]
    operators = [flat.table({0: struct.pack("<I", index)}) for index in range(len(codes))]
    subgraph = flat.table({0: flat.vector([]), 3: flat.vector(operators), 4: flat.text("main")})
    metadata = flat.table({0: flat.text("min_runtime_version"), 1: b"\1\0\0\0"})
    fields: dict[int, int | bytes] = {
        0: b"\3\0\0\0",
        1: flat.vector(codes),
        2: flat.vector([subgraph]),
        3: flat.text(description),
        4: flat.vector([flat.table({})]),
        6: flat.vector([metadata]),
    }
    return flat.finish(flat.table(fields))
