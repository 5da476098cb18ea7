"""What a Python function can do, by its dotted name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources

from msgspec import Struct


class NameSet(Struct, frozen=True):
    """Dotted names and patterns that end in ``*``."""

    exact: frozenset[str]
    starts: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> NameSet:
        """From the spelling of the table."""
        listed = tuple(names)
        starts = tuple(sorted(name[:-1] for name in listed if name.endswith("*")))
        return cls(frozenset(name for name in listed if not name.endswith("*")), starts)

    def __contains__(self, name: str) -> bool:
        return name in self.exact or name.startswith(self.starts)


class PythonCalls(Struct, frozen=True):
    """The table, ready for look-ups."""

    aliases: dict[str, str]
    groups: dict[str, NameSet]
    patched: NameSet
    prefixes: frozenset[str]
    """Every front part of every name: what is no prefix of anything need not be followed."""

    def capabilities(self, name: str) -> tuple[str, ...]:
        """The groups that a canonical dotted name belongs to."""
        return _capabilities(name)

    def canonical(self, name: str) -> str:
        """``name`` under the module that its documentation names; results of calls on paths are paths."""
        for front in _fronts(name):
            if front in self.aliases:
                name = self.aliases[front] + name[len(front) :]
                break
        return "pathlib.Path()" if name.startswith("pathlib.Path") and name.endswith("()") else name

    def leads_somewhere(self, name: str) -> bool:
        """Whether a name is in the table or on the way to one that is."""
        known = name in self.prefixes or name.startswith("pathlib.Path")
        return known or bool(_capabilities(name)) or (name in self.patched and "()" not in name)


def _fronts(name: str) -> list[str]:
    """``a.b.c``, ``a.b``, ``a``: longest first, so that the finer alias wins."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(min(len(parts), 4), 0, -1)]


@lru_cache(maxsize=4096)
def _capabilities(name: str) -> tuple[str, ...]:
    return tuple(group for group, names in python_calls().groups.items() if name in names)


@cache
def python_calls() -> PythonCalls:
    """The table, read on first use."""
    text = resources.files("trustaudit.knowledge").joinpath("data/python_calls.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    names = [name for group in data["capability"].values() for name in group] + data["patched"]["names"]
    return PythonCalls(
        aliases=data["alias"],
        groups={group: NameSet.of(listed) for group, listed in data["capability"].items()},
        patched=NameSet.of(data["patched"]["names"]),
        prefixes=frozenset(_prefixes(names)) | frozenset(_prefixes(data["alias"])),
    )


def _prefixes(names: Iterable[str]) -> Iterable[str]:
    """All front parts, with and without the call that may end them."""
    for name in names:
        parts = name.rstrip("*").rstrip(".").split(".")
        for count in range(1, len(parts) + 1):
            front = ".".join(parts[:count])
            yield front
            while front.endswith("()"):
                front = front.removesuffix("()")
                yield front
