"""What a file is by its name: one table for the plan of the collector and for the checks.

A name is a first guess, never evidence of harmlessness: wherever a file's bytes were
inspected, ``kind_of_format`` of what the bytes are wins.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from fnmatch import translate
from functools import cache, lru_cache
from importlib import resources

from msgspec import Struct

_MAX_SUFFIX_PARTS = 3


class FileKind(StrEnum):
    """What opening or loading a file of this kind means."""

    PICKLE = "pickle"
    TRAINING_STATE = "training-state"
    CODE_CAPABLE = "code-capable"
    AMBIGUOUS = "ambiguous"
    TENSORS = "tensors"
    ARRAYS = "arrays"
    GRAPH = "graph"
    NATIVE = "native"
    PYTHON = "python"
    NOTEBOOK = "notebook"
    SOURCE = "source"
    WEB = "web"
    SHELL_SCRIPT = "shell-script"
    WINDOWS_SCRIPT = "windows-script"
    SCRIPT_HOST = "script-host"
    EXECUTABLE = "executable"
    INSTALLER = "installer"
    LIBRARY = "library"
    PACKAGE = "package"
    BYTECODE = "bytecode"
    SHORTCUT = "shortcut"
    MACRO_DOCUMENT = "macro-document"
    DOCUMENT = "document"
    ARCHIVE = "archive"
    OPAQUE_ARCHIVE = "opaque-archive"
    TEMPLATE = "template"
    CONFIG = "config"
    TEXT = "text"
    DATA = "data"
    MEDIA = "media"
    LOG = "log"
    SIGNATURE = "signature"
    VCS = "vcs"
    UNKNOWN = "unknown"

    @property
    def runs_on_load(self) -> bool:
        """Whether loading such a file can run code that is inside it."""
        return self in _RUNS_ON_LOAD

    @property
    def may_run_on_load(self) -> bool:
        """``runs_on_load``, or a name that harmless and unpickled files share."""
        return self in _RUNS_ON_LOAD or self is FileKind.AMBIGUOUS

    @property
    def is_weights(self) -> bool:
        """Whether such a file holds (or may hold) the parameters of a model."""
        return self in _WEIGHTS

    @property
    def is_safe_weights(self) -> bool:
        """Whether such a file holds parameters and nothing that a loader would run."""
        return self in (FileKind.TENSORS, FileKind.GRAPH)

    @property
    def starts_programs(self) -> bool:
        """Whether a double click, an install or an import of such a file runs native or script code."""
        return self in _PROGRAMS


_RUNS_ON_LOAD = frozenset({FileKind.PICKLE, FileKind.TRAINING_STATE, FileKind.CODE_CAPABLE})
_WEIGHTS = frozenset(
    {
        FileKind.PICKLE,
        FileKind.CODE_CAPABLE,
        FileKind.AMBIGUOUS,
        FileKind.TENSORS,
        FileKind.ARRAYS,
        FileKind.GRAPH,
        FileKind.NATIVE,
    }
)
_PROGRAMS = frozenset(
    {
        FileKind.WINDOWS_SCRIPT,
        FileKind.SCRIPT_HOST,
        FileKind.EXECUTABLE,
        FileKind.INSTALLER,
        FileKind.LIBRARY,
        FileKind.PACKAGE,
        FileKind.BYTECODE,
        FileKind.SHORTCUT,
        FileKind.MACRO_DOCUMENT,
    }
)


_LONGEST_REMEMBERED = 100


class FileType(Struct, frozen=True):
    """A kind with the words for it (``PyTorch checkpoint (pickle)``)."""

    kind: FileKind
    label: str


_UNKNOWN = FileType(FileKind.UNKNOWN, "file of unknown type")


class _Table(Struct, frozen=True):
    names: dict[str, FileType]
    globs: re.Pattern[str]
    """All globs in one expression: listings of 100,000 files are looked up by every check."""
    by_glob: tuple[FileType, ...]
    suffixes: dict[str, FileType]
    formats: dict[str, FileType]


def kind_of(path: str) -> FileKind:
    """The kind of a file by its name. Never raises; folders in the path do not matter."""
    return type_of(path).kind


def type_of(path: str) -> FileType:
    """The kind of a file by its name, with words. Case and trailing dots or blanks do not count: Windows drops them."""
    name = path.rsplit("/", 1)[-1]
    return _remembered(name) if len(name) <= _LONGEST_REMEMBERED else _type_of_name(name)


@lru_cache(maxsize=4096)
def _remembered(name: str) -> FileType:
    """Some two hundred times per audit the same few names are asked for."""
    return _type_of_name(name)


def _type_of_name(name: str) -> FileType:
    name = name.casefold().rstrip(". ")
    table = _table()
    if name in table.names:
        return table.names[name]
    matched = table.globs.match(name)
    if matched is not None and matched.lastindex is not None:
        return table.by_glob[matched.lastindex - 1]
    return _by_suffix(name, table.suffixes)


def kind_of_format(detected: str) -> FileKind | None:
    """The kind of a format that an inspector detected (``torch-zip``), None when the name decides."""
    found = type_of_format(detected)
    return found.kind if found else None


def type_of_format(detected: str) -> FileType | None:
    """As ``kind_of_format``, with words."""
    return _table().formats.get(detected)


def _by_suffix(name: str, suffixes: dict[str, FileType]) -> FileType:
    parts = name.split(".")[1:][-_MAX_SUFFIX_PARTS:]
    candidates = (".".join(parts[start:]) for start in range(len(parts)))
    return next((suffixes[suffix] for suffix in candidates if suffix in suffixes), _UNKNOWN)


@cache
def _table() -> _Table:
    text = resources.files("trustaudit.knowledge").joinpath("data/file_kinds.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    globs = _flat(data.get("glob", {}))
    return _Table(
        names=_flat(data.get("name", {})),
        globs=re.compile("|".join(f"({translate(glob)})" for glob in globs)),
        by_glob=tuple(globs.values()),
        suffixes=_flat(data.get("suffix", {})),
        formats=_flat(data.get("format", {})),
    )


def _flat(by_kind: dict[str, dict[str, str]]) -> dict[str, FileType]:
    return {
        pattern: FileType(FileKind(kind), label)
        for kind, patterns in by_kind.items()
        for pattern, label in patterns.items()
    }
