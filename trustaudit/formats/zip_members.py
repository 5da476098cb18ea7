"""Read members of a zip file: local headers, whole contents, and a view for a nested inspector."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from msgspec import Struct

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.inflate import Inflated
from trustaudit.formats.interface import Inspector, Read, ReadRefusedError, Source
from trustaudit.formats.nested import contained, inner, over_bytes, windowed
from trustaudit.formats.record import Reading
from trustaudit.formats.streamed import inspect_stream
from trustaudit.formats.zip_check import check_local
from trustaudit.formats.zip_records import (
    BZIP2,
    DEFLATED,
    FLAG_ENCRYPTED,
    LOCAL_SIZE,
    LZMA,
    STORED,
    LocalHeader,
    Member,
    parse_local,
)

WHOLE = 8 * 1024 * 1024
"""Members up to this size are held in memory when their name promises code or a pickle."""

LARGEST = 64 * 1024 * 1024
"""Longest content handed out in one piece."""

SMALL = 64 * 1024
"""Members up to this size are read whole, whatever their name."""

_LONGEST_LOCAL = LOCAL_SIZE + 2 * 65_535
_EXTRA_GUESS = 256
_GROUP_BYTES = 4 * 1024 * 1024
_GROUP_GAP = 32 * 1024
_CODECS = {DEFLATED: "deflate", BZIP2: "bzip2", LZMA: "zip-lzma"}


class Opened(Struct, frozen=True):
    """A member with its local header; ``start`` is where its content starts in the file."""

    member: Member
    local: LocalHeader | None

    @property
    def start(self) -> int:
        """By the local header, as every loader computes it; by estimate when that is missing."""
        return self.local.start if self.local else self.member.offset + LOCAL_SIZE + len(self.member.raw_name)


def open_member(source: Source, member: Member) -> Reading[Opened]:
    """Read the local header of a member."""
    if not 0 <= member.offset < source.size:
        return Opened(member, None)
    guess = LOCAL_SIZE + len(member.raw_name) + _EXTRA_GUESS
    data = yield Read(member.offset, guess)
    local = parse_local(data, member.offset)
    if local is not None and local.start > member.offset + len(data) and len(data) == guess:
        data = yield Read(member.offset, min(local.start - member.offset, _LONGEST_LOCAL))
        local = parse_local(data, member.offset)
    return Opened(member, local)


def read_member(source: Source, member: Member, most: int = LARGEST) -> Reading[bytes | None]:
    """The unpacked content of a member, None when it is longer than ``most`` or cannot be unpacked."""
    opened = yield from open_member(source, member)
    if member.method == STORED:
        size = max(member.packed, member.size)
        return (yield Read(opened.start, size)) if size <= most else None
    codec = _CODECS.get(member.method)
    if codec is None or member.size > most:
        return None
    stream = Inflated(codec, source, opened.start, min(opened.start + member.packed, source.size))
    data = yield from stream.take(0, most + 1)
    return data if len(data) <= most else None


def prefetch(members: Iterable[Member]) -> Reading[None]:
    """Fetch neighbours with one read each group: the driver answers the single reads from its cache."""
    for start, end, count in _groups(sorted(members, key=lambda m: m.offset)):
        if count > 1:
            yield Read(start, end - start)


def _groups(members: list[Member]) -> Iterator[tuple[int, int, int]]:
    """(start, end, members) of runs that lie close together."""
    start = end = count = 0
    for member in members:
        upto = member.earliest_end + _EXTRA_GUESS
        if count and member.offset - end <= _GROUP_GAP and upto - start <= _GROUP_BYTES:
            end, count = max(end, upto), count + 1
            continue
        if count:
            yield start, end, count
        start, end, count = member.offset, upto, 1
    if count:
        yield start, end, count


def inspect_member(
    record: ArchiveRecord, source: Source, member: Member, inspector: Inspector, *, whole: bool
) -> Reading[None]:
    """Check a member's headers, inspect its content with ``inspector``, and adopt what that saw.

    ``whole``: a loader reads all of it, so it is read in one piece and its checksum compared.
    """
    opened = yield from open_member(source, member)
    check_local(record, member, opened.local)
    if member.flags & FLAG_ENCRYPTED:
        record.unseen(f"{member.name}: marked as encrypted")
    size = min(max(member.packed, member.size if member.method == STORED else 0), max(0, source.size - opened.start))
    if size < member.packed:
        record.about(member.name, "zip-truncated", "the file ends before the member does", member.offset)
        record.unseen(f"{member.name}: cut off")
    if member.method == STORED:
        yield from _inspect_stored(record, source, opened, inspector, size, whole=whole)
    elif member.method in _CODECS:
        yield from _inspect_packed(record, source, opened, inspector, size)
    else:
        record.holds(member.name, "zip-method-unsupported", f"compression method {member.method}", member.offset)
        record.unseen(f"{member.name}: compression method {member.method} cannot be unpacked")


def _inspect_stored(  # noqa: PLR0913 - the parts of one member
    record: ArchiveRecord, source: Source, opened: Opened, inspector: Inspector, size: int, *, whole: bool
) -> Reading[None]:
    member = opened.member
    below = inner(source, member.name, size)
    data = (yield from _whole(opened, size)) if size <= (WHOLE if whole else SMALL) else None
    if data is not None:
        _check_sum(record, member, data)
        inspection = yield from contained(over_bytes(inspector(below), data))
    else:
        inspection = yield from contained(windowed(inspector(below), opened.start, size))
    record.absorb(inspection, member.name)


def _whole(opened: Opened, size: int) -> Reading[bytes | None]:
    """None when that much at once is refused: smaller reads may still be served."""
    try:
        return (yield Read(opened.start, size))
    except ReadRefusedError:
        return None


def _inspect_packed(
    record: ArchiveRecord, source: Source, opened: Opened, inspector: Inspector, size: int
) -> Reading[None]:
    member = opened.member
    stream = Inflated(_CODECS[member.method], source, opened.start, opened.start + size)
    inspection = yield from contained(inspect_stream(stream, source, member.name, inspector))
    record.absorb(inspection, member.name)
    kept = stream.all_output()
    if kept is not None:
        _check_sum(record, member, kept)
        if len(kept) != member.size:
            record.about(member.name, "zip-size-mismatch", "unpacks to another size", member.offset)
    if stream.swells:
        record.about(member.name, "archive-bomb", "unpacks to a large multiple of its size", member.offset)


def _check_sum(record: ArchiveRecord, member: Member, data: bytes) -> None:
    """A checksum of 0 is no checksum: torch can write it for member (``compute_crc32`` off), all of them stored."""
    if member.crc == 0 and member.method == STORED:
        return
    if zlib.crc32(data) != member.crc:
        record.about(member.name, "zip-crc-mismatch", "the checksum is wrong; some loaders do not care", member.offset)
