"""Dataspaces, datatypes and attributes: enough to read the texts that Keras and PyTables keep in attributes."""

from __future__ import annotations

from msgspec import Struct

from trustaudit.formats.hdf5.heaps import global_object
from trustaudit.formats.hdf5.layout import MALFORMED, H5File, Parts
from trustaudit.formats.hdf5.objects import Message
from trustaudit.formats.record import MalformedError, Reading

MAX_TEXT = 16 * 1024 * 1024

STRING, VARIABLE = 3, 9
_TEXT_SEQUENCE = 1
_MAX_RANK = 32
_OVERFLOW = 1 << 63
_DATASPACE_V1, _DATASPACE_V2 = 1, 2
_ATTRIBUTE_V1, _ATTRIBUTE_V3 = 1, 3
_TYPE_SHARED, _SPACE_SHARED = 1, 2


class Datatype(Struct, frozen=True):
    """Class (3 is a fixed string, 9 is variable length), bit field and bytes of one element."""

    cls: int
    bits: int
    size: int

    @property
    def is_text(self) -> bool:
        """Whether elements are strings, stored in place or in the global heap."""
        return self.cls == STRING or (self.cls == VARIABLE and self.bits & 0x0F == _TEXT_SEQUENCE)


class Attribute(Struct, frozen=True):
    """Name, type and raw value. ``elements`` is the product of its dimensions."""

    name: str
    type: Datatype
    elements: int
    raw: bytes
    offset: int


def read_datatype(body: bytes, offset: int) -> Datatype:
    """The head of a datatype message."""
    parts = Parts(body, offset)
    return Datatype(parts.number(1) & 0x0F, parts.number(3), parts.number(4))


def read_dimensions(file: H5File, body: bytes, offset: int) -> list[int]:
    """Current dimensions of a dataspace; empty for a scalar. A null dataspace has no elements: [0]."""
    parts = Parts(body, offset)
    version, rank, _, kind = parts.number(1), parts.number(1), parts.number(1), parts.number(1)
    if version not in (_DATASPACE_V1, _DATASPACE_V2) or rank > _MAX_RANK:
        raise MalformedError(MALFORMED, f"dataspace version {version} of rank {rank}", offset)
    if version == _DATASPACE_V1:
        parts.take(4)
    elif kind == 2:  # noqa: PLR2004 - H5S_NULL
        return [0]
    return [file.length(parts) for _ in range(rank)]


def elements_of(dimensions: list[int]) -> int:
    """How many elements; capped where 64 bits end."""
    total = 1
    for size in dimensions:
        total = min(total * size, _OVERFLOW)
    return total


def read_attribute(file: H5File, message: Message) -> Attribute:
    """Decode an attribute message. Raises MalformedError where its type or space is stored elsewhere."""
    parts = Parts(message.body, message.offset)
    version, flags = parts.number(1), parts.number(1)
    if not _ATTRIBUTE_V1 <= version <= _ATTRIBUTE_V3:
        raise MalformedError(MALFORMED, f"attribute version {version}", message.offset)
    sizes = [parts.number(2) for _ in range(3)]
    if version == _ATTRIBUTE_V3:
        parts.take(1)
    padded = [-(-size // 8) * 8 if version == _ATTRIBUTE_V1 else size for size in sizes]
    name, kind, space = (parts.take(size) for size in padded)
    if version > _ATTRIBUTE_V1 and flags & (_TYPE_SHARED | _SPACE_SHARED):
        raise MalformedError("h5-unsupported", "an attribute whose type is stored elsewhere", message.offset)
    return Attribute(
        name.split(b"\0", 1)[0].decode("utf-8", "backslashreplace"),
        read_datatype(kind, message.offset),
        elements_of(read_dimensions(file, space, message.offset)),
        parts.take(parts.left),
        message.offset,
    )


def attribute_text(file: H5File, attribute: Attribute, longest: int = MAX_TEXT) -> Reading[bytes]:
    """The first element of a text attribute, up to ``longest`` bytes; empty when there is none."""
    if not attribute.type.is_text or not attribute.elements:
        return b""
    if attribute.type.cls == STRING:
        return attribute.raw[: min(attribute.type.size, longest)]
    parts = Parts(attribute.raw, attribute.offset)
    length, address, index = parts.number(4), file.address(parts), parts.number(4)
    if not length:
        return b""
    body = yield from global_object(file, address, index, min(length, longest))
    return body[:length]
