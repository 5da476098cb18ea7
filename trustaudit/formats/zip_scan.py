"""Members found by their local headers alone, for zips whose directory is missing or does not list them."""

from __future__ import annotations

from trustaudit.formats.interface import Read, Source
from trustaudit.formats.record import Reading
from trustaudit.formats.zip_records import (
    CENTRAL,
    DESCRIPTOR,
    FLAG_DESCRIPTOR,
    LOCAL,
    LOCAL_SIZE,
    STORED,
    LocalHeader,
    Member,
    decode_name,
    parse_local,
)

_MEMBERS = 1_000
_LONGEST_HEADER = LOCAL_SIZE + 2 * 65_535
_SEARCHED = 8 * 1024 * 1024
_STEP = 256 * 1024


def scan_members(source: Source, start: int, end: int) -> Reading[tuple[Member, ...]]:
    """Members from ``start`` on, each following the one before; stops at the first byte that is none."""
    members: list[Member] = []
    while start < end and len(members) < _MEMBERS:
        local = yield from _local(source, start)
        if local is None:
            break
        length = local.packed or ((yield from _length_by_search(local, end)) if local.flags & FLAG_DESCRIPTOR else 0)
        members.append(_member(local, start, length))
        start = yield from _behind_descriptor(local.start + length, local)
    return tuple(members)


def _local(source: Source, at: int) -> Reading[LocalHeader | None]:
    data = yield Read(at, LOCAL_SIZE + 512)
    local = parse_local(data, at)
    if local is not None and local.start - at > len(data):
        local = parse_local((yield Read(at, min(_LONGEST_HEADER, source.size - at))), at)
    return local


def _member(local: LocalHeader, offset: int, length: int) -> Member:
    name = decode_name(local.raw_name, local.flags)
    size = local.size or (length if local.method == STORED else 0)
    return Member(name, local.raw_name, local.flags, local.method, local.crc, length, size, offset)


def _length_by_search(local: LocalHeader, end: int) -> Reading[int]:
    """A size that stands behind the content: the content ends at the next signature."""
    at, held = local.start, b""
    upto = min(end, local.start + _SEARCHED)
    while at < upto:
        fresh = yield Read(at, min(_STEP, upto - at))
        if not fresh:
            break
        held, base = held[-3:] + fresh, at - len(held[-3:])
        found = [held.find(mark) for mark in (DESCRIPTOR, LOCAL, CENTRAL)]
        if any(place >= 0 for place in found):
            return base + min(place for place in found if place >= 0) - local.start
        at += len(fresh)
    return upto - local.start


def _behind_descriptor(at: int, local: LocalHeader) -> Reading[int]:
    """Where the next local header should be: a descriptor has 12 to 24 bytes, with or without its mark."""
    if not local.flags & FLAG_DESCRIPTOR:
        return at
    data = yield Read(at, 28)
    place = data.find(LOCAL)
    return at + place if place >= 0 else at + 16
