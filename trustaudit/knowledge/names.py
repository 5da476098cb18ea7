"""What is known about particular names: denied, renamed and moved ones, re-uploaders, publishers.

Data: ``popular/names.toml`` (kept by hand, a source beside every entry), ``popular/legacy.csv``
and ``popular/publishers.csv``. Keys are casefolded, as the Hub's ids are case-insensitive.
"""

from __future__ import annotations

import csv
import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib import resources
from typing import Any

from msgspec import Struct


class Renamed(Struct, frozen=True):
    """A namespace or a repository that is called something else today. ``year`` is None where nobody dated it."""

    old: str
    new: str
    source: str
    year: int | None = None


class Names(Struct, frozen=True):
    """The table of names. Denied and re-uploading accounts map to the source of the claim."""

    denied: dict[str, str]
    renamed: dict[str, Renamed]
    moved: dict[str, Renamed]
    reuploaders: dict[str, str]
    distinct: frozenset[frozenset[str]]
    artefact_namespaces: frozenset[str]
    artefact_names: tuple[str, ...]
    spellings: dict[str, str]

    def spelling(self, namespace: str) -> str:
        """The canonical case of a re-uploader's name."""
        return self.spellings.get(namespace.casefold(), namespace)

    def is_reuploader(self, namespace: str) -> bool:
        """Whether the account is known to publish other people's models under their own names."""
        return namespace.casefold() in self.reuploaders

    def are_distinct(self, one: str, other: str) -> bool:
        """Whether two close namespaces are known to be two genuine publishers."""
        return frozenset((one.casefold(), other.casefold())) in self.distinct

    def is_artefact(self, namespace: str, name: str) -> bool:
        """Whether programs test themselves with it: much downloaded, and nothing anybody imitates."""
        folded = name.casefold()
        return namespace.casefold() in self.artefact_namespaces or any(mark in folded for mark in self.artefact_names)


class PublisherRecord(Struct, frozen=True):
    """What the lists say of a namespace. ``top`` counts its models among the 1,000 most downloaded.

    ``kind``, ``plan``, ``followers`` and ``created`` were seen on ``observed``, for few publishers.
    """

    namespace: str
    listed: int
    popular: int
    top: int
    downloads: int
    kind: str = ""
    plan: str = ""
    followers: int | None = None
    created: date | None = None
    observed: date | None = None


@functools.cache
def load_names() -> Names:
    """The table of names, with the legacy ids among the moved ones."""
    raw = tomllib.loads(_text("names.toml"))
    artefacts = raw["test_artefacts"]
    return Names(
        denied=_folded(raw["denied"]),
        renamed=_renamed(raw["renamed"]),
        moved={**_legacy(), **_renamed(raw["moved"])},
        reuploaders=_folded(raw["reuploaders"]),
        distinct=frozenset(frozenset(name.casefold() for name in pair["names"]) for pair in raw["distinct"]),
        artefact_namespaces=frozenset(name.casefold() for name in artefacts["namespaces"]),
        artefact_names=tuple(artefacts["names"]),
        spellings={name.casefold(): name for name in raw["reuploaders"]},
    )


class PublisherRecords(Mapping[str, PublisherRecord]):
    """Records by casefolded namespace. A row is read when it is asked for: of 2,000, an audit asks for one."""

    def __init__(self, lines: Iterable[str]) -> None:
        rows = csv.reader(lines)
        self._columns = next(rows)
        namespace = self._columns.index("namespace")
        self._rows = {row[namespace].casefold(): row for row in rows}

    def __getitem__(self, namespace: str) -> PublisherRecord:
        return _publisher(dict(zip(self._columns, self._rows[namespace], strict=True)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@functools.cache
def load_publishers() -> PublisherRecords:
    """What the lists say of publishers."""
    return PublisherRecords(_text("publishers.csv").splitlines())


def _text(name: str) -> str:
    return resources.files("trustaudit.knowledge").joinpath("popular", name).read_text(encoding="utf-8")


def _rows(name: str) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(_text(name).splitlines()))


def _folded(table: dict[str, str]) -> dict[str, str]:
    return {name.casefold(): source for name, source in table.items()}


def _renamed(entries: list[dict[str, Any]]) -> dict[str, Renamed]:
    known = (Renamed(e["old"], e["new"], e["source"], int(e["renamed"]) if e.get("renamed") else None) for e in entries)
    return {entry.old.casefold(): entry for entry in known}


def _legacy() -> dict[str, Renamed]:
    """Ids without a namespace: all of them moved under an organization in early 2024."""
    rows = (Renamed(row["legacy"], row["current"], row["confirmed"], 2024) for row in _rows("legacy.csv"))
    return {entry.old.casefold(): entry for entry in rows}


def _publisher(row: dict[str, str]) -> PublisherRecord:
    return PublisherRecord(
        namespace=row["namespace"],
        listed=int(row["listed"]),
        popular=int(row["popular"]),
        top=int(row["top"]),
        downloads=int(row["downloads"]),
        kind=row["kind"],
        plan=row["plan"],
        followers=int(row["followers"]) if row["followers"] else None,
        created=_day(row["account_created_est"]),
        observed=_day(row["observed"]),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
