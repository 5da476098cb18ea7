"""Tar archives, read by seeking from header to header: tensors are never fetched.

Covers ustar, GNU and pax extensions. Where the extensions disagree with the header they
stand before, unpackers disagree too, so the disagreement is told.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from trustaudit.facts import Reason
from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Inspecting, Read, ReadRefusedError, Source
from trustaudit.formats.nested import contained, inner, windowed
from trustaudit.formats.paths import escape_of
from trustaudit.formats.record import Reading, clip, concluded, text_of

BLOCK = 512
_OPENED = 10_000
_LONG_NAME = 64 * 1024
_PAX = 1024 * 1024
_AHEAD = 64 * 1024
_TORCH = frozenset({"sys_info", "pickle", "storages", "tensors"})
_LINKS = {b"1": "hard link", b"2": "symbolic link"}
_DEVICES = {b"3": "character device", b"4": "block device", b"6": "pipe"}
_FILES = frozenset({b"0", b"\0", b"7"})
_SPARSE = b"S"


class Entry(Struct):
    """One member. ``start`` is where its content starts in the file."""

    name: str
    kind: bytes
    size: int
    link: str
    offset: int
    start: int

    @property
    def following(self) -> int:
        """Where the next header is."""
        return self.start + (self.size + BLOCK - 1) // BLOCK * BLOCK


class _Extensions(Struct):
    """What extension headers say about the next member, and about all further ones."""

    name: str = ""
    link: str = ""
    pax: dict[str, str] = field(default_factory=dict)
    overall: dict[str, str] = field(default_factory=dict)


def inspect_tar(source: Source) -> Inspecting:
    """A tar file: torch before 0.1.10, NeMo, or any other."""
    record = ArchiveRecord(source, "tar")
    return concluded(record, _walk(record, source))


def _walk(record: ArchiveRecord, source: Source) -> Reading[None]:
    names: set[str] = set()
    extensions = _Extensions()
    at = 0
    while at < source.size:
        block = yield Read(at, BLOCK)
        if len(block) < BLOCK or not block.strip(b"\0"):
            yield from _end(record, source, at, block)
            break
        entry = _parsed(record, block, at)
        if entry is None:
            return
        if entry.kind in b"LKxgX":
            yield from _extend(record, source, entry, extensions)
        else:
            _apply(entry, extensions)
            names.add(entry.name)
            yield from _member(record, source, entry)
            extensions = _Extensions(overall=extensions.overall)
        at = entry.following
        if record.members > _OPENED:
            record.limit("members")
            return
    _name_layout(record, names)


def _name_layout(record: ArchiveRecord, names: set[str]) -> None:
    stems = {name.removeprefix("./").strip("/") for name in names}
    if stems >= {"sys_info", "pickle"} or len(stems & _TORCH) == len(_TORCH):
        record.format = "torch-tar"
        record.fact("torch-tar", "the layout of torch before 0.1.10, which weights_only did not cover before 2.6")
    elif any(name.endswith("model_config.yaml") for name in stems):
        record.format = "nemo"


def _parsed(record: ArchiveRecord, block: bytes, at: int) -> Entry | None:
    """The header at ``at``; None, noted, when it is none: unpackers stop or resynchronise there."""
    size = _number(block[124:136])
    if not _checksum_fits(block) or size is None:
        record.anomaly("tar-header-invalid", "no valid header where one has to be", at)
        record.unseen(f"the archive is broken at {at}")
        return None
    name = text_of(block[:100].partition(b"\0")[0])
    if block[257:262] == b"ustar" and block[345:346] != b"\0" and block[262:264] != b" \0":
        prefix = text_of(block[345:500].partition(b"\0")[0])
        name = f"{prefix}/{name}" if prefix else name
    kind = block[156:157]
    link = text_of(block[157:257].partition(b"\0")[0])
    content = size if kind not in (b"1", b"2", b"3", b"4", b"5", b"6") else 0
    return Entry(name, kind, content, link, at, at + BLOCK)


def _checksum_fits(block: bytes) -> bool:
    """Unsigned, or signed as some old writers summed."""
    given = _number(block[148:156])
    around = block[:148] + block[156:]
    unsigned = sum(around) + 8 * 0x20
    signed = unsigned - 256 * sum(byte > 0x7F for byte in around)  # noqa: PLR2004 - the sign bit
    return given in (unsigned, signed)


def _number(field_: bytes) -> int | None:
    """Octal digits, or binary when the first bit is set (GNU)."""
    if field_[:1] == b"\x80":
        return int.from_bytes(field_[1:], "big")
    digits = field_.replace(b"\0", b" ").strip()
    if digits.strip(b"01234567"):
        return None
    return int(digits, 8) if digits else 0


def _extend(record: ArchiveRecord, source: Source, entry: Entry, extensions: _Extensions) -> Reading[None]:
    longest = _LONG_NAME if entry.kind in b"LK" else _PAX
    if entry.size > longest:
        record.anomaly("tar-header-invalid", "an extension header of unusual length", entry.offset)
        record.unseen("an extension header is too long")
        return
    data = yield Read(entry.start, min(entry.size, source.size - entry.start))
    if entry.kind == b"L":
        extensions.name = text_of(data.partition(b"\0")[0])
    elif entry.kind == b"K":
        extensions.link = text_of(data.partition(b"\0")[0])
    elif entry.kind == b"g":
        extensions.overall |= _pax(data)
        if {"path", "size", "linkpath"} & extensions.overall.keys():
            record.anomaly("tar-pax-override", "renames or resizes every further member", entry.offset)
    else:
        extensions.pax = _pax(data)


_RECORD = re.compile(rb"(\d{1,9}) ([^=\n]{1,256})=")


def _pax(data: bytes) -> dict[str, str]:
    """Records of the form "length key=value", each ending in a newline; the first that does not fit ends them."""
    found: dict[str, str] = {}
    at = 0
    while match := _RECORD.match(data, at):
        end = at + int(match[1])
        if end <= match.end() or end > len(data):
            break
        found[text_of(match[2])] = text_of(data[match.end() : end - 1])
        at = end
    return found


def _apply(entry: Entry, extensions: _Extensions) -> None:
    said = extensions.overall | extensions.pax
    entry.name = said.get("path") or extensions.name or entry.name
    entry.link = said.get("linkpath") or extensions.link or entry.link
    if said.get("size", "").isdecimal() and entry.kind in _FILES and len(said["size"]) < 20:  # noqa: PLR2004 - below 2**64
        entry.size = int(said["size"])


def _member(record: ArchiveRecord, source: Source, entry: Entry) -> Reading[None]:
    record.members += 1
    _check_name(record, entry)
    if entry.kind in _LINKS:
        _check_link(record, entry)
    elif entry.kind in _DEVICES:
        record.about(entry.name, "tar-device", f"is a {_DEVICES[entry.kind]}", entry.offset)
    elif entry.kind == _SPARSE or entry.kind not in _FILES | {b"5"}:
        record.about(entry.name, "tar-unusual-member", f"member type {entry.kind!r}", entry.offset)
        record.unseen(f"{clip(entry.name, 100)}: a member of unusual type")
    elif entry.kind in _FILES and entry.size and not entry.name.endswith("/"):
        yield from _content(record, source, entry)


def _check_name(record: ArchiveRecord, entry: Entry) -> None:
    reason = escape_of(entry.name)
    if reason and reason != "backslash":
        record.about(entry.name, "tar-path-traversal", "the name leads outside", entry.offset, reason=reason)


def _check_link(record: ArchiveRecord, entry: Entry) -> None:
    """Hard links name members from the root of the archive, symbolic links from where they stand."""
    what = _LINKS[entry.kind]
    depth = len([part for part in entry.name.split("/")[:-1] if part not in ("", ".")]) if entry.kind == b"2" else 0
    outside = escape_of(entry.link) not in ("", "backslash", "parent") or _climbs(entry.link, depth)
    kind = "tar-link-outside" if outside else "tar-link"
    target = clip(entry.link, 200)
    record.about(entry.name, kind, f"is a {what} to {target!r}", entry.offset, target=target)


def _climbs(link: str, depth: int) -> bool:
    for part in link.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


def _content(record: ArchiveRecord, source: Source, entry: Entry) -> Reading[None]:
    size = min(entry.size, max(0, source.size - entry.start))
    if size < entry.size:
        record.about(entry.name, "tar-truncated", "the file ends before the member does", entry.offset)
        record.unseen(f"{clip(entry.name, 100)}: cut off")
    below = inner(source, entry.name, size)
    try:
        inspection = yield from contained(windowed(inspect_file(below), entry.start, size))
    except ReadRefusedError as refusal:
        record.unseen(f"{clip(entry.name, 100)}: {refusal.what}")
        return
    record.absorb(inspection, entry.name)


def _end(record: ArchiveRecord, source: Source, at: int, block: bytes) -> Reading[None]:
    """Two zero blocks end the archive; padding follows, and unpackers that are told to go on beyond it."""
    if len(block) < BLOCK and not source.forward:
        record.anomaly("tar-truncated", "the archive ends without its end mark", at)
        return
    try:
        behind = yield Read(at + BLOCK, _AHEAD)
    except ReadRefusedError as refusal:
        if refusal.reason is not Reason.BUDGET_SPENT:
            raise
        return
    if behind.strip(b"\0"):
        offset = at + BLOCK + len(behind) - len(behind.lstrip(b"\0"))
        record.anomaly("tar-trailing-data", "bytes behind the end of the archive", offset)
        start = offset // BLOCK * BLOCK
        size = source.size - start
        inspection = yield from contained(windowed(inspect_file(inner(source, "", size)), start, size))
        record.absorb(inspection, f"bytes at {start}")
