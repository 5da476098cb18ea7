"""Licence identifiers of the Hub, their SPDX names, and when two spellings mean one licence."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from msgspec import Struct

UNCLEAR = "unclear"
"""The family of ids that name no licence: ``other``, ``unknown``, ``cc``."""


class License(Struct, frozen=True):
    """``spdx`` is empty where SPDX has no such licence."""

    id: str
    spdx: str
    family: str


def license_by_name(name: str) -> License | None:
    """The licence of a Hub id or SPDX name, in any case; None when neither list knows it."""
    return _by_name().get(_plain(name))


def same_license(one: str, other: str) -> bool:
    """Whether two names mean one licence: equal apart from case, or Hub id and SPDX name of one entry."""
    known = license_by_name(one)
    return _plain(one) == _plain(other) or (known is not None and known == license_by_name(other))


def _plain(name: str) -> str:
    lowered = name.strip().casefold()
    return lowered.removesuffix("-or-later").removesuffix("-only")


@cache
def _by_name() -> dict[str, License]:
    text = resources.files("trustaudit.knowledge").joinpath("data/licenses.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    licenses = [License(row["id"], row["spdx"], row["family"]) for row in rows]
    by_spdx = {_plain(entry.spdx): entry for entry in licenses if entry.spdx}
    return by_spdx | {_plain(entry.id): entry for entry in licenses}
