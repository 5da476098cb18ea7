"""Serialized objects that Keras and PyTables keep as text: read as the files they are."""

from __future__ import annotations

from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Source
from trustaudit.formats.nested import contained, inner, over_bytes
from trustaudit.formats.record import Reading, Record

MAX_BLOBS = 64


def inspect_blobs(record: Record, source: Source, blobs: list[bytes], name: str) -> Reading[None]:
    """Inspect each of ``blobs`` as a file of its own and adopt what is seen."""
    if len(blobs) > MAX_BLOBS:
        record.limit("serialized-objects")
    for index, blob in enumerate(blobs[:MAX_BLOBS]):
        path = f"{name} {index + 1}"
        below = inner(source, path, len(blob), near=True)
        record.absorb((yield from contained(over_bytes(inspect_file(below), blob))), path)
