"""The records of a zip file, parsed as leniently as the most lenient loader reads them.

Sizes and offsets are bytes; a record that does not fit is None, never an exception.
"""

from __future__ import annotations

import struct

from msgspec import Struct

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
LOCATOR64 = b"PK\x06\x07"
DESCRIPTOR = b"PK\x07\x08"

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")

LOCAL_SIZE = _LOCAL.size
END_SIZE = _END.size
END64_SIZE = _END64.size
LOCATOR64_SIZE = _LOCATOR64.size

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
FLAG_ENCRYPTED, FLAG_DESCRIPTOR, FLAG_PATCHED, FLAG_STRONG, FLAG_UTF8 = 0x1, 0x8, 0x20, 0x40, 0x800
_MAX32 = 0xFFFF_FFFF
_UNIX = 3
_EXTRA_ZIP64, _EXTRA_UNICODE_PATH = 0x0001, 0x7075


class Member(Struct, frozen=True):
    """One entry of a directory. ``offset`` is where its local header should be in the file.

    ``alias`` is a second name from the Unicode path field; ``mode`` the Unix mode, 0 when none.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int = 0
    alias: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether this is a folder's own entry, which has no content."""
        return self.name.endswith("/") and self.packed == 0

    @property
    def earliest_end(self) -> int:
        """Where the content ends at the earliest: the local header's extra field is not known here."""
        return self.offset + LOCAL_SIZE + len(self.raw_name) + self.packed


class LocalHeader(Struct, frozen=True):
    """What the bytes in front of a member say. ``start`` is where its content starts in the file."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int


class EndRecord(Struct, frozen=True):
    """An end-of-central-directory record at ``offset``, and the directory it points to.

    ``anchor`` is where the directory must end: this record, or the zip64 record before it.
    """

    offset: int
    anchor: int
    entries: int
    directory_size: int
    directory_offset: int
    comment_length: int
    zip64: bool = False


def parse_end(data: bytes, at: int, base: int) -> EndRecord | None:
    """The end record at ``data[at:]``, where ``data`` starts at file offset ``base``."""
    if len(data) - at < END_SIZE:
        return None
    _, _, _, _, entries, size, offset, comment = _END.unpack_from(data, at)
    return EndRecord(base + at, base + at, entries, size, offset, comment)


def parse_locator64(data: bytes, at: int) -> int | None:
    """The file offset that a zip64 locator at ``data[at:]`` gives, None when none is there."""
    if at < 0 or data[at : at + 4] != LOCATOR64 or len(data) - at < LOCATOR64_SIZE:
        return None
    offset: int = _LOCATOR64.unpack_from(data, at)[2]
    return offset


def parse_end64(data: bytes, offset: int, record: EndRecord) -> EndRecord | None:
    """``record`` with the values of the zip64 record ``data``, which starts at file ``offset``."""
    if len(data) < END64_SIZE or data[:4] != END64:
        return None
    *_, entries, size, directory_offset = _END64.unpack_from(data)
    return EndRecord(record.offset, offset, entries, size, directory_offset, record.comment_length, zip64=True)


def parse_central(data: bytes, at: int, base: int) -> tuple[Member, int] | None:
    """The directory entry at ``data[at:]`` and the position behind it.

    ``base`` is added to the header offset: bytes put in front of a finished zip. A name that runs
    beyond the directory is cut there, as zipfile does.
    """
    if len(data) - at < _CENTRAL.size or data[at : at + 4] != CENTRAL:
        return None
    fields = _CENTRAL.unpack_from(data, at)
    made_by, flags, method, crc, packed, size = fields[1], fields[3], fields[4], fields[7], fields[8], fields[9]
    name_length, extra_length, comment_length, external, offset = *fields[10:13], fields[15], fields[16]
    name_at = at + _CENTRAL.size
    raw = data[name_at : name_at + name_length]
    extra = data[name_at + name_length : name_at + name_length + extra_length]
    size, packed, offset = _zip64(extra, [size, packed, offset])
    mode = external >> 16 if made_by >> 8 == _UNIX else 0
    alias = _unicode_path(extra)
    member = Member(decode_name(raw, flags), raw, flags, method, crc, packed, size, base + offset, mode, alias)
    return member, name_at + name_length + extra_length + comment_length


def parse_local(data: bytes, offset: int) -> LocalHeader | None:
    """The local header at the start of ``data``, which starts at file ``offset``."""
    if len(data) < LOCAL_SIZE or data[:4] != LOCAL:
        return None
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(data)
    raw = data[LOCAL_SIZE : LOCAL_SIZE + name_length]
    extra = data[LOCAL_SIZE + name_length : LOCAL_SIZE + name_length + extra_length]
    size, packed = _zip64(extra, [size, packed])
    return LocalHeader(raw, flags, method, crc, packed, size, offset + LOCAL_SIZE + name_length + extra_length)


def decode_name(raw: bytes, flags: int) -> str:
    """The name as Python's zipfile decodes it; undecodable bytes stay visible as escapes."""
    return raw.decode("utf-8" if flags & FLAG_UTF8 else "cp437", "backslashreplace")


def _fields(extra: bytes) -> dict[int, bytes]:
    """Extra fields by id, the first of each. Padding that is not a field ends the list."""
    found: dict[int, bytes] = {}
    at = 0
    while len(extra) - at >= 4:  # noqa: PLR2004 - id and length
        kind, length = struct.unpack_from("<2H", extra, at)
        found.setdefault(kind, extra[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _zip64(extra: bytes, values: list[int]) -> list[int]:
    """Values that are all ones stand as 64 bits in the extra field, in the same order."""
    if _MAX32 not in values:
        return values
    wide = _fields(extra).get(_EXTRA_ZIP64, b"")
    at = 0
    for index, value in enumerate(values):
        if value == _MAX32 and len(wide) - at >= 8:  # noqa: PLR2004 - one 64-bit value
            values[index] = int.from_bytes(wide[at : at + 8], "little")
            at += 8
    return values


def _unicode_path(extra: bytes) -> str:
    """The name of Info-ZIP's Unicode path field, which newer readers prefer."""
    if b"\x75\x70" not in extra:
        return ""
    return _fields(extra).get(_EXTRA_UNICODE_PATH, b"")[5:].decode("utf-8", "backslashreplace")
