"""Members that are programs, by name: what lies inside an archive beside its data."""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Source
from trustaudit.formats.record import Reading
from trustaudit.formats.zip_records import Member

_SOURCE = {
    "python": (".py", ".pyw", ".ipynb"),
    "bytecode": (".pyc", ".pyo", ".pyz", ".class"),
    "script": (".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".hta", ".lua", ".pl", ".rb"),
}
_NATIVE = (".so", ".dll", ".dylib", ".pyd", ".node", ".exe", ".scr", ".com", ".msi", ".jar", ".wasm", ".cubin", ".lnk")
_BY_SUFFIX = {suffix: kind for kind, suffixes in _SOURCE.items() for suffix in suffixes}


def note_code(record: ArchiveRecord, members: Iterable[Member]) -> None:
    """One fact for each member whose name says that it is code."""
    for member in members:
        name = member.name.lower().rpartition("/")[2]
        suffix = name[name.rfind(".") :] if "." in name else ""
        if suffix in _BY_SUFFIX:
            kind = _BY_SUFFIX[suffix]
            record.holds(member.name, "archive-code-member", f"{kind} code", member.offset, kind=kind)
        elif suffix in _NATIVE or ".so." in name:
            record.holds(member.name, "archive-native-member", "native code", member.offset, kind="native")


def note_macros(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """Office documents keep their macros in a member of a known name."""
    del source
    yield from ()
    for member in members:
        if member.name.lower().endswith("vbaproject.bin"):
            record.about(member.name, "document-macros", "a document with macros", member.offset)
