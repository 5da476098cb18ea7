"""The sources of a virtual dataset: file names with serialized selections of varying size between them."""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.formats.hdf5.layout import H5File, Parts
from trustaudit.formats.record import MalformedError

_POINTS, _HYPERSLAB = 1, 2
_V2, _V3 = 2, 3
_REGULAR = 1


def source_files(file: H5File, mapping: bytes) -> Iterator[bytes]:
    """The source file of each entry; ``.`` is the file itself.

    Where the entries cannot be followed, everything that may be a name is yielded instead:
    a name too many is told to a person, a name too few would hide a file.
    """
    parts = Parts(mapping)
    try:
        version, count = parts.number(1), file.length(parts)
        for _ in range(count if version == 0 else 0):
            yield parts.text()
            parts.text()
            _skip_selection(parts)
            _skip_selection(parts)
    except MalformedError:
        version = -1
    if version != 0:
        yield from (part for part in mapping.split(b"\0") if part and part.isascii() and part.decode().isprintable())


def _skip_selection(parts: Parts) -> None:
    kind, version = parts.number(4), parts.number(4)
    if kind == _HYPERSLAB and version == _V2:
        parts.take(1)
        parts.take(parts.number(4))
    elif kind == _HYPERSLAB and version == _V3:
        _skip_sized_hyperslab(parts)
    elif kind == _POINTS and version == _V2:
        width, rank = parts.number(1), parts.number(4)
        parts.take(parts.number(width) * rank * width)
    else:
        parts.take(4)
        parts.take(parts.number(4))


def _skip_sized_hyperslab(parts: Parts) -> None:
    flags, width, rank = parts.number(1), parts.number(1), parts.number(4)
    if flags & _REGULAR:
        parts.take(4 * rank * width)
    else:
        parts.take(parts.number(width) * 2 * rank * width)
