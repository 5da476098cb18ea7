"""What a history and the last commits of files say about who changed what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from trustaudit.checks._files import SeenFile
from trustaudit.checks._owner import days_between
from trustaudit.identity.occasions import before_arrival
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.snapshot import Commit, History

BOTS: dict[str, tuple[str, ...]] = {
    "SFconvertbot": (".safetensors", ".safetensors.index.json"),
    "parquet-converter": (".parquet", ".parquet.json", "dataset_infos.json"),
    "librarian-bot": ("README.md",),
}
"""Accounts of the Hub's own services, spelled exactly, and the ends of paths that each of them writes.

A name proves nothing: git lets anybody write it. A commit is a bot's when it touched nothing else.
"""

_CONTENT = frozenset({FileKind.PYTHON, FileKind.TEMPLATE, FileKind.SCRIPT_HOST, FileKind.WINDOWS_SCRIPT})


class Change(Struct, frozen=True):
    """A commit, the files it was the last to touch, and the commits before it, newest first."""

    commit: Commit
    files: tuple[SeenFile, ...]
    before: tuple[Commit, ...]

    @property
    def authors(self) -> frozenset[str]:
        """Names of the authors, casefolded."""
        return author_names(self.commit)

    @property
    def content(self) -> tuple[SeenFile, ...]:
        """Weights, code and templates among the files."""
        return tuple(seen for seen in self.files if is_content(seen))


def author_names(commit: Commit) -> frozenset[str]:
    """Names of a commit's authors, casefolded as logins are."""
    return frozenset(author.name.casefold() for author in commit.authors)


def is_bot_change(change: Change) -> bool:
    """Whether the authors are bots, and the files are of the kind these bots write."""
    ends = BOTS.get(change.commit.authors[0].name) if change.commit.authors else None
    return ends is not None and all(seen.path.endswith(ends) for seen in change.files)


def is_content(seen: SeenFile) -> bool:
    """Whether a change of the file changes what the model does."""
    return seen.kind.is_weights or seen.kind in _CONTENT


def last_changes(files: Iterable[SeenFile], history: History) -> tuple[Change, ...]:
    """The commits that were the last to touch a file, newest first; files of unknown commits are left out."""
    by_commit: dict[str, list[SeenFile]] = {}
    for seen in files:
        if seen.entry.last_commit is not None:
            by_commit.setdefault(seen.entry.last_commit.id, []).append(seen)
    return tuple(
        Change(commit=commit, files=tuple(by_commit[commit.id]), before=history.commits[place + 1 :])
        for place, commit in enumerate(history.commits)
        if commit.id in by_commit
    )


def days_of_silence(change: Change) -> float | None:
    """Days between the commit and what was there before its author came; None when a date is missing."""
    date = change.commit.date
    before = before_arrival(change.commit, change.before)
    earlier: datetime | None = before[0].date if before else None
    return days_between(earlier, date) if date is not None and earlier is not None else None
