"""What files on disk say about each other by hash. Unlike on the Hub, weights are read for it: they are here."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.filefacts import Provenance, ProvenanceFile
from trustaudit.provenance.kinds import MAX_BYTES, MAX_FILES, provenance_entries
from trustaudit.provenance.listing import Listing
from trustaudit.provenance.stated import named_paths
from trustaudit.snapshot import FileEntry

MAX_HASHED_BYTES = 256 * 1024**3
"""Of all files together: beyond the largest models; a sparse file can claim to be any size."""
_AT_ONCE = 1024 * 1024

_BEYOND = Unavailable(reason=Reason.BUDGET_SPENT, detail=f"beyond the {MAX_FILES} provenance files that are read")
_TOO_MUCH = Unavailable(reason=Reason.BUDGET_SPENT, detail=f"beyond the {MAX_HASHED_BYTES:,} bytes that are hashed")
_ODD = Unavailable(reason=Reason.UNSUPPORTED_FORMAT, detail="not a regular file")


def local_provenance(files: Mapping[str, Path], entries: tuple[FileEntry, ...]) -> Provenance:
    """The provenance files among ``files`` (by name), and the SHA-256 of each file that they name."""
    found = provenance_entries(entries)
    texts = [
        ProvenanceFile(path=entry.path, kind=kind, text=_text(files[entry.path]) if place < MAX_FILES else _BEYOND)
        for place, (entry, kind) in enumerate(found)
    ]
    named = named_paths(texts, Listing(dict.fromkeys(files), {}, whole=True)) if texts else ()
    hashed = _hashes({path: files[path] for path in named})
    return Provenance(
        files=tuple(texts),
        digests=tuple(sorted((path, digest) for path, digest in hashed.items() if isinstance(digest, str))),
        unhashed=tuple(sorted((path, why) for path, why in hashed.items() if isinstance(why, Unavailable))),
    )


def _text(file: Path) -> Known[str] | Unavailable:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return _ODD
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return Unavailable(reason=Reason.TOO_LARGE, detail=f"larger than {MAX_BYTES:,} bytes")
        return Known(value=data.decode("utf-8"))
    except UnicodeDecodeError:
        return Unavailable(reason=Reason.UNSUPPORTED_FORMAT, detail="no text: a signature of another kind")
    except OSError as error:
        return _unreadable(error)


def _hashes(files: Mapping[str, Path]) -> dict[str, str | Unavailable]:
    left, found = MAX_HASHED_BYTES, dict[str, str | Unavailable]()
    for name, file in files.items():
        size = _size(file)
        left -= size
        found[name] = _TOO_MUCH if left < 0 else _hash(file, size)
    return found


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _hash(file: Path, size: int) -> str | Unavailable:
    """SHA-256 of at most ``size`` bytes; a file that grows meanwhile ends there."""
    digest = hashlib.sha256()
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return _ODD
        with file.open("rb") as opened:
            size = min(size, os.fstat(opened.fileno()).st_size)
            while size > 0 and (chunk := opened.read(min(_AT_ONCE, size))):
                digest.update(chunk)
                size -= len(chunk)
    except OSError as error:
        return _unreadable(error)
    return digest.hexdigest()


def _unreadable(error: OSError) -> Unavailable:
    return Unavailable(reason=Reason.ENTRY_NOT_FOUND, detail=error.strerror or type(error).__name__)
