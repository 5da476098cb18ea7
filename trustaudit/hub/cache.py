"""Answers and blobs on disk, one file each.

A file per entry, written beside its place and moved there, needs no lock: processes that
write the same entry at the same time both succeed and one of them stays. An entry that does
not hold (cut, edited, of another version) is removed and counts as absent. A folder that
cannot be written is noted once, and the run goes on without.

How long an answer holds is decided where the question is asked (``questions.py``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct

from trustaudit.settings import Settings

VERSION: Final = 1
Kind = Literal["answers", "blobs"]

_KINDS: tuple[Kind, ...] = ("answers", "blobs")
_SUFFIX = ".entry"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
_MAX_HEADER = 64 * 1024
_KEEP = 0.8
"""After an eviction the cache fills this part of its bound, so that not every write evicts."""

_ABANDONED = 3600.0
"""Seconds after which a temporary file is one that a killed process left."""


class CacheInfo(Struct, frozen=True):
    """The cache folder: how many entries, how many bytes, the time of the oldest."""

    path: Path
    entries: int
    bytes: int
    oldest: datetime | None


class Entry(Struct, frozen=True):
    """One stored body with what is told about it. ``expires`` is None for what cannot change."""

    meta: dict[str, Any]
    body: bytes
    stored: datetime
    expires: datetime | None = None


class AnswerCache:
    """Answers of a Hub, and blobs that callers keep. ``note`` says why it is out of use, if it is."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        reads: bool = True,
        writes: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.folder, self.max_bytes, self._root = folder, max_bytes, str(folder)
        self.note: str | None = None
        self._reads, self._writes, self._now = reads, writes, now
        self._written: int | None = None

    @classmethod
    def of(cls, settings: Settings, now: Callable[[], datetime]) -> AnswerCache:
        """The cache these settings ask for. Replays and unset folders have none."""
        usable = settings.use_cache and settings.replay is None and settings.cache_dir != Path()
        return cls(
            settings.cache_dir,
            max_bytes=settings.cache_bytes,
            reads=usable and settings.record is None and (settings.offline or not settings.refresh),
            writes=usable,
            now=now,
        )

    def get(self, key: str, *, any_age: bool = False) -> Entry | None:
        """The answer under that key, unless it expired."""
        entry = self._load("answers", key)
        if entry is None or any_age or entry.expires is None or self._now() < entry.expires:
            return entry
        return None

    def put(self, key: str, entry: Entry) -> None:
        """Keep an answer."""
        self._store("answers", key, entry)

    def drop(self, key: str) -> None:
        """Forget an answer that turned out not to hold."""
        self._remove(self._path("answers", key))

    def get_blob(self, key: str) -> bytes | None:
        """What was put under that key, or None."""
        entry = self._load("blobs", key)
        return entry.body if entry is not None else None

    def put_blob(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, until evicted. The key must name their content and its version."""
        self._store("blobs", key, Entry(meta={}, body=data, stored=self._now()))

    def info(self) -> CacheInfo:
        """Size and age of what is stored."""
        found = list(self._entries())
        times = [status.st_mtime for _, status in found]
        return CacheInfo(
            path=self.folder,
            entries=len(found),
            bytes=sum(status.st_size for _, status in found),
            oldest=datetime.fromtimestamp(min(times), UTC) if times else None,
        )

    def clear(self) -> int:
        """Remove all entries, and nothing else of the folder; returns how many there were."""
        return sum(self._remove(path) for path, _ in list(self._entries(temporary=True)))

    def _path(self, kind: Kind, key: str) -> str:
        """As text: pathlib takes longer to join names than the system to open the file."""
        digest = hashlib.sha256(f"{VERSION}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self._root}{os.sep}{kind}{os.sep}{digest[:2]}{os.sep}{digest}{_SUFFIX}"

    def _load(self, kind: Kind, key: str) -> Entry | None:
        if not self._reads:
            return None
        path = self._path(kind, key)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - text, as ``_path`` says
                return _decoded(file.readline(_MAX_HEADER), file.read(), key)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError):
            self._remove(path)
            return None

    def _store(self, kind: Kind, key: str, entry: Entry) -> None:
        if not self._writes:
            return
        data = _encoded(entry, key)
        if len(data) > self.max_bytes // 4:
            return
        try:
            _replace(self._path(kind, key), data)
            self._make_room(len(data))
        except OSError as error:
            self._writes = False
            self.note = f"the cache folder {self.folder} cannot be written ({error.strerror}); answers are not kept"

    def _make_room(self, added: int) -> None:
        """Evict the oldest when over the bound. The folder is only listed when that may be so."""
        if self._written is None:
            self._written = self.info().bytes
        else:
            self._written += added
        if self._written <= self.max_bytes:
            return
        self._written = self._evict()

    def _evict(self) -> int:
        found = sorted(self._entries(temporary=True), key=lambda item: item[1].st_mtime)
        size = sum(status.st_size for _, status in found)
        for path, status in found:
            if size <= self.max_bytes * _KEEP:
                break
            size -= status.st_size if self._remove(path) else 0
        return size

    def _entries(self, *, temporary: bool = False) -> Iterator[tuple[Path, os.stat_result]]:
        for kind in _KINDS:
            for folder in _folders(self.folder / kind):
                for item in _listed(folder):
                    status = _status(item)
                    left = temporary and item.name.endswith(".tmp")
                    if status is not None and (item.name.endswith(_SUFFIX) or (left and self._is_abandoned(status))):
                        yield Path(item.path), status

    def _is_abandoned(self, status: os.stat_result) -> bool:
        return status.st_mtime < self._now().timestamp() - _ABANDONED

    @staticmethod
    def _remove(path: Path | str) -> bool:
        try:
            os.unlink(path)  # noqa: PTH108 - text, as ``_path`` says
        except OSError:
            return False
        return True


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as items:
            return list(items)
    except OSError:
        return []


def _folders(folder: Path) -> Iterator[Path]:
    for item in _listed(folder):
        if len(item.name) == 2 and item.is_dir(follow_symlinks=False):  # noqa: PLR2004 - two digits of the key
            yield Path(item.path)


def _status(item: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return item.stat(follow_symlinks=False)
    except OSError:
        return None


_numbers = count()


def _replace(path: str, data: bytes) -> None:
    """Write beside the place and move there. Private: answers may be of private repositories."""
    beside = f"{path}.{os.getpid()}-{next(_numbers)}.tmp"
    try:
        with os.fdopen(_created(beside), "wb") as file:
            file.write(data)
        os.replace(beside, path)  # noqa: PTH105 - text in, text out: a third of the time
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside)  # noqa: PTH108 - as above
        raise


def _created(name: str) -> int:
    """A new private file, and its folder where that is not there yet."""
    try:
        return os.open(name, _NEW, 0o600)
    except FileNotFoundError:
        Path(name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(name, _NEW, 0o600)


def _encoded(entry: Entry, key: str) -> bytes:
    head = {
        "version": VERSION,
        "key": hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest(),
        "stored": entry.stored.isoformat(),
        "expires": entry.expires.isoformat() if entry.expires else None,
        "sha256": hashlib.sha256(entry.body).hexdigest(),
        "meta": entry.meta,
    }
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + entry.body


def _decoded(head_line: bytes, body: bytes, key: str) -> Entry:
    """Raises ValueError, KeyError or TypeError for whatever does not hold."""
    head = json.loads(head_line)
    if head["version"] != VERSION or head["sha256"] != hashlib.sha256(body).hexdigest():
        raise ValueError("damaged")
    if head["key"] != hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest():
        raise ValueError("another entry's file")
    if not isinstance(head["meta"], dict):
        raise TypeError("damaged")
    expires = head["expires"]
    return Entry(
        meta=head["meta"],
        body=body,
        stored=_moment(head["stored"]),
        expires=_moment(expires) if expires is not None else None,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment
