"""The commits of a repository, newest first, with those marked that brought weights or code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from trustaudit.facts import value_of
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.report.model import TimelineEntry
from trustaudit.report.publisher import moment
from trustaudit.snapshot import Author, Commit, FileEntry, History, Snapshot

MAX_ENTRIES: Final = 50
_MOST_AUTHORS: Final = 5
_LONGEST: Final = 200
_SCRIPTS: Final = frozenset({FileKind.PYTHON, FileKind.NOTEBOOK, FileKind.SOURCE, FileKind.SHELL_SCRIPT})
_UNDATED: Final = datetime.min.replace(tzinfo=UTC)


def timeline(snapshot: Snapshot) -> tuple[TimelineEntry, ...]:
    """At most MAX_ENTRIES commits. Where there are more, those that last changed weights or code stay first."""
    touched = _touched(snapshot.entries)
    entries = [_entry(commit, touched.get(commit.id, Counter())) for commit in _commits(snapshot)]
    if len(entries) > MAX_ENTRIES:
        marked = sorted(entries, key=lambda entry: not (entry.weights or entry.code))
        kept = {entry.commit for entry in marked[:MAX_ENTRIES]}
        entries = [entry for entry in entries if entry.commit in kept]
    return tuple(entries)


def _commits(snapshot: Snapshot) -> list[Commit]:
    """The history, and older commits that the tree names as the last to touch a file. Newest first."""
    history: History | None = value_of(snapshot.history)
    listed = {commit.id: commit for commit in (history.commits if history else ())}
    last = (entry.last_commit for entry in snapshot.entries)
    older = {item.id: Commit(id=item.id, title=item.title, date=item.date) for item in last if item is not None}
    if not older.keys() - listed:
        return list(listed.values())
    return sorted({**listed, **older, **listed}.values(), key=_when, reverse=True)


def _when(commit: Commit) -> datetime:
    if commit.date is None:
        return _UNDATED
    return commit.date if commit.date.tzinfo else commit.date.replace(tzinfo=UTC)


def _touched(entries: Iterable[FileEntry]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    for entry in entries:
        if entry.last_commit is not None:
            counts.setdefault(entry.last_commit.id, Counter()).update(_marks(entry.path))
    return counts


def _marks(path: str) -> list[str]:
    kind = kind_of(path)
    code = kind in _SCRIPTS or kind.starts_programs
    return ["files", *(["weights"] if kind.is_weights else []), *(["code"] if code else [])]


def _entry(commit: Commit, counts: Counter[str]) -> TimelineEntry:
    return TimelineEntry(
        commit=commit.id,
        title=commit.title[:_LONGEST],
        authors=_named(commit.authors),
        date=moment(commit.date),
        weights=counts["weights"],
        code=counts["code"],
        files=counts["files"],
    )


def _named(authors: Iterable[Author]) -> tuple[str, ...]:
    return tuple(author.name[:_LONGEST] for author in authors)[:_MOST_AUTHORS]
