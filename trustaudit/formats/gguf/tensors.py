"""The tensor table of a GGUF file: names, shapes, types, and whether they fit the file.

llama.cpp lays tensors out in file order without holes and refuses anything else; Ollama read
beyond a file whose tensors were declared larger than their data (CVE-2026-7482).
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from msgspec import Struct

from trustaudit.formats.gguf.values import Cursor
from trustaudit.formats.interface import Read
from trustaudit.formats.record import MalformedError, Reading, Record, clip, text_of

MAX_TENSORS = 1_000_000
"""A large mixture of experts has some 2 000."""

BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    4: (32, 20),
    5: (32, 24),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 40),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    31: (32, 18),
    32: (32, 18),
    33: (32, 18),
    34: (256, 54),
    35: (256, 66),
    36: (32, 18),
    37: (32, 18),
    38: (32, 18),
    39: (32, 17),
    40: (64, 36),
    41: (128, 18),
}
"""Elements and bytes of one block by type id: ggml.c, with the types it has since removed."""

_SIZE_UNKNOWN = {4, 5}
_MAX_DIMENSIONS = 4
_MAX_NAME = 63
_OVERFLOW = 1 << 63


class TensorInfo(Struct, frozen=True):
    """One row of the table. ``size`` in bytes, None when the type is not known here."""

    name: str
    elements: int
    type: int
    offset: int
    size: int | None


def read_tensors(cursor: Cursor, record: Record, count: int) -> Reading[list[TensorInfo]]:
    """All rows of the table; what is wrong with one is noted."""
    tensors = []
    names: set[bytes] = set()
    for _ in range(count):
        at = cursor.at
        name = yield from cursor.string()
        if name in names:
            record.anomaly("gguf-duplicate-tensor", f"two tensors are called {clip(text_of(name), 100)!r}", at)
        names.add(name)
        tensors.append((yield from _tensor(cursor, record, name, at)))
    return tensors


def _tensor(cursor: Cursor, record: Record, name: bytes, at: int) -> Reading[TensorInfo]:
    shown = clip(text_of(name), 100)
    if len(name) > _MAX_NAME or b"\0" in name:
        record.anomaly("gguf-tensor-name", f"tensor name {shown!r} is longer than {_MAX_NAME} bytes or holds NUL", at)
    dimensions = yield from cursor.integer("I")
    if dimensions > _MAX_DIMENSIONS:
        raise MalformedError("gguf-tensor-dimensions", f"tensor {shown!r} has {dimensions} dimensions", at)
    shape = [int(size) for size in (yield from cursor.numbers("Q" if cursor.wide else "I", dimensions))]
    type_id = yield from cursor.integer("I")
    offset = yield from cursor.integer("Q")
    elements = math.prod(shape)
    if elements >= _OVERFLOW or any(size >= _OVERFLOW for size in shape):
        record.anomaly("gguf-tensor-overflow", f"tensor {shown!r}: its size overflows 63 bits", at)
    return TensorInfo(shown, elements, type_id, offset, _size(record, shown, shape, type_id, at))


def _size(record: Record, shown: str, shape: list[int], type_id: int, at: int) -> int | None:
    if type_id not in BLOCKS:
        record.anomaly("gguf-tensor-type", f"tensor {shown!r} has the unknown type {type_id}", at, type=str(type_id))
        return None
    if type_id in _SIZE_UNKNOWN:
        return None
    per_block, block_bytes = BLOCKS[type_id]
    row = shape[0] if shape else 1
    if row % per_block:
        told = f"tensor {shown!r}: rows of {row} elements do not fill blocks of {per_block}"
        record.anomaly("gguf-tensor-block", told, at)
    return math.prod(shape) // per_block * block_bytes


def check_layout(record: Record, tensors: list[TensorInfo], data_start: int, alignment: int) -> Reading[None]:
    """Offsets against alignment, each other and the end of the file."""
    available = max(0, record.source.size - data_start)
    _check_each(record, tensors, data_start, available, alignment)
    if any(later.offset < earlier.offset for earlier, later in pairwise(tensors)):
        record.anomaly("gguf-tensor-order", "tensors do not lie in the order of their table", data_start)
    end: int | None = 0
    for tensor in sorted(tensors, key=lambda t: (t.offset, t.size or 0)):
        if end is not None and tensor.offset != end:
            _misplaced(record, tensor, end, data_start)
        end = None if tensor.size is None else _aligned(max(end or 0, tensor.offset + tensor.size), alignment)
    if end is not None and available > end and not record.source.forward:
        yield from _trailing(record, data_start + end, available - end)


def _check_each(record: Record, tensors: list[TensorInfo], data_start: int, available: int, alignment: int) -> None:
    for tensor in tensors:
        if tensor.offset % alignment:
            told = f"tensor {tensor.name!r} at {tensor.offset} is not aligned to {alignment}"
            record.anomaly("gguf-tensor-misaligned", told, data_start)
        if tensor.offset + (tensor.size or 0) > available:
            told = (
                f"tensor {tensor.name!r} ends at {tensor.offset + (tensor.size or 0)}, the data has {available} bytes"
            )
            record.anomaly("gguf-tensor-beyond-file", told, data_start)


def _misplaced(record: Record, tensor: TensorInfo, expected: int, data_start: int) -> None:
    kind = "gguf-tensor-gap" if tensor.offset > expected else "gguf-tensor-overlap"
    told = f"tensor {tensor.name!r} starts at {tensor.offset}, expected {expected}"
    record.anomaly(kind, told, data_start + min(expected, tensor.offset))


def _trailing(record: Record, offset: int, count: int) -> Reading[None]:
    head = yield Read(offset, min(count, 16))
    told = f"{count} bytes behind the last tensor"
    record.anomaly("gguf-trailing-data", told, offset, bytes=str(count), head=head.hex())


def summarize(record: Record, tensors: list[TensorInfo]) -> None:
    """One fact about all tensors, for comparisons between formats of one repository."""
    types = Counter(tensor.type for tensor in tensors)
    record.fact(
        "gguf-tensors",
        f"{len(tensors)} tensors",
        tensors=str(len(tensors)),
        parameters=str(sum(tensor.elements for tensor in tensors)),
        types=",".join(f"{type_id}:{count}" for type_id, count in sorted(types.items())[:20]),
    )


def _aligned(offset: int, alignment: int) -> int:
    return (offset + alignment - 1) // alignment * alignment
