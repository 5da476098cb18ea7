"""Zips back to back: shards of a PyTorch distributed checkpoint (``__0_0.distcp``).

``torch.distributed.checkpoint`` writes every tensor by a ``torch.save`` of its own, one behind the other, and keeps
where each begins in ``.metadata``. Its reader slices one out before torch sees it (``FileSystemReader.read_data``), so
each zip is a file of its own: what lies in front of it is the zip before it, not a second reading of the same bytes.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import Struct

from trustaudit.formats.interface import Source
from trustaudit.formats.record import Reading
from trustaudit.formats.zip_directory import read_directories

_SUFFIX = ".distcp"
_SLICES = 128
"""Each takes a read or two, and a remote file has 512 of them."""


class Slice(Struct, frozen=True):
    """One zip of a chain: ``size`` bytes from ``start``."""

    start: int
    size: int


class Chain(Struct, frozen=True):
    """The zips of a file, the last first, and the bytes in front of them that were not walked to."""

    slices: tuple[Slice, ...] = ()
    unwalked: int = 0


def chain_of(source: Source) -> Reading[Chain]:
    """The zips that make up a shard, without a byte between them; empty when the file is anything else.

    Walked from the end, where a zip tells its own size. Raises ReadRefusedError.
    """
    end = source.size if source.path.lower().endswith(_SUFFIX) and not source.forward else 0
    slices: list[Slice] = []
    while end > 0 and len(slices) < _SLICES:
        start = yield from _start(source, end)
        if start is None:
            return Chain()
        slices.append(Slice(start, end - start))
        end = start
    return Chain(tuple(slices), end)


def _start(source: Source, end: int) -> Reading[int | None]:
    """Where the zip begins that ends at ``end``; None when none ends there."""
    directories = yield from read_directories(replace(source, size=end))
    if not directories.found or directories.trailing or directories.comment:
        return None
    directory = directories.found[0]
    first = min((member.offset for member in directory.members), default=-1)
    return directory.prefix if first == directory.prefix else None
