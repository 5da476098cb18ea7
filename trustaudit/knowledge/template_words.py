"""Names that chat templates use, honest and otherwise."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from msgspec import Struct


class TemplateWords(Struct, frozen=True):
    """One set per role a name can have in a template."""

    filters: frozenset[str]
    tests: frozenset[str]
    functions: frozenset[str]
    methods: frozenset[str]
    dangerous: frozenset[str]
    objects: frozenset[str]
    internals: frozenset[str]
    structure: frozenset[str]

    def is_internal(self, name: str) -> bool:
        """Whether an attribute of that name leads into the interpreter."""
        return (name.startswith("_") and "__" in name) or name in self.internals


@cache
def template_words() -> TemplateWords:
    """The table."""
    text = resources.files("trustaudit.knowledge").joinpath("data/template_words.toml").read_text(encoding="utf-8")
    return TemplateWords(**{role: frozenset(names) for role, names in tomllib.loads(text).items()})
