"""Published supply-chain guidance as data: which of its points an audit can speak to, and by which rules."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

from trustaudit.checks import all_checks
from trustaudit.facts import Frozen


class GuidanceItem(Frozen):
    """One practice or mitigation. ``unseen`` says what no audit before download can tell about it."""

    id: str
    title: str
    sight: Literal["outside", "partly", "none"]
    unseen: str
    checks: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of all rules that speak to it, in the order of reports."""
        listed = (check.meta for check in all_checks())
        return tuple(meta.id for meta in listed if meta.id in self.checks or meta.category in self.categories)


class Guidance(Frozen):
    """One publication."""

    id: str
    title: str
    publisher: str
    date: date
    url: str
    items: tuple[GuidanceItem, ...]


class _File(Frozen):
    guidance: tuple[Guidance, ...]


@cache
def all_guidance() -> tuple[Guidance, ...]:
    """Every publication, oldest first."""
    text = resources.files("trustaudit.report").joinpath("data/guidance.toml").read_text(encoding="utf-8")
    return _File.model_validate(tomllib.loads(text)).guidance
