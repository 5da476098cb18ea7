"""What is known of a callable that a pickle brings in by name: three levels, default unknown.

``data`` rebuilds tensors, arrays and plain values. ``library`` is an object of a library that
can be named. ``deny`` starts programs, runs code, reaches files or the network, or leads there.
Deny knowledge only raises: a name in no table is unknown, never harmless.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources

from msgspec import Struct


class Level(StrEnum):
    """How much is known."""

    DATA = "data"
    LIBRARY = "library"
    UNKNOWN = "unknown"
    DENY = "deny"


class Grade(StrEnum):
    """What a denied callable does. ``indirect`` hands on to something else; ``design``: the file holds a program."""

    EXECUTE = "execute"
    INDIRECT = "indirect"
    DESIGN = "design"


class Judged(Struct, frozen=True):
    """One global, judged. ``library`` names the library; ``advisories`` are published ids."""

    level: Level
    grade: Grade | None = None
    library: str = ""
    why: str = ""
    advisories: tuple[str, ...] = ()
    stdlib: bool = False
    design: bool = False


class _Entry(Struct, frozen=True):
    """A line of a table: names of a module (all, and submodules, when ``names`` is None)."""

    names: tuple[str, ...] | None
    judged: Judged


_CLASS = re.compile(r"_?[A-Z]\w*", re.ASCII)
_UNRESOLVED = Judged(Level.UNKNOWN, why="its name is not a constant")
_PRIVATE = Judged(Level.DENY, Grade.EXECUTE, why="a private module of the standard library", stdlib=True)
_BEATS_ANY_LIBRARY = 1_000
_ANY_MODULE = "*"
_COMMON_WORDS = frozenset(
    {"box", "cmd", "code", "dis", "help", "invoke", "new", "profile", "resource", "select", "sh", "signal"}
    | {"site", "test", "this", "trace", "types"}
)
"""Module names that library functions share: by themselves, as a plain name, they prove nothing."""
_PUBLIC_PRIVATE_NAMES = frozenset({"__future__", "__main__", "__mp_main__"})


class GlobalsTable:
    """All tables, loaded on first use. Look-ups cost a few dictionary accesses."""

    def judge(self, module: str | None, name: str | None) -> Judged:
        """What is known of ``module.name`` (both as CPython would import them)."""
        if module is None or name is None:
            return _UNRESOLVED
        data = _named(self._data.get(module, ()), name)
        if data is not None:
            return data
        denied, depth = self._denied(module, name)
        library, prefix = self._library(module)
        if denied is not None and depth >= prefix:
            return denied
        if library is not None and "." not in name:
            return library
        return denied or self._unknown(module, name, library)

    def is_training_file(self, path: str) -> bool:
        """Whether inference never reads this file (``training_args.bin``, ``optimizer.pt``, …)."""
        name = path.rpartition("/")[2].casefold()
        return any(fnmatchcase(name, pattern) for pattern in self._training)

    def _denied(self, module: str, name: str) -> tuple[Judged | None, int]:
        """The most specific denial of the name, of any part of a dotted name, or of the module."""
        best: tuple[Judged | None, int] = (None, 0)
        for candidate, rest in _readings(module, name):
            found = self._deny_entry(candidate, rest)
            if found is None or (candidate in _COMMON_WORDS and rest == ""):
                continue
            depth = found[1] if candidate == module else _BEATS_ANY_LIBRARY
            if depth > best[1]:
                best = found[0], depth
        if best[0] is None and self._is_private(module):
            return _PRIVATE, module.count(".") + 1
        return best

    def _deny_entry(self, module: str, name: str) -> tuple[Judged, int] | None:
        anywhere = _named(self._deny.get(_ANY_MODULE, ()), name)
        own = _named((entry for entry in self._deny.get(module, ()) if entry.names is not None), name)
        if own is not None:
            return own, module.count(".") + 1
        for parent in _parents(module):
            whole = next((entry.judged for entry in self._deny.get(parent, ()) if entry.names is None), None)
            if whole is not None:
                return whole, parent.count(".") + 1
        return None if anywhere is None else (anywhere, _BEATS_ANY_LIBRARY)

    def _library(self, module: str) -> tuple[Judged | None, int]:
        for parent in _parents(module):
            if parent in self._libraries:
                return self._libraries[parent], parent.count(".") + 1
        return None, 0

    def _unknown(self, module: str, name: str, library: Judged | None) -> Judged:
        top = module.partition(".")[0]
        if "." in name:
            owner = f" of {library.library}" if library else ""
            return Judged(Level.UNKNOWN, why=f"an attribute path{owner}, not a plain name", stdlib=top in self._stdlib)
        if top in self._stdlib:
            return Judged(Level.UNKNOWN, why="part of the standard library that no checkpoint needs", stdlib=True)
        if top in ("__main__", "__mp_main__"):
            return Judged(Level.UNKNOWN, why="defined in the script that wrote the file")
        return Judged(Level.UNKNOWN, why="of no library this program knows")

    def _is_private(self, module: str) -> bool:
        top = module.partition(".")[0]
        return top.startswith("_") and top not in _PUBLIC_PRIVATE_NAMES and top in self._stdlib

    @cached_property
    def _data(self) -> dict[str, list[_Entry]]:
        return _table("data.toml", Judged(Level.DATA))

    @cached_property
    def _deny(self) -> dict[str, list[_Entry]]:
        return _table("deny.toml", Judged(Level.DENY, Grade.EXECUTE))

    @cached_property
    def _libraries(self) -> dict[str, Judged]:
        listed = tomllib.loads(_read("libraries.toml"))["library"]
        return {
            prefix: Judged(Level.LIBRARY, library=row["name"], design=row.get("design", False))
            for row in listed
            for prefix in row["prefixes"]
        }

    @cached_property
    def _stdlib(self) -> frozenset[str]:
        return frozenset(line for line in _read("stdlib.txt").splitlines() if line and not line.startswith("#"))

    @cached_property
    def _training(self) -> tuple[str, ...]:
        return tuple(tomllib.loads(_read("training_files.toml"))["patterns"])


@cache
def load_globals() -> GlobalsTable:
    """The packaged tables, once per process."""
    return GlobalsTable()


def _read(name: str) -> str:
    return (resources.files("trustaudit.knowledge") / "pickle" / name).read_text(encoding="utf-8")


def _table(name: str, default: Judged) -> dict[str, list[_Entry]]:
    table: dict[str, list[_Entry]] = {}
    for row in tomllib.loads(_read(name))["entry"]:
        judged = Judged(
            default.level,
            Grade(row["grade"]) if "grade" in row else default.grade,
            why=row.get("why", ""),
            advisories=tuple(row.get("advisories", ())),
            design=row.get("grade") == Grade.DESIGN,
        )
        entry = _Entry(tuple(row["names"]) if "names" in row else None, judged)
        for module in row["modules"]:
            table.setdefault(module, []).append(entry)
    return table


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """``*`` stands for the rest of one component: a dotted name never slips through a plain pattern.

    Compiled for the modules that a pickle names: for all of them it takes 9 ms.
    """
    parts = (re.escape(name).replace(r"\*", "[^.]*") for name in names)
    return re.compile("|".join(parts))


def _named(entries: Iterable[_Entry], name: str) -> Judged | None:
    """The first entry that names ``name``. One without names means any class: a module also holds what it imports."""
    for entry in entries:
        if entry.names is None and _CLASS.fullmatch(name):
            return entry.judged
        if entry.names is not None and _pattern(entry.names).fullmatch(name):
            return entry.judged
    return None


def _parents(module: str) -> Iterator[str]:
    """``a.b.c``, ``a.b``, ``a``."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _readings(module: str, name: str) -> Iterator[tuple[str, str]]:
    """Every way to read a dotted name: below the module, and each component as a module of its own.

    ``find_class`` walks attributes, so ``torch.serialization`` + ``os.system`` is ``os.system``
    (GHSA-5j3x-jp52-966f).
    """
    yield module, name
    parts = name.split(".")
    for index in range(1, len(parts)):
        yield ".".join([module, *parts[:index]]), ".".join(parts[index:])
        yield ".".join(parts[:index]), ".".join(parts[index:])
    for index, part in enumerate(parts):
        yield part, ".".join(parts[index + 1 :])
