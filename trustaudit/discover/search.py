"""Walking a code base: which files are read, how, and what becomes of duplicates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from trustaudit.discover.python_calls import python_uses
from trustaudit.discover.texts import notebook_uses, text_uses
from trustaudit.discover.uses import Use
from trustaudit.errors import FileInputError

_SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        "dist",
        "build",
        ".mypy_cache",
    }
    | {"site-packages", ".ruff_cache", ".pytest_cache", ".eggs", ".idea"}
)
_TEXTS = frozenset(
    {".yaml", ".yml", ".json", ".toml", ".cfg", ".ini", ".env", ".sh", ".bash", ".zsh", ".tf", ".hcl", ".mk"}
)
_NAMES = ("dockerfile", "containerfile", "makefile", "compose", "justfile", "procfile", ".env")
_MAX_FILE = 2_000_000
_MAX_FILES = 50_000


def discover(path: Path, *, unread: list[str] | None = None) -> tuple[Use, ...]:
    """Every use below ``path``, sorted by file and line, each place once. Raises FileInputError.

    ``unread`` gets the files and folders that would have been read and could not be.
    """
    missed = [] if unread is None else unread
    if not path.exists():
        raise FileInputError(f"{path} does not exist", advice="name a file or folder of your code base")
    uses = (use for file, name in _files(path, missed) for use in _file_uses(file, name, missed))
    found = {use: None for use in uses if not _is_local(path, use)}
    return tuple(sorted(found, key=lambda use: (use.path, use.line, str(use.ref), use.how)))


def unique_refs(uses: Iterable[Use]) -> tuple[str, ...]:
    """The references, each once, in order of first use: what ``batch`` and ``lock add`` take."""
    return tuple(dict.fromkeys(str(use.ref) for use in uses))


def _files(path: Path, unread: list[str]) -> Iterator[tuple[Path, str]]:
    if path.is_file():
        yield path, path.name
        return
    count = 0
    for folder, folders, names in os.walk(path, onerror=lambda error: unread.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(names):
            count += 1
            if count > _MAX_FILES:
                unread.append(f"what comes after {_MAX_FILES:,} files")
                return
            file = Path(folder) / name
            yield file, file.relative_to(path).as_posix()


def _file_uses(file: Path, name: str, unread: list[str]) -> Iterator[Use]:
    kind = _kind(file.name.casefold(), file.suffix.casefold())
    if not kind:
        return
    try:
        if not file.is_file():
            return
        if file.stat().st_size > _MAX_FILE:
            unread.append(f"{file} (more than {_MAX_FILE // 1_000_000} MB)")
            return
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        unread.append(str(file))
        return
    if kind == "python":
        yield from python_uses(text, name)
    elif kind == "notebook":
        yield from notebook_uses(text, name)
    else:
        yield from text_uses(text, name)


def _kind(name: str, suffix: str) -> str:
    if suffix in (".py", ".pyi"):
        return "python"
    if suffix == ".ipynb":
        return "notebook"
    return "text" if suffix in _TEXTS or name.startswith(_NAMES) else ""


def _is_local(root: Path, use: Use) -> bool:
    """A folder of that name in the code base is what the code means."""
    base = root if root.is_dir() else root.parent
    return use.how != "address" and (
        (base / use.ref.id).exists() or (base / use.path).parent.joinpath(use.ref.id).exists()
    )
