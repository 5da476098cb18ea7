"""What a repository asks to be installed, with the file that asks."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Location, Severity
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot


class Asked(Struct, frozen=True):
    """One thing that is asked for."""

    file: FileFacts
    note: Observation

    @property
    def how(self) -> str:
        """``name``, ``conda``, ``direct``, ``local`` or an option such as ``extra-index-url``."""
        return self.note.get("how")

    @property
    def name(self) -> str:
        """The package."""
        return self.note.get("name")

    @property
    def value(self) -> str:
        """The address or path."""
        return self.note.get("value")

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(path=self.file.path, member=self.note.member or None, line=self.note.line)


def asked_for(snapshot: Snapshot, *ways: str) -> Iterator[Asked]:
    """Everything asked for in one of these ways (all, when none is named)."""
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind == "dependency" and (not ways or note.get("how") in ways):
                yield Asked(file, note)


def at_home(snapshot: Snapshot, severity: Severity) -> Severity:
    """The requirements of a Space are installed by the Hub: one step less there, and medium at most.

    Not less: whoever duplicates a Space gives the copy their own token.
    """
    if snapshot.ref.type is not RepoType.SPACE or severity.rank <= Severity.LOW.rank:
        return severity
    return min(severity.lowered(), Severity.MEDIUM, key=lambda level: level.rank)
