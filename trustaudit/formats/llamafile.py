"""llamafile: a program with a zip of models behind it, and the arguments it gives itself."""

from __future__ import annotations

from trustaudit.formats.archive_record import ArchiveRecord
from trustaudit.formats.interface import Source
from trustaudit.formats.marks import record_marks
from trustaudit.formats.record import Reading, clip, text_of
from trustaudit.formats.zip_members import read_member
from trustaudit.formats.zip_records import Member

_ARGUMENTS = ".args"
_LONGEST = 64 * 1024


def note_arguments(record: ArchiveRecord, source: Source, members: tuple[Member, ...]) -> Reading[None]:
    """One argument a line, as the program reads them before its own command line."""
    for member in members:
        if member.name != _ARGUMENTS:
            continue
        data = yield from read_member(source, member, _LONGEST)
        text = text_of(data or b"")
        record.holds(
            member.name, "llamafile-arguments", f"{len(text.splitlines())} arguments", None, text=clip(text, 2000)
        )
        record.member = member.name
        record_marks(record, _ARGUMENTS, text)
        record.member = ""
