"""Whole files that are one compressed stream: what matters is what comes out of it."""

from __future__ import annotations

import re

from trustaudit.filefacts import Coverage, Inspection, Observation
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.inflate import READABLE, Inflated
from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.magic import by_signature
from trustaudit.formats.streamed import inspect_stream

_SUFFIX = re.compile(r"\.(?:gz|bz2|xz|lzma|z|lz4|tgz|tbz2|txz)$", re.IGNORECASE)
_ZF_WIDTHS = (21, 12)
"""joblib below 0.10 wrote "ZF", the length in hexadecimal, padded; then a zlib stream. Both widths existed."""


def inspect_compressed(source: Source) -> Inspecting:
    """A gzip, zlib, bzip2, xz, lzma or lz4 file."""
    head = yield Read(0, 64 * 1024)
    codec = by_signature(head)
    if codec not in READABLE:
        return _opaque(codec or "unknown")
    return (yield from _inspect(source, codec, 0))


def inspect_zf(source: Source) -> Inspecting:
    """The compressed files of joblib before 0.10."""
    head = yield Read(0, 64)
    at = next((width for width in _ZF_WIDTHS if head[width : width + 1] == b"\x78"), None)
    if at is None:
        return _opaque("joblib-zf")
    return (yield from _inspect(source, "zlib", at))


def _opaque(name: str) -> Inspection:
    return Inspection(format=name, coverage=Coverage.NONE, reason=f"cannot look inside {name}")


def _inspect(source: Source, codec: str, start: int) -> Inspecting:
    stream = Inflated(codec, source, start, source.size)
    name = _SUFFIX.sub("", source.path.rpartition("!")[2].rpartition("/")[2])
    inside = yield from inspect_stream(stream, source, name, inspect_file)
    notes = [note for note in inside.observations if note.kind != "format-mismatch"]
    notes.extend(_about(stream, source, codec))
    known = inside.format if inside.format != "unknown" else codec
    return inside.model_copy(update={"format": known, "observations": tuple(notes)})


def _about(stream: Inflated, source: Source, codec: str) -> list[Observation]:
    notes = [Observation(kind="compressed", message=f"compressed by {codec}", data=(("codec", codec),))]
    if stream.swells:
        sizes = (("size", str(stream.position)),)
        notes.append(Observation(kind="archive-bomb", message="unpacks to a large multiple of its size", data=sizes))
    if stream.trailing:
        length = str(stream.trailing)
        offset = source.size - stream.trailing
        message = "bytes behind the end of the compressed stream"
        notes.append(
            Observation(kind="compressed-trailing-data", message=message, offset=offset, data=(("length", length),))
        )
    return notes
