"""Dataset headers: other files that hold the bytes, and sizes that cannot be true."""

from __future__ import annotations

from trustaudit.formats.hdf5.heaps import global_object, heap_text, local_heap
from trustaudit.formats.hdf5.layout import H5File, Parts
from trustaudit.formats.hdf5.objects import DATASPACE, DATATYPE, EXTERNAL_FILES, FILTERS, LAYOUT, Message
from trustaudit.formats.hdf5.selections import source_files
from trustaudit.formats.hdf5.values import elements_of, read_datatype, read_dimensions
from trustaudit.formats.record import Reading, Record, clip

_CHUNKED, _VIRTUAL = 2, 3
_CLASS_IN_SECOND_BYTE = 3
_MAX_MAPPING = 1 << 20
_MAX_NAMES = 1000
_PATH_CHARS = 500
_LARGE = 64 * 1024 * 1024
_RATIO = 100


def record_dataset(file: H5File, record: Record, messages: list[Message], path: str) -> Reading[None]:
    """Note external storage, virtual sources and impossible sizes of one dataset."""
    for message in messages:
        if message.type == EXTERNAL_FILES:
            yield from _external(file, record, message, path)
        elif message.type == LAYOUT and _layout_class(message) == _VIRTUAL:
            yield from _virtual(file, record, message, path)
    _oversized(file, record, messages, path)


def _layout_class(message: Message) -> int:
    """Layout class; versions 1 and 2 keep it behind the dimensionality."""
    at = 1 if message.body[:1] >= bytes([_CLASS_IN_SECOND_BYTE]) else 2
    return message.body[at] if len(message.body) > at else -1


def _external(file: H5File, record: Record, message: Message, path: str) -> Reading[None]:
    parts = Parts(message.body, message.offset)
    parts.take(6)
    used, heap_at = parts.number(2), file.address(parts)
    heap = yield from local_heap(file, heap_at)
    for _ in range(min(used, _MAX_NAMES, parts.left // (3 * file.lengths))):
        name = yield from heap_text(file, heap, file.length(parts))
        parts.take(2 * file.lengths)
        record.fact(
            "h5-external-storage",
            f"the bytes of {clip(path, 200)!r} lie in another file",
            message.offset,
            **_file(name, path),
        )
    if used > _MAX_NAMES:
        record.limit("external-files")


def _virtual(file: H5File, record: Record, message: Message, path: str) -> Reading[None]:
    parts = Parts(message.body[2:], message.offset)
    address, index = file.address(parts), parts.number(4)
    if address == file.undefined:
        return
    mapping = yield from global_object(file, address, index, _MAX_MAPPING)
    names = dict.fromkeys(source_files(file, mapping))
    for name in list(names)[:_MAX_NAMES]:
        record.fact(
            "h5-virtual-source", f"{clip(path, 200)!r} is a view of other data", message.offset, **_file(name, path)
        )
    if len(names) > _MAX_NAMES or len(mapping) >= _MAX_MAPPING:
        record.limit("external-files")


def _file(name: bytes, path: str) -> dict[str, str]:
    return {"file": clip(name.decode("utf-8", "backslashreplace"), _PATH_CHARS), "at": clip(path, 200)}


def _oversized(file: H5File, record: Record, messages: list[Message], path: str) -> None:
    kinds = {message.type: message for message in reversed(messages)}
    space, datatype = kinds.get(DATASPACE), kinds.get(DATATYPE)
    if space is None or datatype is None or space.shared or datatype.shared:
        return
    elements = elements_of(read_dimensions(file, space.body, space.offset))
    size = elements * max(1, read_datatype(datatype.body, datatype.offset).size)
    if size <= max(_LARGE, _RATIO * file.size):
        return
    layout = kinds.get(LAYOUT)
    chunked = layout is not None and _layout_class(layout) == _CHUNKED
    record.anomaly(
        "h5-oversized-dataset",
        f"dataset {clip(path, 200)!r} announces {size} bytes in a file of {file.size}",
        space.offset,
        bytes=str(size),
        chunked="yes" if chunked else "no",
        filtered="yes" if FILTERS in kinds else "no",
    )
