"""What a path is: a plain folder, or part of the cache of the Hub's client.

::

    <cache>/models--org--name/blobs/<etag>
    <cache>/models--org--name/snapshots/<commit>/config.json -> ../../blobs/<etag>

Links of a snapshot may lead into its own ``blobs`` and nowhere else; in a plain folder, nowhere out of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from trustaudit.errors import FileInputError, RefError
from trustaudit.refs import RepoRef, RepoType

_REPO_FOLDER: Final = re.compile(r"(models|datasets|spaces)--(.+)")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_LOCAL_METADATA: Final = (".cache", "huggingface", "download")
_MAX_HINTS: Final = 50
_HINT_BYTES: Final = 4096


class Target(Struct, frozen=True):
    """A folder of files. ``home`` is where links may lead; ``ref`` (with its commit) what the folder's name claims."""

    root: Path
    home: Path
    ref: RepoRef | None = None


def targets(path: Path) -> tuple[Target, ...]:
    """Every folder of files below a path: one, or one per snapshot of a cache. Raises FileInputError."""
    if not path.is_dir():
        what = "is not a folder" if path.exists() else "does not exist"
        raise FileInputError(f"{path} {what}", advice="name a downloaded folder, or the cache of the Hub's client")
    root = path.resolve()
    found = tuple(_snapshot_of(root) or _snapshots(root) or _cached(root))
    return found or (Target(root, root),)


def _snapshot_of(root: Path) -> tuple[Target, ...]:
    """The path itself is a snapshot."""
    repo = root.parent.parent
    if root.parent.name != "snapshots" or not _COMMIT.fullmatch(root.name):
        return ()
    ref = _ref(repo.name)
    return (Target(root, repo / "blobs", ref.at(root.name)),) if ref else ()


def _snapshots(repo: Path) -> tuple[Target, ...]:
    """The path is a repository of the cache."""
    folder = repo / "snapshots"
    if _ref(repo.name) is None or not folder.is_dir():
        return ()
    return tuple(target for item in sorted(folder.iterdir()) if item.is_dir() for target in _snapshot_of(item))


def _cached(cache: Path) -> Iterator[Target]:
    """The path is the cache."""
    for item in sorted(cache.iterdir()):
        if item.is_dir() and not item.is_symlink():
            yield from _snapshots(item)


def _ref(name: str) -> RepoRef | None:
    matched = _REPO_FOLDER.fullmatch(name)
    if matched is None:
        return None
    kind = RepoType(matched.group(1).removesuffix("s"))
    namespace, _, rest = matched.group(2).partition("--")
    try:
        return RepoRef(type=kind, namespace=namespace if rest else None, name=rest or namespace)
    except RefError:
        return None


def noted_commit(root: Path) -> str | None:
    """The commit that the Hub's client noted when it downloaded into a plain folder, when all its notes agree.

    Only a hint which hashes to compare with: the notes lie beside the files and prove nothing.
    """
    folder = root.joinpath(*_LOCAL_METADATA)
    found: set[str] = set()
    for note in sorted(folder.rglob("*.metadata"))[:_MAX_HINTS] if folder.is_dir() else ():
        found.add(_first_line(note))
    return found.pop() if len(found) == 1 and _COMMIT.fullmatch(next(iter(found))) else None


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.readline(_HINT_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""
