"""Writes small HDF5 files by hand: both generations of group storage, every kind of link, attributes, datasets.

Checksums are zero: the inspector does not verify them, and neither does hostile data.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNDEFINED = (1 << 64) - 1


def u(width: int, value: int) -> bytes:
    return value.to_bytes(width, "little")


def dataspace(*dims: int) -> bytes:
    return bytes([2, len(dims), 0, 1 if dims else 0]) + b"".join(u(8, size) for size in dims)


def dataspace_v1(*dims: int) -> bytes:
    return bytes([1, len(dims), 0, 0]) + bytes(4) + b"".join(u(8, size) for size in dims)


def datatype(cls: int, size: int, bits: int = 0) -> bytes:
    return bytes([0x10 | cls]) + u(3, bits) + u(4, size)


def attribute(name: str, kind: bytes, space: bytes, data: bytes, version: int = 3) -> bytes:
    label = name.encode() + b"\0"
    sizes = u(2, len(label)) + u(2, len(kind)) + u(2, len(space))
    if version == 1:
        pad = [part + bytes(-len(part) % 8) for part in (label, kind, space)]
        return b"\1\0" + sizes + b"".join(pad) + data
    return bytes([version, 0]) + sizes + (b"\1" if version == 3 else b"") + label + kind + space + data


def fixed_text(name: str, text: bytes, version: int = 3) -> bytes:
    space = dataspace_v1() if version == 1 else dataspace()
    return attribute(name, datatype(3, len(text)), space, text, version)


def link(name: str, kind: int, value: bytes, *, flags: int = 0) -> bytes:
    label = name.encode()
    return bytes([1, flags | 8, kind]) + u(1, len(label)) + label + value


def hard(name: str, address: int) -> bytes:
    return link(name, 0, u(8, address))


def soft(name: str, path: str) -> bytes:
    return link(name, 1, u(2, len(path)) + path.encode())


def external(name: str, file: str, path: str = "/data") -> bytes:
    value = b"\0" + file.encode() + b"\0" + path.encode() + b"\0"
    return link(name, 64, u(2, len(value)) + value)


@dataclass
class H5:
    """Grows a file; every method returns the address of what it wrote. ``root`` is set last."""

    version: int = 2
    data: bytearray = field(default_factory=lambda: bytearray(96))
    user_block: bytes = b""

    def put(self, block: bytes) -> int:
        self.data += bytes(-len(self.data) % 8)
        self.data += block
        return len(self.data) - len(block)

    def header(self, *messages: tuple[int, bytes], flags: int = 2) -> int:
        """A version 2 object header."""
        body = b"".join(bytes([kind]) + u(2, len(data)) + b"\0" + data for kind, data in messages)
        return self.put(b"OHDR\2" + bytes([flags]) + u(1 << (flags & 3), len(body)) + body + bytes(4))

    def header_v1(self, *messages: tuple[int, bytes], count: int | None = None) -> int:
        body = b""
        for kind, data in messages:
            padded = data + bytes(-len(data) % 8)
            body += u(2, kind) + u(2, len(padded)) + bytes(4) + padded
        head = b"\1\0" + u(2, len(messages) if count is None else count) + u(4, 1) + u(4, len(body)) + bytes(4)
        return self.put(head + body)

    def continued(self, first: list[tuple[int, bytes]], rest: list[tuple[int, bytes]]) -> int:
        """A version 2 header whose last messages stand in a continuation block."""
        body = b"".join(bytes([kind]) + u(2, len(data)) + b"\0" + data for kind, data in rest)
        block = b"OCHK" + body + bytes(4)
        return self.header(*first, (16, u(8, self.put(block)) + u(8, len(block))))

    def heap(self, *texts: str) -> tuple[int, list[int]]:
        """A local heap; returns its address and the offset of each text."""
        body, offsets = bytearray(8), []
        for text in texts:
            offsets.append(len(body))
            body += text.encode() + b"\0"
        at = self.put(bytes(body))
        return self.put(b"HEAP" + bytes(4) + u(8, len(body)) + u(8, UNDEFINED) + u(8, at)), offsets

    def global_heap(self, text: bytes) -> int:
        padded = text + bytes(-len(text) % 8)
        return self.put(
            b"GCOL\1\0\0\0" + u(8, 32 + len(padded)) + u(2, 1) + u(2, 1) + bytes(4) + u(8, len(text)) + padded
        )

    def variable_text(self, name: str, text: bytes) -> bytes:
        value = u(4, len(text)) + u(8, self.global_heap(text)) + u(4, 1)
        return attribute(name, datatype(9, 16, 1) + datatype(3, 1), dataspace(), value)

    def old_group(self, entries: dict[str, int], soft_links: dict[str, str] | None = None) -> int:
        """A group of the first generation: symbol table, B-tree, local heap."""
        paths = soft_links or {}
        heap, offsets = self.heap(*entries, *paths, *paths.values())
        rows = [u(8, at) + u(8, target) + bytes(24) for at, target in zip(offsets, entries.values(), strict=False)]
        for index in range(len(paths)):
            at = offsets[len(entries) + index]
            path = offsets[len(entries) + len(paths) + index]
            rows.append(u(8, at) + u(8, UNDEFINED) + u(4, 2) + bytes(4) + u(4, path) + bytes(12))
        node = self.put(b"SNOD\1\0" + u(2, len(rows)) + b"".join(rows))
        tree = self.put(b"TREE\0\0" + u(2, 1) + u(8, UNDEFINED) * 2 + u(8, 0) + u(8, node) + u(8, 0))
        return self.header_v1((17, u(8, tree) + u(8, heap)))

    def dense(self, objects: list[bytes], kind: int, *, block: int = 4096) -> tuple[int, int]:
        """A fractal heap with one direct block and a B-tree of one leaf; returns both addresses."""
        id_length = 7 if kind == 5 else 8
        at, identities, body = 0, [], bytearray(b"FHDB\0" + u(8, 0) + u(5, 0))
        for item in objects:
            at = len(body)
            identities.append(b"\0" + u(5, at) + u(2, len(item))[: id_length - 6])
            body += item
        body += bytes(block - len(body))
        root = self.put(bytes(body))
        head = b"FRHP\0" + u(2, id_length) + u(2, 0) + b"\0" + u(4, 200) + u(8, 0) + u(8, UNDEFINED)
        head += u(8, 0) + u(8, UNDEFINED) + u(8, block) * 2 + bytes(48) + u(2, 4) + u(8, block) + u(8, 65536)
        heap = self.put(head + u(2, 40) + u(2, 1) + u(8, root) + u(2, 0) + bytes(4))
        before, after = (4, 0) if kind == 5 else (0, 9)
        records = b"".join(bytes(before) + identity + bytes(after) for identity in identities)
        size = before + id_length + after
        leaf = self.put(b"BTLF\0" + bytes([kind]) + records + bytes(4))
        tree = b"BTHD\0" + bytes([kind]) + u(4, 4096) + u(2, size) + u(2, 0) + b"\x64\x28"
        return heap, self.put(tree + u(8, leaf) + u(2, len(objects)) + u(8, len(objects)) + bytes(4))

    def dataset(self, dims: tuple[int, ...] = (4,), *more: tuple[int, bytes]) -> int:
        layout = b"\3\1" + u(8, UNDEFINED) + u(8, 0)
        return self.header((1, dataspace(*dims)), (3, datatype(1, 4)), (8, layout), *more)

    def external_dataset(self, *files: str) -> int:
        heap, offsets = self.heap(*files)
        slots = b"".join(u(8, at) + u(8, 0) + u(8, 16) for at in offsets)
        efl = b"\1\0\0\0" + u(2, len(files)) + u(2, len(files)) + u(8, heap) + slots
        return self.header((1, dataspace(4)), (3, datatype(1, 4)), (7, efl), (8, b"\3\1" + u(8, UNDEFINED) + u(8, 16)))

    def virtual_dataset(self, *files: str) -> int:
        everything = u(4, 3) + u(4, 1) + bytes(8)
        entries = b"".join(file.encode() + b"\0data\0" + everything * 2 for file in files)
        heap = self.global_heap(b"\0" + u(8, len(files)) + entries)
        return self.header((1, dataspace(4)), (3, datatype(1, 4)), (8, b"\4\3" + u(8, heap) + u(4, 1)))

    def build(self, root: int) -> bytes:
        end = u(8, len(self.data))
        if self.version < 2:
            head = SIGNATURE + bytes([self.version, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
            head += b"\1\0\0\0" if self.version == 1 else b""
            head += u(8, 0) + u(8, UNDEFINED) + end + u(8, UNDEFINED) + u(8, 0) + u(8, root)
        else:
            head = SIGNATURE + bytes([self.version, 8, 8, 0]) + u(8, 0) + u(8, UNDEFINED) + end + u(8, root) + bytes(4)
        self.data[: len(head)] = head
        return self.user_block + bytes(self.data)
