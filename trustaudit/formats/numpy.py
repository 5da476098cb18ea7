"""NumPy's .npy: a Python literal that describes an array, then its bytes, or a pickle when it holds objects."""

from __future__ import annotations

import ast
import re
import warnings

from msgspec import Struct

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.nested import contained, inner, windowed
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.pickled import inspect_pickled
from trustaudit.formats.record import MalformedError, Reading, clip, concluded

MAGIC = b"\x93NUMPY"
_LONGEST = 10_000
"""NumPy's own cap on headers it evaluates (``max_header_size``). With ``allow_pickle`` it has none."""

_MOST = 1024 * 1024
_HEAD = 12 + _LONGEST
_KEYS = frozenset({"descr", "fortran_order", "shape"})
_SIZES = re.compile(r"[<>|=]?([?bBiufcmMOSUVaT])(\d{0,9})(?:\[.{1,40}\])?")
_LOOK = 4096
_NESTING = 16
_FIELDS = 4096


class Header(Struct, frozen=True):
    """``start`` is where the array's bytes begin; ``item`` the bytes of one element, None when not certain."""

    start: int
    objects: bool
    item: int | None
    shape: tuple[int, ...]

    @property
    def length(self) -> int | None:
        """Bytes of all elements."""
        total = self.item
        for count in self.shape:
            total = None if total is None else total * count
        return total


def inspect_npy(source: Source) -> Inspecting:
    """One array file. With objects in it, the body is a pickle that ``allow_pickle=True`` runs."""
    record = ArchiveRecord(source, "npy")
    return concluded(record, _walk(record, source))


def _walk(record: ArchiveRecord, source: Source) -> Reading[None]:
    head = yield Read(0, _HEAD)
    if len(head) == _HEAD and _extent(head) > _HEAD:
        head = yield Read(0, min(_extent(head), _MOST))
    start, text = _header_text(head)
    header = _parsed(record, start, text)
    if header.objects:
        record.fact("npy-object-array", "holds Python objects: the body is a pickle", start)
        yield from _body(record, source, header)
        return
    left = source.size - start
    if header.length is not None and not source.forward and left != header.length:
        sizes = {"declared": str(header.length), "found": str(left)}
        record.anomaly("npy-size-mismatch", "the body is not as long as the header says", start, **sizes)
        yield from _trailing(record, source, start + header.length)


def _body(record: ArchiveRecord, source: Source, header: Header) -> Reading[None]:
    size = source.size - header.start
    below = inner(source, "", size, forward=source.forward)
    inspection = yield from contained(windowed(inspect_pickled(below), header.start, size))
    record.absorb(inspection, "")


def _trailing(record: ArchiveRecord, source: Source, start: int) -> Reading[None]:
    """numpy.load on an open file stops behind the array, so a second object may follow."""
    size = source.size - start
    if size <= 0:
        record.unseen("the file ends before the array does")
        return
    head = yield Read(start, min(size, _LOOK))
    inspector = inspect_npy if head.startswith(MAGIC) else None
    if inspector is None and looks_like_pickle(head, complete=len(head) >= size):
        inspector = inspect_pickled
    if inspector is not None:
        inspection = yield from contained(windowed(inspector(inner(source, "", size)), start, size))
        record.absorb(inspection, f"bytes at {start}")


def _header_text(head: bytes) -> tuple[int, bytes]:
    """(offset of the body, text of the header) for format versions 1 to 3."""
    if not head.startswith(MAGIC) or len(head) < 12:  # noqa: PLR2004 - magic, version, length
        raise MalformedError("npy-header-invalid", "the header is cut off", 0)
    at, end = _start(head), _extent(head)
    if end > _MOST:
        raise MalformedError("npy-header-invalid", f"a header of {end - at:,} bytes", 8)
    if len(head) < end:
        raise MalformedError("npy-header-invalid", "the header is cut off", at)
    return end, head[at:end]


def _start(head: bytes) -> int:
    """Where the description starts: version 2 widened its length to 4 bytes."""
    return 12 if head[6] >= 2 else 10  # noqa: PLR2004 - the version


def _extent(head: bytes) -> int:
    """Where the description ends."""
    return _start(head) + int.from_bytes(head[8 : _start(head)], "little")


def _parsed(record: ArchiveRecord, start: int, text: bytes) -> Header:
    text = text.strip(b" \n\0")
    if len(text) > _LONGEST:
        record.anomaly("npy-header-invalid", f"a header of {len(text):,} bytes, which numpy only reads unsafely", 8)
    value = _literal(text) if len(text) <= _LONGEST else None
    if not isinstance(value, dict) or not value.keys() >= _KEYS:
        _without_header(record, start, text)
        return Header(start, objects=b"O" in text, item=None, shape=())
    shape = value["shape"]
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        record.anomaly("npy-header-invalid", "the shape is no tuple of lengths", 0)
        shape = ()
    if value.keys() != _KEYS:
        record.anomaly("npy-header-invalid", "keys that numpy does not write", 0)
    objects, item = _described(value["descr"], 0)
    return Header(start, objects=objects, item=item, shape=shape)


def _without_header(record: ArchiveRecord, start: int, text: bytes) -> None:
    shown = clip(text[:200].decode("latin-1"), 120)
    record.anomaly("npy-header-invalid", f"the header is no literal: {shown!r}", 10)
    record.unseen(f"the array at {start} is not described")


def _literal(text: bytes) -> object:
    """The Python literal, None when it is none. Warnings about odd literals stay off stderr."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text.decode("latin-1"))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def _described(descr: object, depth: int) -> tuple[bool, int | None]:
    """(holds objects, bytes of one element or None) of a type description, nested fields included.

    What no writer produces counts as objects: ``numpy.dtype`` takes far more than it prints ("object", "f4,O").
    """
    if isinstance(descr, str):
        match = _SIZES.fullmatch(descr)
        if match is None:
            return True, None
        width = int(match[2] or (1 if match[1] in "?bB" else 0))
        return match[1] == "O", width * (4 if match[1] == "U" else 1)
    if depth >= _NESTING:
        return True, None
    if isinstance(descr, tuple) and len(descr) >= 2:  # noqa: PLR2004 - (type, shape)
        return _described(descr[0], depth + 1)[0], None
    if isinstance(descr, list):
        return _fields(descr, depth)
    return True, None


def _fields(descr: list[object], depth: int) -> tuple[bool, int | None]:
    """A structured type: (name, type) or (name, type, shape) for each field."""
    objects, total = len(descr) > _FIELDS, 0
    exact = not objects
    for field in descr[:_FIELDS]:
        if not isinstance(field, tuple) or len(field) < 2:  # noqa: PLR2004 - name and type
            return True, None
        inside, item = _described(field[1], depth + 1)
        objects |= inside
        exact &= item is not None and len(field) == 2  # noqa: PLR2004 - no shape of its own
        total += item or 0
    return objects, total if exact else None
