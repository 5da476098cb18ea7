"""Zip files: the directory, every member that could be loaded or run, and what the layout is known as.

Members are judged by their bytes, never by their names: a pickle called ``notes.txt`` is
read as one. The exception are raw tensors of torch checkpoints. A loader only ever copies
them into storages, and to look at each would cost a request per tensor; they are looked
into where that is free.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage
from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.code_members import note_code
from trustaudit.formats.dispatch import inspect_file, named
from trustaudit.formats.flavours import Layout, layout_of
from trustaudit.formats.interface import Inspecting, Read, ReadRefusedError, Source
from trustaudit.formats.nested import contained, inner, windowed
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.pickle.streams import LOOK
from trustaudit.formats.record import LimitReachedError, Reading, concluded
from trustaudit.formats.sniff import HEAD
from trustaudit.formats.zip_chain import Chain, chain_of
from trustaudit.formats.zip_check import check_directories, check_local, descriptor_length, gap_behind
from trustaudit.formats.zip_directory import TAIL, Directories, Directory, read_directories
from trustaudit.formats.zip_members import SMALL, WHOLE, Opened, inspect_member, open_member, prefetch
from trustaudit.formats.zip_records import LOCAL_SIZE, Member, parse_local
from trustaudit.formats.zip_scan import scan_members

_OPENED = 10_000
"""Members looked into, in files where they are all of interest."""

_LOCAL_CHECKS = 20_000
_GAPS = 16
_PROTO = b"\x80"
_LEAST = 16
_WHOLE = (".pkl", ".pickle", ".p", ".debug_pkl", ".py", ".json", ".yaml", ".yml")
_FIRST = (*_WHOLE, ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy")
"""Names that promise what a loader runs come first, should the budget not last for all."""

Extra = Callable[[ArchiveRecord, Source, tuple[Member, ...]], Reading[None]]
"""What more a flavour wants to know of its members."""


def inspect_zip(source: Source) -> Inspecting:
    """A zip file of any flavour, or several of them in a row where the format is that."""
    record = ArchiveRecord(source, "zip")
    return (yield from concluded(record, _walk_each(record, source), Coverage.STRUCTURE))


def _walk_each(record: ArchiveRecord, source: Source) -> Reading[None]:
    chain = yield from chain_of(source)
    yield from _walk_chain(record, source, chain) if chain.slices else _walk(record, source)


def _walk_chain(record: ArchiveRecord, source: Source, chain: Chain) -> Reading[None]:
    """Each slice is judged like a file of its own: that is how it is loaded."""
    record.format = "torch-distributed"
    for part in reversed(chain.slices):
        name = f"zip at {part.start}"
        inspection = yield from contained(windowed(inspect_zip(inner(source, name, part.size)), part.start, part.size))
        record.members += inspection.members
        record.absorb(inspection, name)
    if chain.unwalked:
        record.unseen(f"{chain.unwalked:,} bytes of further zips in front")
        record.limit("members")


def _walk(record: ArchiveRecord, source: Source) -> Reading[None]:
    directories = Directories(()) if source.forward else (yield from read_directories(source))
    if not directories.found:
        yield from _without_directory(record, source)
        return
    check_directories(record, source, directories)
    members = tuple(member for directory in directories.found for member in directory.members)
    record.members = len(members)
    if not all(directory.complete for directory in directories.found):
        record.limit("members")
    layout = layout_of([member.name for member in members], source.path)
    record.format = layout.format
    yield from _inspect_members(record, source, members, layout)
    yield from _inspect_rest(record, source, directories.found[0], layout)
    yield from _extras(record, source, members, layout)


def _without_directory(record: ArchiveRecord, source: Source) -> Reading[None]:
    """No reader can open this, or its end was not seen: take the members as they come."""
    if not source.forward:
        record.anomaly("zip-directory-missing", "no directory that any reader could find")
    members = yield from scan_members(source, 0, source.size)
    record.members = len(members)
    layout = layout_of([member.name for member in members], source.path)
    record.format = layout.format
    record.unseen("the directory of the zip was not found")
    for member in members:
        yield from inspect_member(record, source, member, inspect_file, whole=_is_whole(member))


def _inspect_members(
    record: ArchiveRecord, source: Source, members: tuple[Member, ...], layout: Layout
) -> Reading[None]:
    wanted = [m for m in members if not m.is_folder and not layout.is_raw(m.name)]
    wanted.sort(key=lambda m: (not m.name.lower().endswith(_FIRST), m.offset))
    yield from _tolerant(prefetch(m for m in wanted[:_OPENED] if m.packed <= (WHOLE if _is_whole(m) else SMALL)))
    for member in wanted:
        source.meter.members += 1
        if source.meter.members > _OPENED:
            record.limit("members")
            return
        yield from _one(record, source, member)


def _one(record: ArchiveRecord, source: Source, member: Member) -> Reading[None]:
    """One refused member is one member not seen; the next may lie in bytes that were fetched already."""
    try:
        yield from inspect_member(record, source, member, inspect_file, whole=_is_whole(member))
    except ReadRefusedError as refusal:
        record.unseen(f"{member.name}: {refusal.what}")
        if refusal.reason is Reason.BUDGET_SPENT:
            record.limit("budget")


def _is_whole(member: Member) -> bool:
    return member.name.lower().endswith(_WHOLE)


def _tolerant(reading: Reading[None]) -> Reading[None]:
    """What is refused here will be refused again to whoever needs it."""
    try:
        yield from reading
    except ReadRefusedError:
        return


def _inspect_rest(record: ArchiveRecord, source: Source, directory: Directory, layout: Layout) -> Reading[None]:
    """Headers of raw members, gaps between members and bytes in front: where they are at hand."""
    yield from _tolerant(_inspect_prefix(record, source, directory))
    ordered = sorted(directory.members, key=lambda m: m.offset)
    ends = [*(m.offset for m in ordered[1:]), directory.start]
    gaps = 0
    for member, following in zip(ordered[:_LOCAL_CHECKS], ends, strict=False):
        if not _at_hand(source, member):
            continue
        opened = yield from open_member(source, member)
        if layout.is_raw(member.name):
            check_local(record, member, opened.local)
            yield from _inspect_raw(record, source, opened)
        gap = gap_behind(member, opened.local, following) if opened.local else None
        if gap is not None and gaps < _GAPS:
            gaps += 1
            yield from _inspect_gap(record, source, member, *gap)


def _at_hand(source: Source, member: Member) -> bool:
    """Whether the local header costs no request: near by, or inside what sniffing has read."""
    end = member.offset + LOCAL_SIZE + 512
    return source.near or end <= min(HEAD, source.size) or member.offset >= source.size - TAIL


def _inspect_raw(record: ArchiveRecord, source: Source, opened: Opened) -> Reading[None]:
    """No loader unpickles a tensor, but code beside the file may; only PROTO tells a pickle from numbers."""
    member = opened.member
    if member.packed < _LEAST or (yield Read(opened.start, 1)) != _PROTO:
        return
    head = yield Read(opened.start, min(member.packed, LOOK))
    if looks_like_pickle(head, complete=len(head) >= member.packed):
        yield from _one(record, source, member)


def _inspect_gap(record: ArchiveRecord, source: Source, member: Member, start: int, length: int) -> Reading[None]:
    """Zeros are padding. Anything else is told, and looked into as members that no directory lists."""
    data = yield Read(start, min(length, HEAD))
    behind = descriptor_length(data, member)
    start, length, data = start + behind, length - behind, data[behind:]
    if length <= 0 or (not data.strip(b"\0") and length <= HEAD):
        return
    record.about(member.name, "zip-gap", "bytes that belong to no member", start, length=str(length))
    yield from _inspect_hidden(record, source, start, length)


def _inspect_prefix(record: ArchiveRecord, source: Source, directory: Directory) -> Reading[None]:
    first = min((m.offset for m in directory.members), default=0)
    if first <= 0 or directory.prefix >= first:
        return
    record.anomaly("zip-prefix-data", "bytes in front of the first member", 0, length=str(first))
    yield from _inspect_hidden(record, source, 0, first)


def _inspect_hidden(record: ArchiveRecord, source: Source, start: int, length: int) -> Reading[None]:
    head = yield Read(start, min(length, LOCAL_SIZE))
    if parse_local(head, start) is not None:
        for member in (yield from scan_members(source, start, start + length)):
            record.about(member.name, "zip-hidden-member", "a member that the directory does not list", member.offset)
            yield from _one(record, source, member)
        return
    name = f"bytes at {start}"
    inspection = yield from contained(windowed(inspect_file(inner(source, name, length)), start, length))
    if inspection.globals or inspection.format not in ("unknown", "text"):
        record.absorb(inspection, name)


def _extras(record: ArchiveRecord, source: Source, members: tuple[Member, ...], layout: Layout) -> Reading[None]:
    note_code(record, [member for member in members if not layout.is_script(member.name)])
    for target in layout.extras:
        extra = cast("Extra", named(target))
        try:
            yield from extra(record, source, members)
        except (ReadRefusedError, LimitReachedError) as error:
            record.unseen(str(error))
