"""Files that tools act upon without being asked."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib import resources

from msgspec import Struct


class AutoRunRule(Struct, frozen=True):
    """``path`` ends a path at a folder boundary, or ``folder`` is one of its folders."""

    severity: str
    who: str
    when: str
    path: str = ""
    folder: str = ""

    def matches(self, path: str) -> bool:
        """Whether a path of a repository is meant. Case counts as on Windows: not at all."""
        lowered = path.casefold()
        if self.path:
            return lowered == self.path or lowered.endswith(f"/{self.path}")
        return self.folder in lowered.split("/")[:-1]


@cache
def auto_run_rules() -> tuple[AutoRunRule, ...]:
    """The rules, in the order of the table."""
    text = resources.files("trustaudit.knowledge").joinpath("data/auto_run.toml").read_text(encoding="utf-8")
    return tuple(AutoRunRule(**rule) for rule in tomllib.loads(text)["rule"])


@lru_cache(maxsize=4096)
def is_acted_upon(path: str) -> bool:
    """Whether some tool acts upon a file of that path by itself."""
    return any(rule.matches(path) for rule in auto_run_rules())
