"""Hashing files and comparing them with pins: streaming, several at once, nothing followed out of the folder.

Only what a walk of the folder finds is opened; a path of the pins never is, so a pin cannot name a file elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct

from trustaudit.lockfile.model import FilePin
from trustaudit.report.words import size as in_words
from trustaudit.verify.layout import Target

_CHUNK: Final = 1024 * 1024
_WORKERS: Final = min(8, (os.cpu_count() or 1) + 2)
# What git and the Hub's client keep beside the files. Loaders never look there.
_OWN_FOLDERS: Final = (".git", ".cache/huggingface")

Progress = Callable[[int], None]


class Kind(StrEnum):
    """How a file differs, or why it could not be compared."""

    ALTERED = "altered"
    MISSING = "missing"
    EXTRA = "extra"
    LINK_OUTSIDE = "link-outside"
    SPECIAL = "special"
    UNREADABLE = "unreadable"
    NO_HASH = "no-hash"

    @property
    def is_difference(self) -> bool:
        """False where nothing is known to differ, but not everything could be compared."""
        return self not in (Kind.UNREADABLE, Kind.NO_HASH)


class Problem(Struct, frozen=True):
    """One file that is not proven to be what it should be."""

    path: str
    kind: Kind
    message: str


class Comparison(Struct, frozen=True):
    """A folder against pins. ``equal`` counts proven files of ``bytes`` in all, ``absent`` files not downloaded."""

    equal: int
    bytes: int
    absent: int
    problems: tuple[Problem, ...]

    @property
    def differs(self) -> bool:
        """Whether any file is another than it should be."""
        return any(problem.kind.is_difference for problem in self.problems)

    @property
    def unsure(self) -> bool:
        """Whether any file could not be compared."""
        return any(not problem.kind.is_difference for problem in self.problems)


def compare(
    target: Target,
    pins: Iterable[FilePin],
    *,
    needed: Callable[[str], bool] = lambda _: True,
    progress: Progress = lambda _: None,
) -> Comparison:
    """Every file below the target against its pin. ``needed`` tells for which paths absence is a difference."""
    expected = {pin.path: pin for pin in pins}
    problems: list[Problem] = []
    found = dict(_walk(target, problems))
    shared = sorted(found.keys() & expected.keys())
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        judged = list(pool.map(lambda path: _judge(found[path], expected[path], target, progress), shared))
    problems += [problem for problem in judged if problem is not None]
    problems += [_extra(path, found[path], target) for path in found.keys() - expected.keys()]
    absent = expected.keys() - found.keys()
    problems += [Problem(path, Kind.MISSING, "is not there") for path in absent if needed(path)]
    proven = [path for path, problem in zip(shared, judged, strict=True) if problem is None]
    return Comparison(
        equal=len(proven),
        bytes=sum(expected[path].size or 0 for path in proven),
        absent=sum(not needed(path) for path in absent),
        problems=tuple(sorted(problems, key=lambda problem: (not problem.kind.is_difference, problem.path))),
    )


def _walk(target: Target, problems: list[Problem]) -> Iterator[tuple[str, Path]]:
    """Files, and links to folders, which are never entered; paths as the Hub writes them."""

    def refused(error: OSError) -> None:
        path = Path(error.filename).relative_to(target.root).as_posix()
        problems.append(Problem(path, Kind.UNREADABLE, f"cannot be listed: {error.strerror}"))

    for folder, folders, names in os.walk(target.root, onerror=refused):
        here = Path(folder)
        relative = here.relative_to(target.root).as_posix()
        inner = [f"{relative}/{name}" if relative != "." else name for name in folders]
        linked = [name for name in folders if (here / name).is_symlink()]
        kept = [name for name, path in zip(folders, inner, strict=True) if path not in _OWN_FOLDERS]
        folders[:] = sorted(name for name in kept if name not in linked)
        for name in (*names, *linked):
            yield (f"{relative}/{name}" if relative != "." else name), here / name


def _extra(path: str, file: Path, target: Target) -> Problem:
    try:
        refused = _refused(file, path, target)
    except (OSError, RuntimeError):
        refused = Problem(path, Kind.SPECIAL, "is a link to nothing")
    return refused or Problem(path, Kind.EXTRA, "is not among the pinned files")


def _judge(file: Path, pin: FilePin, target: Target, progress: Progress) -> Problem | None:
    """None when the file is proven to be what the pin says."""
    try:
        refused = _refused(file, pin.path, target)
        if refused is not None:
            return refused
        return _hashed(file, pin, progress)
    except (FileNotFoundError, RuntimeError):  # before Python 3.13 a circle of links is a RuntimeError
        return Problem(pin.path, Kind.MISSING, "is a link to nothing")
    except OSError as error:
        return Problem(pin.path, Kind.UNREADABLE, f"cannot be read: {error.strerror or type(error).__name__}")


def _refused(file: Path, path: str, target: Target) -> Problem | None:
    """Why a file is not to be opened."""
    real = file.resolve(strict=True)
    if file.is_symlink() and not any(real.is_relative_to(home) for home in (target.home, target.root)):
        return Problem(path, Kind.LINK_OUTSIDE, f"is a link out of the folder, to {real}")
    if not stat.S_ISREG(real.stat().st_mode):
        return Problem(path, Kind.SPECIAL, "is no regular file")
    return None


def _hashed(file: Path, pin: FilePin, progress: Progress) -> Problem | None:
    with file.open("rb") as opened:
        length = os.fstat(opened.fileno()).st_size
        if pin.size is not None and length != pin.size:
            told = f"has {in_words(length)} ({length:,} bytes), {pin.size:,} bytes are pinned"
            return Problem(pin.path, Kind.ALTERED, told)
        if not pin.content_key:
            return Problem(pin.path, Kind.NO_HASH, "no hash is pinned: the Hub lists none for it")
        found = _digest(opened.fileno(), length, pin, progress)
    wanted = pin.sha256 or pin.git or ""
    if found == wanted:
        return None
    name = "SHA-256" if pin.sha256 else "git id"
    return Problem(pin.path, Kind.ALTERED, f"{name} is {found}, pinned is {wanted}")


def _digest(descriptor: int, length: int, pin: FilePin, progress: Progress) -> str:
    """SHA-256 of the content, or the id git gives a blob of it."""
    digest = hashlib.sha256() if pin.sha256 else hashlib.sha1(b"blob %d\0" % length, usedforsecurity=False)
    while chunk := os.read(descriptor, _CHUNK):
        digest.update(chunk)
        progress(len(chunk))
    return digest.hexdigest()
