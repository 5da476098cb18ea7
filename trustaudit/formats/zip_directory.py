"""Find the directory of a zip file: every directory that some loader would find.

Readers disagree. zipfile takes the last end record and puts the directory right before it,
whatever offset the record gives; the reader inside torch (miniz) takes the last signature
with 22 bytes left and believes the offset; for the zip64 record one computes the place and
the other believes the locator. Where these lead to different directories, all are returned.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.formats.interface import Read, Source
from trustaudit.formats.record import Reading
from trustaudit.formats.zip_records import (
    CENTRAL,
    END,
    END64_SIZE,
    END_SIZE,
    LOCATOR64_SIZE,
    EndRecord,
    Member,
    parse_central,
    parse_end,
    parse_end64,
    parse_locator64,
)

TAIL = 65_535 + END_SIZE
"""An end record with the longest comment."""

_DIRECTORY_BYTES = 64 * 1024 * 1024
_END_RECORDS = 8
_LEAD = 4096
"""Read along in front of the directory: torch puts its last small members there, and each would be a request."""


class Directory(Struct, frozen=True):
    """One reading of the file. ``start`` and ``end`` bound the directory's bytes; ``parsed_end`` is
    where its last readable entry ends; ``prefix`` counts bytes in front that its offsets ignore.
    """

    record: EndRecord
    start: int
    parsed_end: int
    prefix: int
    members: tuple[Member, ...]
    complete: bool = True

    @property
    def end(self) -> int:
        """Where the directory has to end."""
        return self.record.anchor


class Directories(Struct, frozen=True):
    """All readings, the usual one first. ``comment`` is what stands behind the last end record."""

    found: tuple[Directory, ...]
    comment: bytes = b""
    trailing: int = 0
    end_records: int = 0


def has_end_record(tail: bytes) -> bool:
    """Whether the last bytes of a file hold an end record that a reader might accept."""
    return any(True for _ in _positions(tail))


def ends_at_end(tail: bytes) -> bool:
    """Whether the last end record, with the comment it announces, is what the file ends with."""
    for at in _positions(tail):
        record = parse_end(tail, at, 0)
        return record is not None and at + END_SIZE + record.comment_length == len(tail)
    return False


def read_directories(source: Source) -> Reading[Directories]:
    """Read the tail and every directory it leads to. Raises ReadRefusedError."""
    base = max(0, source.size - TAIL)
    tail = yield Read(base, source.size - base)
    records: list[EndRecord] = []
    for at in _positions(tail):
        record = parse_end(tail, at, base)
        if record is not None:
            records += yield from _with_zip64(record, tail, base)
    found: list[Directory] = []
    for record in records:
        for start, prefix in _places(record):
            if all(start != known.start for known in found):
                found += yield from _read(source, record, start, prefix)
    return Directories(tuple(_real(found)), *_behind(records, tail, base), len(records))


def _positions(tail: bytes) -> Iterator[int]:
    """Offsets of end signatures with a whole record behind them, the last first."""
    at = tail.rfind(END, 0, max(0, len(tail) - END_SIZE + len(END)))
    for _ in range(_END_RECORDS):
        if at < 0:
            return
        yield at
        at = tail.rfind(END, 0, at + len(END) - 1)


def _with_zip64(record: EndRecord, tail: bytes, base: int) -> Reading[list[EndRecord]]:
    """The record as zip64 readers see it: by position and by the locator's word."""
    at = record.offset - base - LOCATOR64_SIZE
    declared = parse_locator64(tail, at)
    if declared is None:
        return [record]
    computed = base + at - END64_SIZE
    found = []
    for offset in dict.fromkeys((computed, declared)):
        data = tail[offset - base : offset - base + END64_SIZE] if offset >= base else (yield Read(offset, END64_SIZE))
        wide = parse_end64(data, offset, record)
        found += [wide] if wide is not None else []
    return found or [record]


def _places(record: EndRecord) -> Iterator[tuple[int, int]]:
    """(start, prefix): right before the record, and where the record says."""
    before = record.anchor - record.directory_size
    if before >= 0:
        yield before, before - record.directory_offset
    if record.directory_offset != before:
        yield record.directory_offset, 0


def _read(source: Source, record: EndRecord, start: int, prefix: int) -> Reading[list[Directory]]:
    """The directory at ``start``, as a list of one, or none when no entry starts there."""
    if start > record.anchor or (start == record.anchor and record.entries):
        return []
    lead = min(start, _LEAD)
    data = (yield Read(start - lead, min(record.anchor - start, _DIRECTORY_BYTES) + lead))[lead:]
    if data and not data.startswith(CENTRAL):
        return []
    members, consumed = _entries(data, prefix, source.limits.members)
    complete = len(members) < source.limits.members and len(data) == record.anchor - start
    return [Directory(record, start, start + consumed, prefix, members, complete)]


def _entries(data: bytes, prefix: int, most: int) -> tuple[tuple[Member, ...], int]:
    members: list[Member] = []
    at = 0
    while len(members) < most and (parsed := parse_central(data, at, prefix)) is not None:
        member, at = parsed
        members.append(member)
    return tuple(members), min(at, len(data))


def _real(found: list[Directory]) -> Iterator[Directory]:
    """Leave out directories of zips that lie as stored members inside the first reading's members.

    A second place that the *same* end record leads to is never left out, wherever it lies.
    """
    for directory in found:
        same = directory.record.offset == found[0].record.offset
        if same or not any(m.offset < directory.start < m.earliest_end for m in found[0].members):
            yield directory


def _behind(records: list[EndRecord], tail: bytes, base: int) -> tuple[bytes, int]:
    """(comment, bytes behind it) of the last end record."""
    if not records:
        return b"", 0
    behind = tail[records[0].offset - base + END_SIZE :]
    length = records[0].comment_length
    return behind[:length], max(0, len(behind) - length)
