"""When the evidence asks for one more request: who is a member, what else the owner has, which refs there are.

An ordinary model gives no occasion: its audit costs four API requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from trustaudit.identity.evidence import YOUNG_DAYS, account_age, days_between
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Commit, FileEntry, History, Publisher

RECENT_DAYS = 90
"""An older change has had time to be noticed by others; ``history-takeover`` judges it low."""
_MIN_EARLIER = 2
_MANY_MODELS = 3


def wants_members(owner: Publisher | None, history: History | None, files: Iterable[FileEntry], now: datetime) -> bool:
    """Whether it matters who belongs to the organization: somebody new has just changed weights or code."""
    if owner is None or owner.kind != "organization" or history is None:
        return False
    loaded = {entry.last_commit.id for entry in files if entry.last_commit and _is_loaded(entry.path)}
    return any(
        commit.id in loaded and _is_recent(commit, now) and is_newcomer(history.commits, place, owner.name)
        for place, commit in enumerate(history.commits)
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
    return ref.is_pinned and history is not None and is_newcomer(history.commits, 0, ref.namespace or "")


def is_newcomer(commits: Sequence[Commit], place: int, owner: str) -> bool:
    """Whether the authors of a commit are neither the owner nor in any commit before; newest first."""
    if len(commits) <= place:
        return False
    authors = _names(commits[place])
    earlier = commits[place + 1 :]
    known = frozenset((owner.casefold(),)).union(*map(_names, earlier))
    return bool(authors) and len(earlier) >= _MIN_EARLIER and authors.isdisjoint(known)


def _names(commit: Commit) -> frozenset[str]:
    return frozenset(author.name.casefold() for author in commit.authors)


def _is_recent(commit: Commit, now: datetime) -> bool:
    return commit.date is not None and days_between(commit.date, now) < RECENT_DAYS


def _is_loaded(path: str) -> bool:
    kind = kind_of(path)
    return kind.is_weights or kind in (FileKind.PYTHON, FileKind.TEMPLATE)


def _is_script(path: str, name: str) -> bool:
    return path.casefold() == f"{name.casefold()}.py"
