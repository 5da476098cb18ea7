"""Which licence a LICENSE file holds, by its opening (``data/license_texts.toml``)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

OPENING = 1500
"""Characters that are enough to tell: titles stand at the top, MIT's grant in its first paragraph."""


def license_of_text(opening: str) -> str:
    """The Hub's id of the licence whose text begins like this; empty when none of the table does."""
    plain = " ".join(opening[:OPENING].casefold().split())
    return next((name for name, phrases in _table() if all(phrase in plain for phrase in phrases)), "")


@functools.cache
def _table() -> tuple[tuple[str, tuple[str, ...]], ...]:
    text = resources.files("trustaudit.knowledge").joinpath("data/license_texts.toml").read_text(encoding="utf-8")
    return tuple((entry["id"], tuple(entry["phrases"])) for entry in tomllib.loads(text)["text"])
