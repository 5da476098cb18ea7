"""The files of a snapshot with their kinds. What the bytes were seen to be beats what the name says."""

from __future__ import annotations

from msgspec import Struct

from trustaudit.asked_again import once_per_snapshot
from trustaudit.facts import Known
from trustaudit.knowledge.file_kinds import FileKind, type_of, type_of_format
from trustaudit.snapshot import FileEntry, Snapshot


class SeenFile(Struct, frozen=True):
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


@once_per_snapshot
def seen_files(snapshot: Snapshot) -> tuple[SeenFile, ...]:
    """Every listed file with its kind, in the order of the listing."""
    formats = {item.path: item.format for item in snapshot.file_facts}
    return tuple(_seen(entry, formats.get(entry.path, "")) for entry in snapshot.entries)


def listing_is_whole(snapshot: Snapshot) -> bool:
    """Whether an absent file is known to be absent."""
    return isinstance(snapshot.files, Known) and snapshot.files.value.complete


def base_name(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def _seen(entry: FileEntry, detected: str) -> SeenFile:
    by_name, by_bytes = type_of(entry.path), type_of_format(detected)
    if by_bytes is None:
        return SeenFile(entry=entry, kind=by_name.kind, label=by_name.label)
    shown = by_name if _name_is_finer(by_name.kind, by_bytes.kind) else by_bytes
    return SeenFile(entry=entry, kind=shown.kind, label=shown.label, format=detected)


def _name_is_finer(by_name: FileKind, by_bytes: FileKind) -> bool:
    """Where the bytes agree with a name that says more.

    An optimizer state is a pickle that nobody needs to run the model; a library and an
    installer are programs.
    """
    if by_bytes is FileKind.PICKLE:
        return by_name is FileKind.TRAINING_STATE
    return by_bytes.starts_programs and by_name.starts_programs
