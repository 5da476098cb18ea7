"""What is wrong with a zip file's records: names, flags, layout, and the two headers of a member.

Each observation names one way in which two readers of the same file can disagree, or in
which unpacking reaches outside. Facts only; which of them matter is for checks to say.
"""

from __future__ import annotations

import stat
import struct
from collections import Counter

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.inflate import BOMB_BYTES
from trustaudit.formats.interface import Source
from trustaudit.formats.paths import escape_of
from trustaudit.formats.zip_directory import Directories, Directory
from trustaudit.formats.zip_records import (
    DESCRIPTOR,
    FLAG_DESCRIPTOR,
    FLAG_ENCRYPTED,
    FLAG_PATCHED,
    FLAG_STRONG,
    FLAG_UTF8,
    LocalHeader,
    Member,
)

_PADDING = 65_535 + 24
"""Most that can lie between two members without a gap: an extra field and a data descriptor."""

_DESCRIPTORS = (0, 12, 16, 20, 24)
"""Without and with its mark, sizes of 32 or 64 bits."""

_LEVEL_FLAGS = 0x6
_HARMLESS_FLAGS = _LEVEL_FLAGS | FLAG_DESCRIPTOR | FLAG_UTF8
_COMMENT = 1024
_32_BITS = 0xFFFF_FFFF


def check_directories(record: ArchiveRecord, source: Source, directories: Directories) -> None:
    """Everything that shows without looking at a member."""
    for directory in directories.found[:1]:
        _check_place(record, directory)
        _check_layout(record, directory)
        _check_sizes(record, source, directory)
    for other in directories.found[1:]:
        record.anomaly("zip-second-directory", "another directory is found by other readers", other.start)
    for directory in directories.found:
        for member in directory.members:
            _check_member(record, member)
        _check_duplicates(record, directory)
    _check_behind(record, directories, source)


def _check_place(record: ArchiveRecord, directory: Directory) -> None:
    declared, parsed = directory.record.entries, len(directory.members)
    if directory.complete and declared not in (parsed, parsed & 0xFFFF):
        counts = {"declared": str(declared), "found": str(parsed)}
        record.anomaly("zip-entry-count", f"{declared} members announced, {parsed} listed", directory.start, **counts)
    if directory.prefix:
        record.anomaly("zip-prefix-data", "bytes were put in front of the zip", 0, length=str(directory.prefix))
    if directory.parsed_end != directory.end and directory.complete:
        length = str(directory.end - directory.parsed_end)
        record.anomaly("zip-gap", "bytes between the directory and its end", directory.parsed_end, length=length)


def _check_layout(record: ArchiveRecord, directory: Directory) -> None:
    """Members in file order: overlaps, and gaps too wide for any padding."""
    reached = directory.prefix
    for member in sorted(directory.members, key=lambda m: (m.offset, m.earliest_end)):
        if member.offset < reached:
            record.about(member.name, "zip-overlap", "members share bytes", member.offset)
        else:
            _check_gap(record, reached, member.offset)
        reached = max(reached, member.earliest_end)
    if reached > directory.start:
        record.anomaly("zip-overlap", "a member reaches into the directory", directory.start)
    else:
        _check_gap(record, reached, directory.start)


def _check_gap(record: ArchiveRecord, start: int, end: int) -> None:
    allowed = _PADDING if start else 0
    if end - start > allowed:
        record.anomaly("zip-gap", "bytes that belong to no member", start, length=str(end - start))


def _check_sizes(record: ArchiveRecord, source: Source, directory: Directory) -> None:
    size = sum(member.size for member in directory.members)
    ratio = size // max(1, source.size)
    if size > BOMB_BYTES and ratio > source.limits.inflate_ratio:
        details = {"size": str(size), "ratio": str(ratio)}
        record.anomaly("archive-bomb", f"unpacks to {size:,} bytes, {ratio:,} times its size", None, **details)


def _check_member(record: ArchiveRecord, member: Member) -> None:
    flags = member.flags
    name = member.name
    if flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_PATCHED):
        record.about(name, "zip-encrypted", "marked as encrypted or patched", member.offset, flags=f"{flags:#06x}")
    if "\0" in member.name:
        record.about(name, "zip-name-nul", "the name holds a NUL, where some readers stop", member.offset)
    elif (reason := _outside(member.name)) == "backslash":
        record.about(name, "zip-name-backslash", "the name separates folders by backslashes", member.offset)
    elif reason:
        record.about(name, "zip-path-traversal", "the name leads outside", member.offset, reason=reason)
    if member.alias and member.alias != member.name:
        record.about(name, "zip-name-mismatch", "two names in the directory", member.offset, other=member.alias)
    if stat.S_ISLNK(member.mode):
        record.about(name, "zip-symlink", "is a symbolic link", member.offset)


def _outside(name: str) -> str:
    """As ``escape_of``; "b:0.npy", a TensorFlow variable saved by numpy, names no drive."""
    reason = escape_of(name)
    return reason if reason != "drive" or name[2:3] in ("/", "\\") else ""


def _check_duplicates(record: ArchiveRecord, directory: Directory) -> None:
    exact = Counter(member.name for member in directory.members)
    folded = Counter(_folded(name) for name in exact)
    for name, count in exact.items():
        if count > 1:
            record.about(name, "zip-duplicate-member", f"{count} members of one name", None, how="exact")
        elif folded[_folded(name)] > 1:
            record.about(name, "zip-duplicate-member", "names that differ in spelling only", None, how="fold")


def _folded(name: str) -> str:
    """The name as a careless or case-blind reader takes it."""
    parts = name.partition("\0")[0].replace("\\", "/").casefold().split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def _check_behind(record: ArchiveRecord, directories: Directories, source: Source) -> None:
    comment = directories.comment
    at = source.size - directories.trailing - len(comment)
    if directories.trailing:
        record.anomaly("zip-trailing-data", "bytes behind the end", at, length=str(directories.trailing))
    if comment and (len(comment) > _COMMENT or not _is_text(comment)):
        record.anomaly("zip-comment-data", "the comment is not a short text", at, length=str(len(comment)))


def _is_text(data: bytes) -> bool:
    try:
        return all(char.isprintable() or char in "\r\n\t" for char in data.decode())
    except UnicodeDecodeError:
        return False


def check_local(record: ArchiveRecord, member: Member, local: LocalHeader | None) -> None:
    """Compare the two headers of a member. Every disagreement is a choice left to the reader."""
    name = member.name
    if local is None:
        record.about(name, "zip-local-header-missing", "no local header where the directory says", member.offset)
        return
    if local.raw_name != member.raw_name:
        shown = local.raw_name[:200].decode("utf-8", "backslashreplace")
        record.about(name, "zip-name-mismatch", "local header and directory differ", member.offset, other=shown)
    if (local.flags ^ member.flags) & ~_HARMLESS_FLAGS:
        flags = f"{local.flags:#06x} {member.flags:#06x}"
        record.about(name, "zip-flag-mismatch", "local header and directory differ", member.offset, flags=flags)
    if local.method != member.method:
        methods = f"{local.method} {member.method}"
        record.about(name, "zip-method-mismatch", "two compression methods", member.offset, methods=methods)
    _check_values(record, member, local)


def _check_values(record: ArchiveRecord, member: Member, local: LocalHeader) -> None:
    """Zeros in the local header mean "see behind the data" when the descriptor flag is set."""
    later = bool((local.flags | member.flags) & FLAG_DESCRIPTOR)
    if local.crc != member.crc and not (later and local.crc == 0):
        record.about(member.name, "zip-crc-mismatch", "two checksums in the headers", member.offset)
    for ours, theirs in ((local.packed, member.packed), (local.size, member.size)):
        if ours != theirs and not (later and ours == 0):
            sizes = f"{ours} {theirs}"
            record.about(member.name, "zip-size-mismatch", "two sizes", member.offset, sizes=sizes)


def gap_behind(member: Member, local: LocalHeader, following: int) -> tuple[int, int] | None:
    """What lies behind a member as (offset, length), None when only a descriptor does, or nothing.

    ``following`` is the offset of the next record.
    """
    end = local.start + member.packed
    fine = _DESCRIPTORS if (member.flags | local.flags) & FLAG_DESCRIPTOR else (0,)
    return (end, following - end) if following > end and following - end not in fine else None


def descriptor_length(data: bytes, member: Member) -> int:
    """Bytes of the data descriptor at the start of ``data``, which follows the content of ``member``.

    Its signature is optional; without one it must at least repeat the directory, or it is something else.
    """
    if not member.flags & FLAG_DESCRIPTOR:
        return 0
    sizes = 8 if data.startswith(DESCRIPTOR) else 4
    wide = data[sizes : sizes + 16] == struct.pack("<2Q", member.packed, member.size)
    short = data[sizes : sizes + 8] == struct.pack("<2I", member.packed & _32_BITS, member.size & _32_BITS)
    if sizes == 4 and not wide and not short:  # noqa: PLR2004 - no signature
        return 0
    return sizes + (16 if wide else 8)
