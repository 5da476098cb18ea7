"""Signals from the commit history: changes of weights or code by others, or after a long sleep."""

from __future__ import annotations

from trustaudit.facts import value_of
from trustaudit.identity.evidence import days_between
from trustaudit.identity.signal import Signal, unknown
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.snapshot import Commit, Publisher, Snapshot

DORMANT_DAYS = 180
# The Hub's own accounts: the safetensors converter, and the author of initial commits.
_BOTS = frozenset({"sfconvertbot", "system"})


def foreign_commits(snapshot: Snapshot, publisher: Publisher | None) -> Signal:
    """Commits on weights or code by an account that neither is the owner nor belongs to it.

    Of organizations only where the members were asked for. Only an author whom the Hub matched to
    an account counts: any other is free text, and so are co-authors.
    """
    name = "commits by others"
    commits = _commits_on_loaded_files(snapshot)
    members: tuple[str, ...] | None = value_of(snapshot.members)
    if publisher is None or not commits or (publisher.kind != "user" and members is None):
        return unknown(name)
    own = {publisher.name.casefold(), *(member.casefold() for member in members or ())}
    foreign = [commit for commit in commits if _is_foreign(commit, own)]
    points = -25 if foreign and foreign[0] is commits[0] else -10 if foreign else 0
    return Signal(name, f"{len(foreign)} of {len(commits)} on weights or code", points)


def dormancy(snapshot: Snapshot) -> Signal:
    """Weights or code changed after half a year of silence."""
    name = "sleep before the last change"
    history = value_of(snapshot.history)
    latest = next(iter(_commits_on_loaded_files(snapshot)), None)
    if history is None or latest is None or latest.date is None:
        return unknown(name)
    gaps = [gap for commit in history.commits if commit.date and (gap := days_between(commit.date, latest.date)) > 0]
    if not gaps:
        return Signal(name, "none", 0)
    gap = min(gaps)
    return Signal(name, f"{gap:.0f} days", -10 if gap > DORMANT_DAYS else 0)


def _commits_on_loaded_files(snapshot: Snapshot) -> list[Commit]:
    """The commits that last touched a file which loading reads, newest first."""
    history = value_of(snapshot.history)
    loaded = (entry for entry in snapshot.entries if _is_loaded(entry.path))
    last = {entry.last_commit.id for entry in loaded if entry.last_commit}
    return [commit for commit in history.commits if commit.id in last] if history else []


def _is_loaded(path: str) -> bool:
    kind = kind_of(path)
    return kind.is_weights or kind in (FileKind.PYTHON, FileKind.TEMPLATE)


def _is_foreign(commit: Commit, own: set[str]) -> bool:
    author = commit.authors[0] if commit.authors else None
    return author is not None and author.matched and author.name.casefold() not in own | _BOTS
