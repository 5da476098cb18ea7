"""The popular list: which repositories are worth imitating, packaged or refreshed by the user.

A file of the list is CSV without quotes, most downloaded first: ``id,downloads,likes,as_of``,
after a first line ``#packaged=DATE`` or ``#refreshed=DATE``. Only models have a packaged list
(``popular/README.md`` says where it comes from); the lists of the user's data folder, written
by ``trustaudit popular refresh``, are laid over it.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import resources
from itertools import count
from pathlib import Path

from msgspec import Struct

from trustaudit.errors import StoreError
from trustaudit.refs import RepoType

REFRESH_AFTER_DAYS = 30
"""A list the user made is stale after this many days: what is imitated is what trends."""
FEW = 8
"""Look-ups of one audit."""
PACKAGED_FOR_DAYS = 90
"""The packaged list is stale after this many days."""


class PopularRepo(Struct, frozen=True):
    """One repository of the list. ``downloads`` are of the 30 days before ``as_of`` (a day, a month, or empty)."""

    id: str
    downloads: int | None = None
    likes: int | None = None
    as_of: str = ""

    @property
    def namespace(self) -> str:
        """The owner's name, empty for an id without one."""
        return self.id.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The part after the owner."""
        return self.id.rpartition("/")[2]

    @classmethod
    def from_row(cls, row: str) -> PopularRepo:
        """Read a line of the file; raises ValueError."""
        repo_id, downloads, likes, as_of = row.split(",")
        return cls(repo_id, int(downloads) if downloads else None, int(likes) if likes else None, as_of)

    def to_row(self) -> str:
        """The line of the file."""
        counts = ("" if count is None else str(count) for count in (self.downloads, self.likes))
        return ",".join((self.id, *counts, self.as_of))


@dataclass(frozen=True, eq=False)
class PopularList:
    """Repositories of one kind, most popular first. Rows are parsed when asked for: most never are."""

    rows: tuple[str, ...] = ()
    packaged: date | None = None
    refreshed: date | None = None
    source: str = "none"

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PopularRepo]:
        return map(PopularRepo.from_row, self.rows)

    def __contains__(self, repo_id: object) -> bool:
        return isinstance(repo_id, str) and self._place(repo_id) is not None

    def find(self, repo_id: str) -> PopularRepo | None:
        """The entry of an id, whatever its case: the Hub's ids are case-insensitive."""
        place = self._place(repo_id)
        return None if place is None else PopularRepo.from_row(self.rows[place])

    def rank(self, repo_id: str) -> int | None:
        """Place in the list, counted from 1."""
        place = self._place(repo_id)
        return None if place is None else place + 1

    def _place(self, repo_id: str) -> int | None:
        """A few look-ups search the text, 1 ms each; who asks more often gets a table, which takes 13 ms to make."""
        if "_places" in self.__dict__ or next(self._lookups) >= FEW:
            return self._places.get(repo_id.casefold())
        if "," in repo_id or "\n" in repo_id:
            return None
        found = self._folded.find(f"\n{repo_id.casefold()},")
        return None if found < 0 else self._folded.count("\n", 0, found)

    def counted(self, downloads: int = 0, likes: int = 0) -> Iterator[tuple[int, PopularRepo]]:
        """Rank and entry of those with a download count that have so many downloads or likes, in order.

        The rows without a count follow them.
        """
        digits, enough = len(str(likes)), True
        for rank, row in enumerate(self.rows, start=1):
            _, counted, liked, _ = row.split(",")
            if not counted:
                return
            enough = enough and int(counted) >= downloads  # most downloaded first: behind one with too few, all have
            if enough or (len(liked) >= digits and int(liked) >= likes):
                yield rank, PopularRepo.from_row(row)

    def of(self, namespace: str) -> tuple[PopularRepo, ...]:
        """The entries of one owner, in order. Looks through the whole list."""
        start = f"{namespace}/".casefold()
        return tuple(PopularRepo.from_row(row) for row in self.rows if row[: len(start)].casefold() == start)

    def head(self, count: int) -> PopularList:
        """The first entries only."""
        return PopularList(self.rows[:count], self.packaged, self.refreshed, self.source)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """All ids in order."""
        return tuple(row.partition(",")[0] for row in self.rows)

    @cached_property
    def _lookups(self) -> Iterator[int]:
        return count()

    @cached_property
    def _folded(self) -> str:
        return "\n".join(("", *self.rows, "")).casefold()

    @cached_property
    def _places(self) -> dict[str, int]:
        folded = "\n".join(self.ids).casefold().split("\n")
        return dict(zip(folded, range(len(self.ids)), strict=True)) if self.ids else {}

    def stale(self, today: date) -> str:
        """Why the list should be refreshed, or empty."""
        if self.refreshed is not None:
            age = (today - self.refreshed).days
            return f"refreshed {age} days ago" if age > REFRESH_AFTER_DAYS else ""
        if self.packaged is not None:
            age = (today - self.packaged).days
            return f"packaged {age} days ago and never refreshed" if age > PACKAGED_FOR_DAYS else ""
        return "empty: no list of this kind is packaged"

    def overlaid(self, newer: PopularList) -> PopularList:
        """Both lists in one, the newer list's counts first choice, sorted by downloads."""
        merged = {repo.id.casefold(): repo for repo in (*self, *newer)}
        ranked = sorted(
            merged.values(), key=lambda repo: -1 if repo.downloads is None else repo.downloads, reverse=True
        )
        return PopularList(tuple(map(PopularRepo.to_row, ranked)), self.packaged, newer.refreshed, newer.source)


def refreshed_path(data_dir: Path, kind: RepoType) -> Path:
    """Where the list of the user's data folder is kept."""
    return data_dir / "popular" / f"{kind.plural}.csv.gz"


def save_list(data_dir: Path, kind: RepoType, repos: Iterable[PopularRepo], day: date) -> Path:
    """Write a refreshed list as a whole and forget the loaded ones. Raises StoreError."""
    path = refreshed_path(data_dir, kind)
    lines = [f"#refreshed={day.isoformat()}", *map(PopularRepo.to_row, repos)]
    packed = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(packed)
        unfinished.replace(path)
    except OSError as error:
        advice = "make the folder writable, or name another one with TRUSTAUDIT_DATA_DIR"
        raise StoreError(f"cannot write the popular list {path}: {error.strerror}", advice=advice) from error
    load_list.cache_clear()
    return path


@functools.lru_cache(maxsize=16)
def load_list(kind: RepoType, data_dir: Path | None = None) -> PopularList:
    """The list of a kind: packaged, with the user's refreshed list over it. Raises StoreError."""
    refreshed = load_refreshed(kind, data_dir) if data_dir else None
    return _packaged(kind).overlaid(refreshed) if refreshed else _packaged(kind)


def load_refreshed(kind: RepoType, data_dir: Path) -> PopularList | None:
    """The list of the user's data folder, None when there is none. Raises StoreError."""
    path = refreshed_path(data_dir, kind)
    if not path.exists():
        return None
    try:
        refreshed = _unpack(path.read_bytes(), source=path.name)
        return PopularList().overlaid(refreshed)
    except (OSError, EOFError, ValueError) as error:
        advice = "remove the file, or run `trustaudit popular refresh` again"
        raise StoreError(f"the popular list {path} cannot be read: {error}", advice=advice) from error


@functools.cache
def _packaged(kind: RepoType) -> PopularList:
    file = resources.files("trustaudit.knowledge").joinpath("popular", f"{kind.plural}.csv.gz")
    return _unpack(file.read_bytes(), source="packaged") if file.is_file() else PopularList()


def _unpack(data: bytes, source: str) -> PopularList:
    head, *rows = gzip.decompress(data).decode("utf-8").splitlines()
    label, _, day = head.removeprefix("#").partition("=")
    made = date.fromisoformat(day)
    packaged, refreshed = (made, None) if label == "packaged" else (None, made)
    return PopularList(tuple(rows), packaged, refreshed, source)
