"""What is known of a dotted name that a configuration has somebody import."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources

from msgspec import Struct

from trustaudit.knowledge.pickle_globals import Grade, Level, load_globals


class Target(StrEnum):
    """How far a dotted name is known, from harmless to harmful."""

    ORDINARY = "ordinary"
    """A class or function of a known package, or one that only computes."""
    FORWARDING = "forwarding"
    """Imports or calls what it is given."""
    UNKNOWN = "unknown"
    """Of a package this program does not know."""
    STDLIB = "stdlib"
    """Of the standard library, and nothing that configurations need."""
    DENIED = "denied"
    """Starts programs, runs code, reaches files or the network."""


class ImportTargets(Struct, frozen=True):
    """The table; ``diffusers`` are modules and libraries of pipeline components."""

    packages: frozenset[str]
    harmless: frozenset[str]
    forwarding: frozenset[str]
    diffusers: frozenset[str]

    def judge(self, name: str) -> tuple[Target, str]:
        """(how far a dotted name is known, why)."""
        if name in self.harmless:
            return Target.ORDINARY, ""
        if name in self.forwarding:
            return Target.FORWARDING, "imports or calls what it is given"
        module, _, attribute = name.rpartition(".")
        judged = load_globals().judge(module or "builtins", attribute)
        if judged.level is Level.DENY:
            target = Target.FORWARDING if judged.grade is Grade.INDIRECT else Target.DENIED
            return target, judged.why
        top = name.partition(".")[0]
        if top in self.packages or judged.level in (Level.DATA, Level.LIBRARY):
            return Target.ORDINARY, ""
        return (Target.STDLIB if judged.stdlib else Target.UNKNOWN), judged.why


@cache
def import_targets() -> ImportTargets:
    """The packaged table."""
    text = resources.files("trustaudit.knowledge").joinpath("data/import_targets.toml").read_text(encoding="utf-8")
    return ImportTargets(**{name: frozenset(names) for name, names in tomllib.loads(text).items()})
