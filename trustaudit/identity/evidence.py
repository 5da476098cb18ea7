"""What a snapshot says that decides about a name: the account behind it, declared lineage, files to run."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from msgspec import Struct

from trustaudit.facts import Known, value_of
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.knowledge.name_words import name_words
from trustaudit.refs import RepoType
from trustaudit.snapshot import Publisher, Snapshot

NEW_DAYS = 7
"""Both fakes that reached the trending list in 2026 had accounts under a day old; of 206 others one was under 7."""
YOUNG_DAYS = 30
SETTLED_DAYS = 90

# Kinds of files that a person starts on their machine and no model library reads.
_LAUNCHERS = frozenset(
    {
        FileKind.WINDOWS_SCRIPT,
        FileKind.SCRIPT_HOST,
        FileKind.EXECUTABLE,
        FileKind.INSTALLER,
        FileKind.SHORTCUT,
    }
)


class NameEvidence(Struct, frozen=True):
    """Everything about a repository that may raise or lower a name finding. None is "not known"."""

    exists: bool = True
    account_age: float | None = None
    """Days between the creation of the account and the audit."""
    verified: bool | None = None
    publisher_score: int | None = None
    base_models: tuple[str, ...] = ()
    launchers: tuple[str, ...] = ()
    """Paths of files made to be started on a desktop: nothing a model library reads."""
    scripts: tuple[str, ...] = ()
    """Paths of shell scripts and Python files named for being run, in a model repository."""
    trusted: bool = False
    """Whether the policy names the publisher as trusted."""

    @property
    def is_new(self) -> bool:
        """An account under a week old."""
        return self.account_age is not None and self.account_age < NEW_DAYS

    @property
    def is_young(self) -> bool:
        """An account under a month old."""
        return self.account_age is not None and self.account_age < YOUNG_DAYS

    @property
    def is_settled(self) -> bool:
        """An account known to be older than three months."""
        return self.account_age is not None and self.account_age >= SETTLED_DAYS


def gather(snapshot: Snapshot, publisher_score: int | None, *, trusted: bool = False) -> NameEvidence:
    """The evidence in a snapshot."""
    publisher = value_of(snapshot.publisher)
    paths = tuple(entry.path for entry in snapshot.entries)
    return NameEvidence(
        exists=isinstance(snapshot.info, Known),
        account_age=account_age(publisher, snapshot.collected_at),
        verified=publisher.verified if publisher else None,
        publisher_score=publisher_score,
        base_models=declared_bases(snapshot),
        launchers=tuple(path for path in paths if _is_launcher(path)),
        scripts=tuple(path for path in paths if snapshot.ref.type is RepoType.MODEL and _is_script(path)),
        trusted=trusted,
    )


def account_age(publisher: Publisher | None, now: datetime) -> float | None:
    """Days since the account was created, or None."""
    if publisher is None or publisher.created_at is None:
        return None
    return days_between(publisher.created_at, now)


def days_between(start: datetime, end: datetime) -> float:
    """Days from one moment to another; a moment without a zone is taken as of the other's."""
    if start.tzinfo is None or end.tzinfo is None:
        start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
    return (end - start).total_seconds() / 86_400


def declared_bases(snapshot: Snapshot) -> tuple[str, ...]:
    """The base models the repository names, in its card or by the Hub's reading of it."""
    info = snapshot.repo_info
    if info is None:
        return ()
    tagged = (tag.rpartition(":")[2] for tag in info.tags if tag.startswith("base_model:"))
    return tuple(dict.fromkeys((*info.base_models, *(info.card.base_models if info.card else ()), *tagged)))


def _is_launcher(path: str) -> bool:
    """A llamafile is a model that starts itself: a format, if an executable one."""
    return kind_of(path) in _LAUNCHERS and not path.casefold().endswith(".llamafile")


def _is_script(path: str) -> bool:
    kind = kind_of(path)
    named = kind is FileKind.PYTHON and PurePosixPath(path).stem.casefold() in name_words().script_names
    return named or kind is FileKind.SHELL_SCRIPT
