"""Where HDF5 keeps names, long strings and dense lists: local, global and fractal heaps, version 2 B-trees."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter

from msgspec import Struct

from trustaudit.formats.hdf5.layout import MALFORMED, H5File, Parts
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

MAX_HEAP = 64 * 1024 * 1024
MAX_NODES = 20_000
MAX_BLOCKS = 20_000

_MANAGED, _HUGE, _TINY = range(3)
_LINK_BY_NAME, _LINK_BY_ORDER, _ATTRIBUTE_BY_NAME, _ATTRIBUTE_BY_ORDER = 5, 6, 8, 9
_HUGE_INDIRECT = 1
_NODE_OVERHEAD = 10
_LONGEST_NAME = 65_536


def local_heap(file: H5File, address: int) -> Reading[tuple[int, int]]:
    """Address and size of the data of a local heap."""
    head = yield from file.signed(address, b"HEAP", 8 + 2 * file.lengths + file.offsets)
    head.take(4)
    size = file.length(head)
    file.length(head)
    return file.address(head), size


def heap_text(file: H5File, heap: tuple[int, int], offset: int) -> Reading[bytes]:
    """The NUL-terminated text at ``offset`` of a local heap."""
    start, size = heap
    if offset >= size:
        raise MalformedError(MALFORMED, "a name outside its heap", file.base + start)
    length, limit = 256, min(size - offset, _LONGEST_NAME)
    while True:
        data = yield from file.pages.take(file.base + start + offset, min(length, limit))
        if b"\0" in data or length >= limit:
            return data.split(b"\0", 1)[0]
        length *= 4


def global_object(file: H5File, address: int, index: int, longest: int) -> Reading[bytes]:
    """Object ``index`` of the global heap collection at ``address``, up to ``longest`` bytes."""
    head = yield from file.signed(address, b"GCOL", 8 + file.lengths)
    head.take(4)
    size = file.length(head)
    at = 8 + file.lengths
    for _ in range(_LONGEST_NAME):
        if at + 8 + file.lengths > size:
            break
        entry = yield from file.structure(address + at, 8 + file.lengths)
        number = entry.number(2)
        entry.take(6)
        length = file.length(entry)
        if number == index and number:
            body = yield from file.structure(address + at + 8 + file.lengths, min(length, longest))
            return body.data
        if number == 0:
            break
        at += 8 + file.lengths + -(-length // 8) * 8
    raise MalformedError(MALFORMED, "no such object in a global heap", file.base + address)


class FractalHeap(Struct):
    """The parts of a fractal heap's header that finding an object takes."""

    id_length: int
    offset_bytes: int
    length_bytes: int
    filtered: bool
    huge_tree: int
    width: int
    start: int
    largest: int
    root: int
    rows: int
    blocks: list[tuple[int, int, int]]


def open_heap(file: H5File, address: int) -> Reading[FractalHeap]:
    """Read a fractal heap's header and list its direct blocks as (heap offset, size, address)."""
    fixed = 22 + 12 * file.lengths + 3 * file.offsets
    head = yield from file.signed(address, b"FRHP", fixed)
    head.take(1)
    id_length, filters = head.number(2), head.number(2)
    head.take(1)
    longest = head.number(4)
    file.length(head)
    huge_tree = file.address(head)
    file.length(head)
    file.address(head)
    head.take(8 * file.lengths)
    width, start, largest = head.number(2), file.length(head), file.length(head)
    bits = head.number(2)
    head.take(2)
    root, rows = file.address(head), head.number(2)
    if not start or start & (start - 1) or largest & (largest - 1) or largest < start or not width:
        raise MalformedError(MALFORMED, "a fractal heap with impossible block sizes", file.base + address)
    lengths = max(1, min(-(-(largest.bit_length() - 1) // 8), _width(longest)))
    heap = FractalHeap(
        id_length, -(-bits // 8), lengths, bool(filters), huge_tree, width, start, largest, root, rows, []
    )
    yield from _list_blocks(file, heap)
    heap.blocks.sort()
    return heap


def _list_blocks(file: H5File, heap: FractalHeap) -> Reading[None]:
    """Walk the doubling table of indirect blocks."""
    if heap.root == file.undefined:
        return
    if heap.rows == 0:
        heap.blocks.append((0, heap.start, heap.root))
        return
    pending = [(heap.root, heap.rows, 0)]
    seen: set[int] = set()
    while pending:
        address, rows, offset = pending.pop()
        if address in seen or len(heap.blocks) > MAX_BLOCKS:
            raise LimitReachedError("heap-blocks")
        seen.add(address)
        yield from _indirect(file, heap, (address, rows, offset), pending)


def _indirect(
    file: H5File, heap: FractalHeap, block: tuple[int, int, int], pending: list[tuple[int, int, int]]
) -> Reading[None]:
    address, rows, offset = block
    per_direct = file.offsets + ((file.lengths + 4) if heap.filtered else 0)
    if rows * heap.width > MAX_BLOCKS:
        raise LimitReachedError("heap-blocks")
    sizes = [size for row in range(rows) for size in [_row_size(heap, row)] * heap.width]
    direct = sum(size <= heap.largest for size in sizes)
    total = 5 + file.offsets + heap.offset_bytes + direct * per_direct + (len(sizes) - direct) * file.offsets
    parts = yield from file.signed(address, b"FHIB", total)
    parts.take(1 + file.offsets + heap.offset_bytes)
    for size in sizes:
        child = file.address(parts)
        if size <= heap.largest:
            parts.take(per_direct - file.offsets)
        if child != file.undefined:
            if size <= heap.largest:
                heap.blocks.append((offset, size, child))
            else:
                pending.append((child, _rows_of(heap, size), offset))
        offset += size


def _row_size(heap: FractalHeap, row: int) -> int:
    return heap.start << max(0, min(row, 64) - 1)


def _rows_of(heap: FractalHeap, size: int) -> int:
    """Rows of an indirect block that spans ``size`` bytes of heap."""
    return (size // (heap.start * heap.width)).bit_length()


def heap_object(file: H5File, heap: FractalHeap, identity: bytes, longest: int) -> Reading[bytes]:
    """The object that a heap ID stands for, up to ``longest`` bytes."""
    parts = Parts(identity)
    first = parts.number(1)
    kind = first >> 4 & 3
    if kind == _TINY:
        return parts.take((first & 0x0F) + 1)
    if kind == _HUGE:
        return (yield from _huge_object(file, heap, parts, longest))
    if heap.filtered:
        raise MalformedError("h5-unsupported", "a compressed list of links or attributes")
    offset, length = parts.number(heap.offset_bytes), parts.number(heap.length_bytes)
    index = bisect_right(heap.blocks, offset, key=itemgetter(0)) - 1
    start, size, address = heap.blocks[index] if index >= 0 else (0, 0, 0)
    if not start <= offset < start + size:
        raise MalformedError(MALFORMED, "a heap object outside its heap")
    found = yield from file.structure(address + offset - start, min(length, longest, start + size - offset))
    return found.data


def _huge_object(file: H5File, heap: FractalHeap, identity: Parts, longest: int) -> Reading[bytes]:
    """Objects beyond a block (attributes above 64 kB): stored on their own, found directly or by number in a B-tree."""
    if heap.filtered:
        raise MalformedError("h5-unsupported", "a compressed list of links or attributes")
    if identity.left >= file.offsets + file.lengths:
        address, length = file.address(identity), file.length(identity)
        return (yield from file.structure(address, min(length, longest))).data
    number = identity.number(min(identity.left, file.lengths))
    for record in (yield from tree_records(file, heap.huge_tree)):
        parts = Parts(record)
        address, length = file.address(parts), file.length(parts)
        if parts.left and parts.number(min(parts.left, file.lengths)) == number:
            return (yield from file.structure(address, min(length, longest))).data
    raise MalformedError(MALFORMED, "a huge heap object that is not in its list")


def heap_ids(records: list[bytes], kind: int, id_length: int) -> Iterator[bytes]:
    """The heap IDs in B-tree records of links or attributes."""
    before = {_LINK_BY_NAME: 4, _LINK_BY_ORDER: 8}.get(kind, 0)
    for record in records:
        yield record[before : before + id_length]


def tree_records(file: H5File, address: int) -> Reading[list[bytes]]:
    """All records of a version 2 B-tree, in no particular order."""
    head = yield from file.signed(address, b"BTHD", 16 + file.offsets + 2 + file.lengths)
    head.take(2)
    node_size, record_size, depth = head.number(4), head.number(2), head.number(2)
    head.take(2)
    root, count = file.address(head), head.number(2)
    if not record_size or node_size <= _NODE_OVERHEAD or node_size > MAX_HEAP or depth > 16:  # noqa: PLR2004 - 2^16 leaves
        raise MalformedError(MALFORMED, "an impossible B-tree", file.base + address)
    shape = _TreeShape.of(file, node_size, record_size, depth)
    records: list[bytes] = []
    pending = [(root, count, depth)] if root != file.undefined else []
    for _ in range(MAX_NODES):
        if not pending:
            return records
        node = pending.pop()
        yield from _node(file, shape, node, records, pending)
    raise LimitReachedError("btree-nodes")


class _TreeShape(Struct, frozen=True):
    """Record size and, by level, the widths of the two counts in a child pointer."""

    record: int
    counts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, file: H5File, node_size: int, record: int, depth: int) -> _TreeShape:
        most = (node_size - _NODE_OVERHEAD) // record
        in_leaf = _width(most)
        total = most
        counts = [(in_leaf, 0)]
        for level in range(1, depth + 1):
            width = 0 if level == 1 else _width(total)
            counts.append((in_leaf, width))
            pointer = file.offsets + in_leaf + width
            most = max(0, node_size - _NODE_OVERHEAD - pointer) // (record + pointer)
            total = (most + 1) * total + most
        return cls(record, tuple(counts))


def _width(value: int) -> int:
    return max(1, -(-value.bit_length() // 8))


def _node(
    file: H5File,
    shape: _TreeShape,
    node: tuple[int, int, int],
    records: list[bytes],
    pending: list[tuple[int, int, int]],
) -> Reading[None]:
    address, count, level = node
    in_child, in_total = shape.counts[level]
    pointers = (count + 1) * (file.offsets + in_child + in_total) if level else 0
    parts = yield from file.signed(address, b"BTIN" if level else b"BTLF", 6 + count * shape.record + pointers)
    parts.take(2)
    records += [parts.take(shape.record) for _ in range(count)]
    if level:
        for _ in range(count + 1):
            child, inside = file.address(parts), parts.number(in_child)
            parts.take(in_total)
            pending.append((child, inside, level - 1))
