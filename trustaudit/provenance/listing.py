"""The repository's own files with their SHA-256: as the Hub lists them, or as they were fetched and hashed."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from trustaudit.facts import value_of
from trustaudit.snapshot import FileEntry, FileList, Snapshot

NOT_LISTED = "the Hub lists no SHA-256 for it"


class Listing(Struct, frozen=True):
    """``hashes`` by path, None where not known (``why`` says why). ``whole``: what is not here does not exist."""

    hashes: dict[str, str | None]
    why: dict[str, str]
    whole: bool

    def placed(self, path: str, folder: str) -> str:
        """A path that a provenance file in ``folder`` names, from the root. Tools write it from either."""
        below = f"{folder}/{path}" if folder else path
        return below if below in self.hashes or path not in self.hashes else path


def listing_of(snapshot: Snapshot) -> Listing:
    """The files of a snapshot."""
    files: FileList | None = value_of(snapshot.files)
    fetched = dict(snapshot.provenance.digests)
    entries = files.entries if files else ()
    hashes = {entry.path: listed_sha256(entry) or fetched.get(entry.path) for entry in entries}
    why = {path: absence.detail or str(absence.reason) for path, absence in snapshot.provenance.unhashed}
    return Listing(hashes, why, whole=bool(files and files.complete))


def listed_sha256(entry: FileEntry) -> str | None:
    """The SHA-256 of a large file, hex; None for a small one, of which only the git id is listed."""
    return entry.lfs.sha256.casefold() if entry.lfs and entry.lfs.sha256 else None


def folder_of(path: str) -> str:
    """The folder a provenance file lies in; empty for the root."""
    return path.rpartition("/")[0]


def hashable(entries: Iterable[FileEntry], names: Iterable[str]) -> tuple[FileEntry, ...]:
    """Of the named files those whose SHA-256 is not listed: small files, to be fetched and hashed."""
    wanted = set(names)
    return tuple(entry for entry in entries if entry.path in wanted and entry.lfs is None)
