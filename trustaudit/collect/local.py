"""A folder or file on disk as a Snapshot: the same inspectors, no network, no Hub facts.

A downloaded snapshot of the Hub's client is a tree of links into a folder of blobs, so links
to regular files are followed; linked folders are not (they may lead in circles or out of the
tree). Devices, sockets and pipes are named, never opened. Folders that nobody looked into make
the list of files incomplete: whoever loads the folder may be able to read them.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from trustaudit.collect.local_provenance import local_provenance
from trustaudit.errors import FileInputError
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.filefacts import FileFacts, Provenance
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.drivers import inspect_local
from trustaudit.refs import RepoRef
from trustaudit.snapshot import Cost, FileEntry, FileList, Snapshot

MAX_LOCAL_FILES = 100_000
_NO_HUB = NotApplicable(why="local files have no Hub facts")
_SKIPPED_FOLDERS = frozenset({".git", "__pycache__"})
_CACHE_INSIDES = frozenset({"blobs", "refs", ".no_exist", "trees"})
"""Beside ``snapshots`` in the cache of the Hub's client: the same bytes without their names."""


def collect_local(path: Path) -> Snapshot:
    """Every file below ``path`` (or the file itself), inspected. Raises FileInputError when it is not there."""
    started = time.monotonic()
    if not path.exists():
        raise FileInputError(f"{path} does not exist", advice="name a file or folder on this machine")
    entries: list[FileEntry] = []
    facts: list[FileFacts] = []
    refused: list[tuple[str, Unavailable]] = []
    found: dict[str, Path] = {}
    closed: list[tuple[str, Unavailable]] = []
    for file, name in _files(path, closed):
        if len(entries) >= MAX_LOCAL_FILES:
            detail = f"what comes after {MAX_LOCAL_FILES:,} files was not looked into"
            closed.append((name, Unavailable(reason=Reason.NOT_REQUESTED, detail=detail)))
            break
        found[name] = file
        seen = _inspect(file, name)
        if isinstance(seen, FileFacts):
            facts.append(seen)
        else:
            refused.append((name, seen))
        entries.append(FileEntry(path=name, size=seen.size if isinstance(seen, FileFacts) else None))
    spent = sum(file.bytes_read for file in facts)
    seconds = round(time.monotonic() - started, 3)
    return Snapshot(
        ref=RepoRef(name="local"),
        requested=_printable(str(path)),
        endpoint="",
        collected_at=datetime.now(UTC),
        origin="local",
        info=_NO_HUB,
        files=Known(value=FileList(entries=tuple(entries), source="local", complete=not closed)),
        history=_NO_HUB,
        publisher=_NO_HUB,
        scan=_NO_HUB,
        file_facts=tuple(facts),
        not_inspected=(*refused, *closed),
        provenance=local_provenance(found, tuple(entries)) if path.is_dir() else Provenance(),
        cost=Cost(bytes=spent, repo_bytes=sum(entry.size or 0 for entry in entries), seconds=seconds),
    )


def _files(path: Path, closed: list[tuple[str, Unavailable]]) -> Iterator[tuple[Path, str]]:
    """Files with their names relative to ``path``, in a stable order. ``closed`` gets the folders not looked into."""

    def close(folder: Path, reason: Reason, detail: str) -> None:
        closed.append((_printable(folder.relative_to(path).as_posix()), Unavailable(reason=reason, detail=detail)))

    def refused(error: OSError) -> None:
        close(Path(error.filename), Reason.NOT_PROVIDED, f"the folder cannot be listed: {error.strerror}")

    if not path.is_dir():
        yield path, _printable(path.name)
        return
    for folder, folders, names in os.walk(path, onerror=refused):
        skipped = _SKIPPED_FOLDERS | (_CACHE_INSIDES if "snapshots" in folders and "blobs" in folders else frozenset())
        folders[:] = sorted(name for name in folders if name not in skipped)
        for linked in (Path(folder) / name for name in folders):
            if linked.is_symlink() and not _is_walked(linked.resolve(), path.resolve()):
                close(linked, Reason.NOT_REQUESTED, "a link to a folder elsewhere, which is not followed")
        for name in sorted(names):
            file = Path(folder) / name
            yield file, _printable(file.relative_to(path).as_posix())


def _is_walked(folder: Path, root: Path) -> bool:
    """Whether the files of a folder are seen under its own name."""
    return folder.is_relative_to(root) and _SKIPPED_FOLDERS.isdisjoint(folder.relative_to(root).parts)


def _printable(name: str) -> str:
    """The name with bytes that are no UTF-8 as escapes: a file system allows them, JSON does not."""
    return name.encode("utf-8", "backslashreplace").decode()


def _inspect(file: Path, name: str) -> FileFacts | Unavailable:
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            return Unavailable(reason=Reason.UNSUPPORTED_FORMAT, detail="not a regular file")
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            return inspect_local(inspect_file, opened, name, size)
    except OSError as error:
        return Unavailable(reason=Reason.ENTRY_NOT_FOUND, detail=error.strerror or type(error).__name__)
