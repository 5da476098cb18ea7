"""The oldest versions of loaders that are worth using, with the advisories that say so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from msgspec import Struct


class LoaderAdvisory(Struct, frozen=True):
    """``when`` names what a repository must hold for this to matter."""

    library: str
    minimum: str
    when: str
    why: str
    ids: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """``keras 3.13.2 or newer: older ones run code in spite of safe_mode (CVE-…)``."""
        named = f" ({', '.join(self.ids)})" if self.ids else ""
        return f"with {self.library}, use {self.minimum} or newer: {self.why}{named}"


@cache
def loader_advisories() -> tuple[LoaderAdvisory, ...]:
    """The entries in the order of the table."""
    text = resources.files("trustaudit.knowledge").joinpath("data/loader_advisories.toml").read_text(encoding="utf-8")
    return tuple(LoaderAdvisory(**{**row, "ids": tuple(row["ids"])}) for row in tomllib.loads(text)["advisory"])
