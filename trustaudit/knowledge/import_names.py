"""Import names that a file in the working folder would take over."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def import_names() -> dict[str, frozenset[str]]:
    """``core`` and ``common`` names. A fixed table: the running Python's own list would change verdicts."""
    text = resources.files("trustaudit.knowledge").joinpath("data/import_names.toml").read_text(encoding="utf-8")
    return {group: frozenset(names) for group, names in tomllib.loads(text).items()}
