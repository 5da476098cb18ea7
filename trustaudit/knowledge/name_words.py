"""Words around names (``data/name_words.toml``) and characters drawn like ASCII ones (``data/confusables.toml``)."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib import resources
from typing import Any

from msgspec import Struct


class NameWords(Struct, frozen=True):
    """The word tables; the data file says what each is for."""

    brand_affixes: frozenset[str]
    organization_words: frozenset[str]
    claims: frozenset[str]
    plain_claims: frozenset[str]
    formats: frozenset[str]
    format_pattern: re.Pattern[str]
    script_names: frozenset[str]
    shaping_words: frozenset[str]

    def is_format(self, word: str) -> bool:
        """Whether a lower-case word names a file format or a quantization."""
        return word in self.formats or self.format_pattern.fullmatch(word) is not None


@functools.cache
def name_words() -> NameWords:
    """The words, read once."""
    raw = _read("name_words.toml")
    pattern = re.compile("|".join(raw.pop("format_patterns")))
    return NameWords(format_pattern=pattern, **{name: frozenset(words) for name, words in raw.items()})


@functools.cache
def look_alikes() -> dict[int, str]:
    """A translation table from look-alike characters to the ASCII ones they are drawn like."""
    table = _read("confusables.toml")["look_alikes"]
    return {ord(odd): plain for plain, odds in table.items() for odd in odds}


def _read(name: str) -> dict[str, Any]:
    text = resources.files("trustaudit.knowledge").joinpath("data", name).read_text(encoding="utf-8")
    return tomllib.loads(text)
