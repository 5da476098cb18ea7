"""Fetching what speaks of other files by hash, and the small files it speaks of. Never a weight."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable

from trustaudit.errors import HubError
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.filefacts import Provenance, ProvenanceFile
from trustaudit.hub.session import HubSession
from trustaudit.provenance.kinds import MAX_BYTES, MAX_FILES, Kind, provenance_entries
from trustaudit.provenance.listing import Listing, hashable, listed_sha256
from trustaudit.provenance.stated import named_paths
from trustaudit.refs import RepoRef
from trustaudit.snapshot import FileEntry, FileList

MAX_HASHED_BYTES = 1024 * 1024
"""What the Hub keeps in git is smaller, but for text; the SHA-256 of all else is listed."""
MAX_HASHED_FILES = 400
AT_ONCE = 8

_BEYOND = Unavailable(reason=Reason.BUDGET_SPENT, detail=f"beyond the {MAX_FILES} provenance files that are read")
_NOT_HASHED = Unavailable(
    reason=Reason.BUDGET_SPENT, detail=f"beyond the {MAX_HASHED_FILES} small files that are hashed"
)


async def read_provenance(ref: RepoRef, session: HubSession, commit: str, files: FileList) -> Provenance:
    """What provenance files say, with the hashes needed to compare. Costs nothing where there are none."""
    found = provenance_entries(files.entries)
    if not found:
        return Provenance()
    reader = _Reader(ref, session, commit)
    read = await asyncio.gather(*(reader.text(entry, kind) for entry, kind in found[:MAX_FILES]))
    texts = [*read, *(ProvenanceFile(path=entry.path, kind=kind, text=_BEYOND) for entry, kind in found[MAX_FILES:])]
    listing = Listing({entry.path: listed_sha256(entry) for entry in files.entries}, {}, whole=files.complete)
    hashed = await reader.hashes(hashable(files.entries, named_paths(texts, listing)))
    return Provenance(
        files=tuple(texts),
        digests=tuple(sorted((path, digest) for path, digest in hashed if isinstance(digest, str))),
        unhashed=tuple(sorted((path, why) for path, why in hashed if isinstance(why, Unavailable))),
    )


class _Reader:
    """Small files of one repository at one commit, a few at a time."""

    def __init__(self, ref: RepoRef, session: HubSession, commit: str) -> None:
        self._ref, self._session, self._commit = ref, session, commit
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def text(self, entry: FileEntry, kind: Kind) -> ProvenanceFile:
        """A provenance file with its text."""
        data = await self._bytes(entry, MAX_BYTES)
        return ProvenanceFile(
            path=entry.path, kind=kind, text=data if isinstance(data, Unavailable) else _decoded(data)
        )

    async def hashes(self, entries: Iterable[FileEntry]) -> list[tuple[str, str | Unavailable]]:
        """Path and SHA-256 of each."""
        listed = list(entries)
        found = await asyncio.gather(*(self._hash(entry) for entry in listed[:MAX_HASHED_FILES]))
        digests: list[str | Unavailable] = [*found, *(_NOT_HASHED for _ in listed[MAX_HASHED_FILES:])]
        return [(entry.path, digest) for entry, digest in zip(listed, digests, strict=True)]

    async def _hash(self, entry: FileEntry) -> str | Unavailable:
        data = await self._bytes(entry, MAX_HASHED_BYTES)
        if isinstance(data, Unavailable):
            return data
        if entry.oid and git_blob_id(data) != entry.oid:
            return Unavailable(reason=Reason.BAD_ANSWER, detail="the bytes served are not those of the listed git id")
        return hashlib.sha256(data).hexdigest()

    async def _bytes(self, entry: FileEntry, most: int) -> bytes | Unavailable:
        if entry.size is not None and entry.size > most:
            return Unavailable(reason=Reason.TOO_LARGE, detail=f"larger than {most:,} bytes")
        async with self._gate:
            try:
                return await self._session.read_file(self._ref, self._commit, entry.path, max_bytes=most)
            except HubError as error:
                return error.as_unavailable()


def git_blob_id(data: bytes) -> str:
    """The git id of a file's content: what the Hub lists for small files."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _decoded(data: bytes) -> Known[str] | Unavailable:
    try:
        return Known(value=data.decode("utf-8"))
    except UnicodeDecodeError:
        return Unavailable(reason=Reason.UNSUPPORTED_FORMAT, detail="no text: a signature of another kind")
