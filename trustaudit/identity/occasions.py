"""When the evidence asks for one more request: who is a member, what else the owner has, which refs there are.

An ordinary model gives no occasion: its audit costs four API requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import dropwhile

from trustaudit.identity.evidence import YOUNG_DAYS, account_age, days_between
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Commit, FileEntry, History, Publisher

RECENT_DAYS = 90
"""An older change has had time to be noticed by others; ``history-takeover`` judges it low."""
SILENT_DAYS = 180
ARRIVAL_DAYS = 30
"""Commits of somebody's first so many days make them no old acquaintance."""
_MIN_EARLIER = 2
_MANY_MODELS = 3


def wants_members(owner: Publisher | None, history: History | None, files: Iterable[FileEntry], now: datetime) -> bool:
    """Whether it matters who belongs to the organization: somebody new has just changed weights or code."""
    if owner is None or owner.kind != "organization" or history is None:
        return False
    loaded = {entry.last_commit.id for entry in files if entry.last_commit and _is_loaded(entry.path)}
    recent = ((place, commit) for place, commit in enumerate(history.commits) if _is_recent(commit, now))
    return any(
        commit.id in loaded and is_newcomer(commit, history.commits[place + 1 :], (owner.name,))
        for place, commit in recent
    )


def wants_siblings(owner: Publisher | None, now: datetime) -> bool:
    """Whether it matters what else the owner has: an account under a month old, with several models already."""
    age = account_age(owner, now)
    if owner is None or age is None:
        return False
    return age < YOUNG_DAYS and (owner.models or 0) >= _MANY_MODELS


def wants_refs(ref: RepoRef, history: History | None, files: Iterable[FileEntry]) -> bool:
    """Whether it matters which branches there are.

    A pinned commit by somebody new may be of a pull request that nobody accepted; a dataset with a
    loading script may have a copy that needs none.
    """
    if ref.type is RepoType.DATASET:
        return any(_is_script(entry.path, ref.name) for entry in files)
    commits = history.commits if history else ()
    if not (ref.is_pinned and commits):
        return False
    before = tuple(dropwhile(lambda commit: author_of(commit) == author_of(commits[0]), commits))
    return is_newcomer(commits[0], before, (ref.namespace or "",))


def before_arrival(commit: Commit, before: Sequence[Commit]) -> tuple[Commit, ...]:
    """The earlier commits, newest first, without those that the author made while arriving: one after another."""
    author, moment = author_of(commit), commit.date
    kept = []
    for earlier in before:
        close = moment is not None and earlier.date is not None and days_between(earlier.date, moment) < ARRIVAL_DAYS
        if close and author and author_of(earlier) == author:
            moment = earlier.date
        else:
            kept.append(earlier)
    return tuple(kept)


def author_of(commit: Commit) -> str:
    """The login or name that a commit is by, casefolded; empty when it names nobody.

    The first of its authors: the others are co-authors from the message, where anybody can be named.
    """
    return commit.authors[0].name.casefold() if commit.authors else ""


def is_newcomer(commit: Commit, before: Sequence[Commit], owners: Iterable[str]) -> bool:
    """Whether a commit is by nobody who committed before it, nor by an owner.

    Needs a history to be new to: two commits, or one and a long silence. Somebody's first commits, of a few
    weeks, are those of one newcomer.
    """
    author, before = author_of(commit), before_arrival(commit, before)
    known = {*(owner.casefold() for owner in owners), *map(author_of, before)}
    enough = len(before) >= _MIN_EARLIER or (bool(before) and _silence(commit, before[0]) > SILENT_DAYS)
    return bool(author) and author not in known and enough


def _silence(commit: Commit, earlier: Commit) -> float:
    """Days between two commits; 0 when a date is missing."""
    return days_between(earlier.date, commit.date) if commit.date and earlier.date else 0.0


def _is_recent(commit: Commit, now: datetime) -> bool:
    return commit.date is not None and days_between(commit.date, now) < RECENT_DAYS


def _is_loaded(path: str) -> bool:
    kind = kind_of(path)
    return kind.is_weights or kind in (FileKind.PYTHON, FileKind.TEMPLATE)


def _is_script(path: str, name: str) -> bool:
    return path.casefold() == f"{name.casefold()}.py"
