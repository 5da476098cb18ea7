"""Object headers: the list of messages that describes a group or a dataset."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.formats.hdf5.layout import MALFORMED, H5File, Parts
from trustaudit.formats.record import LimitReachedError, MalformedError, Reading

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE = 1, 2, 3, 6, 7, 8, 11, 12
CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 16, 17, 21

MAX_BLOCKS = 512
MAX_BLOCK = 4 * 1024 * 1024
MAX_MESSAGES = 100_000

_PREFIX_V1 = 16
_SHARED = 0x02
_CHECKSUM = 4


class Message(Struct, frozen=True):
    """One header message. ``shared``: the body is a reference to a message stored elsewhere."""

    type: int
    body: bytes
    offset: int
    shared: bool


def read_messages(file: H5File, address: int) -> Reading[list[Message]]:
    """All messages of the object at ``address``, continuation blocks included."""
    first = yield from file.structure(address, 6)
    if first.data.startswith(b"OHDR"):
        return (yield from _version_2(file, address))
    if first.data[0] == 1:
        return (yield from _version_1(file, address))
    raise MalformedError(MALFORMED, f"object header version {first.data[0]}", file.base + address)


def _version_1(file: H5File, address: int) -> Reading[list[Message]]:
    prefix = yield from file.structure(address, 12)
    prefix.take(8)
    blocks = [(address + _PREFIX_V1, prefix.number(4))]
    messages: list[Message] = []
    seen: set[int] = set()
    while blocks:
        start, length = _checked(blocks.pop(0), seen)
        block = yield from file.structure(start, length)
        for message in _split_v1(block):
            _add(file, message, messages, blocks)
    return messages


def _split_v1(block: Parts) -> Iterator[Message]:
    while block.left >= 8:  # noqa: PLR2004 - type, size, flags, reserved
        at = block.at
        kind, size, flags = block.number(2), block.number(2), block.number(1)
        block.take(3)
        yield Message(kind, block.take(size), block.offset + at, bool(flags & _SHARED))


def _version_2(file: H5File, address: int) -> Reading[list[Message]]:
    prefix = yield from file.structure(address, 6)
    flags = prefix.data[5]
    fixed = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    size_at = yield from file.structure(address + fixed, 1 << (flags & 3))
    size = size_at.number(1 << (flags & 3))
    blocks = [(address + fixed + (1 << (flags & 3)), size)]
    messages: list[Message] = []
    seen: set[int] = set()
    while blocks:
        start, length = _checked(blocks.pop(0), seen)
        block = yield from _block_v2(file, start, length, first=not messages and len(seen) == 1)
        for message in _split_v2(block, ordered=bool(flags & 0x04)):
            _add(file, message, messages, blocks)
    return messages


def _block_v2(file: H5File, start: int, length: int, *, first: bool) -> Reading[Parts]:
    """The messages of a block; continuation blocks have a signature and a checksum around them."""
    if first:
        return (yield from file.structure(start, length))
    block = yield from file.signed(start, b"OCHK", length)
    return Parts(block.take(max(0, block.left - _CHECKSUM)), block.offset + 4)


def _split_v2(block: Parts, *, ordered: bool) -> Iterator[Message]:
    while block.left >= (6 if ordered else 4):
        at = block.at
        kind, size, flags = block.number(1), block.number(2), block.number(1)
        block.take(2 if ordered else 0)
        yield Message(kind, block.take(size), block.offset + at, bool(flags & _SHARED))


def _checked(block: tuple[int, int], seen: set[int]) -> tuple[int, int]:
    start, length = block
    if start in seen:
        raise MalformedError(MALFORMED, "an object header continues in itself", start)
    seen.add(start)
    if len(seen) > MAX_BLOCKS or length > MAX_BLOCK:
        raise LimitReachedError("header-blocks")
    return start, length


def _add(file: H5File, message: Message, messages: list[Message], blocks: list[tuple[int, int]]) -> None:
    if message.type == CONTINUATION:
        parts = Parts(message.body, message.offset)
        blocks.append((file.address(parts), file.length(parts)))
        return
    if len(messages) >= MAX_MESSAGES:
        raise LimitReachedError("header-messages")
    messages.append(message)
