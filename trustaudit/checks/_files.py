"""The files of a snapshot with their kinds. What the bytes were seen to be beats what the name says."""

from __future__ import annotations

from dataclasses import dataclass

from trustaudit.facts import Known
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.knowledge.file_kinds import FileKind, kind_of_format, type_of
from trustaudit.snapshot import FileEntry, Snapshot


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file, its kind, and the format that its bytes showed (empty when only the name is known)."""

    entry: FileEntry
    kind: FileKind
    label: str
    format: str = ""

    @property
    def path(self) -> str:
        """Its path in the repository."""
        return self.entry.path

    @property
    def folder(self) -> str:
        """The folder it lies in; empty for the root."""
        return self.entry.path.rpartition("/")[0]


def seen_files(snapshot: Snapshot) -> tuple[SeenFile, ...]:
    """Every listed file with its kind, in the order of the listing."""
    facts = {item.path: item for item in snapshot.file_facts if item.coverage is not Coverage.NONE}
    return tuple(_seen(entry, facts.get(entry.path)) for entry in snapshot.entries)


def listing_is_whole(snapshot: Snapshot) -> bool:
    """Whether an absent file is known to be absent."""
    return isinstance(snapshot.files, Known) and snapshot.files.value.complete


def base_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def _seen(entry: FileEntry, facts: FileFacts | None) -> SeenFile:
    by_name = type_of(entry.path)
    by_bytes = kind_of_format(facts.format) if facts else None
    if facts is None or by_bytes is None:
        return SeenFile(entry=entry, kind=by_name.kind, label=by_name.label)
    # A training state is a pickle by its bytes; that nobody needs it to run the model is told by its name.
    leftover = by_name.kind is FileKind.TRAINING_STATE and by_bytes is FileKind.PICKLE
    kind = FileKind.TRAINING_STATE if leftover else by_bytes
    return SeenFile(entry=entry, kind=kind, label=by_name.label if leftover else facts.format, format=facts.format)
