"""What a group holds: hard links to walk, and links that lead out of the file."""

from __future__ import annotations

from msgspec import Struct

from trustaudit.formats.hdf5.heaps import heap_ids, heap_object, heap_text, local_heap, open_heap, tree_records
from trustaudit.formats.hdf5.layout import MALFORMED, H5File, Parts
from trustaudit.formats.hdf5.objects import ATTRIBUTE, ATTRIBUTE_INFO, LINK, LINK_INFO, SYMBOL_TABLE, Message
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

MAX_NODES = 50_000
MAX_LINK = 65_536
MAX_ATTRIBUTE = 32 * 1024 * 1024

HARD, SOFT, EXTERNAL = 0, 1, 64
_SOFT_CACHE = 2
_TREE_KIND = 5
_MAX_LEVEL = 40


class Link(Struct, frozen=True):
    """One entry of a group. ``target``: address of a hard link; ``file`` and ``path`` of others."""

    name: str
    kind: int
    target: int = 0
    file: str = ""
    path: str = ""
    offset: int = 0


def read_links(file: H5File, messages: list[Message]) -> Reading[list[Link]]:
    """Every link of a group, whichever of the three ways it is stored."""
    links: list[Link] = []
    for message in messages:
        if message.type == LINK and not message.shared:
            links.append(_link(file, message.body, message.offset))
        elif message.type == LINK_INFO:
            bodies = yield from _dense(file, message, MAX_LINK)
            links += [_link(file, body, message.offset) for body in bodies]
        elif message.type == SYMBOL_TABLE:
            links += yield from _symbol_table(file, message)
    return links


def dense_attributes(file: H5File, messages: list[Message]) -> Reading[list[Message]]:
    """Attributes that are kept in a fractal heap, as messages."""
    found: list[Message] = []
    for message in messages:
        if message.type == ATTRIBUTE_INFO:
            bodies = yield from _dense(file, message, MAX_ATTRIBUTE)
            found += [Message(ATTRIBUTE, body, message.offset, shared=False) for body in bodies]
    return found


def _dense(file: H5File, message: Message, longest: int) -> Reading[list[bytes]]:
    parts = Parts(message.body, message.offset)
    parts.take(1)
    ordered = parts.number(1) & 1
    parts.take((8 if message.type == LINK_INFO else 2) if ordered else 0)
    heap_at, index_at = file.address(parts), file.address(parts)
    if file.undefined in (heap_at, index_at):
        return []
    heap = yield from open_heap(file, heap_at)
    head = yield from file.structure(index_at, 6)
    records = yield from tree_records(file, index_at)
    bodies = []
    for identity in heap_ids(records, head.data[_TREE_KIND], heap.id_length):
        body = yield from heap_object(file, heap, identity, longest)
        bodies.append(body)
    return bodies


def _link(file: H5File, body: bytes, offset: int) -> Link:
    parts = Parts(body, offset)
    parts.take(1)
    flags = parts.number(1)
    kind = parts.number(1) if flags & 0x08 else HARD
    parts.take((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
    name = _shown(parts.take(parts.number(1 << (flags & 3))))
    if kind == HARD:
        return Link(name, HARD, target=file.address(parts), offset=offset)
    value = Parts(parts.take(parts.number(2)), offset)
    if kind != EXTERNAL:
        return Link(name, kind, path=_shown(value.data), offset=offset)
    value.take(1)
    return Link(name, EXTERNAL, file=_shown(value.text()), path=_shown(value.text()), offset=offset)


def _symbol_table(file: H5File, message: Message) -> Reading[list[Link]]:
    parts = Parts(message.body, message.offset)
    tree, heap_at = file.address(parts), file.address(parts)
    if file.undefined in (tree, heap_at):
        return []
    heap = yield from local_heap(file, heap_at)
    links: list[Link] = []
    pending = [(tree, _MAX_LEVEL)]
    seen: set[int] = set()
    while pending:
        address, level = pending.pop()
        if address in seen:
            raise MalformedError(MALFORMED, "a B-tree that contains itself", file.base + address)
        seen.add(address)
        if len(seen) > MAX_NODES:
            raise LimitReachedError("btree-nodes")
        if (yield from file.structure(address, 4)).data == b"SNOD":
            links += yield from _symbols(file, address, heap)
        else:
            pending += yield from _children(file, address, level)
    return links


def _children(file: H5File, address: int, above: int) -> Reading[list[tuple[int, int]]]:
    head = yield from file.signed(address, b"TREE", 8 + 2 * file.offsets)
    kind, level, used = head.number(1), head.number(1), head.number(2)
    if kind != 0 or level >= above:
        raise MalformedError(MALFORMED, "a B-tree of another kind in a group", file.base + address)
    keys = yield from file.structure(address + 8 + 2 * file.offsets, used * (file.lengths + file.offsets))
    children = []
    for _ in range(used):
        file.length(keys)
        children.append((file.address(keys), level))
    return children


def _symbols(file: H5File, address: int, heap: tuple[int, int]) -> Reading[list[Link]]:
    count = (yield from file.signed(address, b"SNOD", 8)).data[6:8]
    entry = 2 * file.offsets + 24
    parts = yield from file.structure(address + 8, int.from_bytes(count, "little") * entry)
    links = []
    while parts.left:
        name_at, target, cache = file.address(parts), file.address(parts), parts.number(4)
        parts.take(4)
        scratch = parts.take(16)
        name = _shown((yield from heap_text(file, heap, name_at)))
        if cache == _SOFT_CACHE:
            path = yield from heap_text(file, heap, int.from_bytes(scratch[:4], "little"))
            links.append(Link(name, SOFT, path=_shown(path), offset=file.base + address))
        else:
            links.append(Link(name, HARD, target=target, offset=file.base + address))
    return links


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
