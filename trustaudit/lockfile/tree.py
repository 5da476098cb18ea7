"""Files as pins: of a listing, in one digest, and the difference of two."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from msgspec import Struct

from trustaudit.lockfile.model import FilePin
from trustaudit.snapshot import FileEntry

SHA1 = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")


def file_pins(entries: Iterable[FileEntry]) -> tuple[FilePin, ...]:
    """One pin per file, sorted by path."""
    return tuple(sorted((_pin(entry) for entry in entries), key=lambda pin: pin.path))


def _pin(entry: FileEntry) -> FilePin:
    """A hash of another form than it should have is no hash: it could not be compared with a file's."""
    size = entry.size if entry.size is not None and entry.size >= 0 else None
    if entry.lfs is not None:
        return FilePin(path=entry.path, size=size, sha256=_matching(SHA256, entry.lfs.sha256))
    return FilePin(path=entry.path, size=size, git=_matching(SHA1, entry.oid))


def _matching(form: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and form.fullmatch(text) else None


def tree_digest(pins: Iterable[FilePin]) -> str:
    """``sha256:`` over one line per file, sorted by path: path, size and content key, ended by NUL each."""
    digest = hashlib.sha256()
    for pin in sorted(pins, key=lambda pin: pin.path):
        size = "" if pin.size is None else str(pin.size)
        digest.update(f"{pin.path}\0{size}\0{pin.content_key}\0\n".encode())
    return f"sha256:{digest.hexdigest()}"


class TreeChange(Struct, frozen=True):
    """What differs between two listings, each sorted by path; ``changed`` holds (before, after)."""

    added: tuple[FilePin, ...] = ()
    removed: tuple[FilePin, ...] = ()
    changed: tuple[tuple[FilePin, FilePin], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that differs."""
        return tuple(pin.path for pin in (*self.added, *self.removed, *(after for _, after in self.changed)))


def tree_change(before: Iterable[FilePin], after: Iterable[FilePin]) -> TreeChange:
    """The difference. A hash that only one side knows is compared by size: absence of a hash is no change."""
    old = {pin.path: pin for pin in before}
    new = {pin.path: pin for pin in after}
    both = ((old[path], new[path]) for path in sorted(old.keys() & new.keys()))
    return TreeChange(
        added=tuple(new[path] for path in sorted(new.keys() - old.keys())),
        removed=tuple(old[path] for path in sorted(old.keys() - new.keys())),
        changed=tuple(pair for pair in both if _differs(*pair)),
    )


def _differs(old: FilePin, new: FilePin) -> bool:
    if old.content_key and new.content_key:
        return old.content_key != new.content_key
    return None not in (old.size, new.size) and old.size != new.size
