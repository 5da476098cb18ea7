"""Which hashes a folder is compared with: those of a lockfile, offline, or those the Hub lists.

A lockfile that lies inside the folder is refused: whoever altered the files could have written it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from trustaudit.errors import FileInputError, HubError, UsageError
from trustaudit.hub.session import HubSession
from trustaudit.lockfile.model import DEFAULT_NAME, FilePin, Lock, LockEntry
from trustaudit.lockfile.reading import load_lock
from trustaudit.lockfile.tree import file_pins
from trustaudit.settings import Settings, parse_ref
from trustaudit.verify.layout import Target, noted_commit

_ADVICE: Final = "name the repository with --ref org/model@commit"


class Pins(Struct, frozen=True):
    """What a folder should hold. ``source`` is the lockfile, or the Hub's address."""

    repo: str
    commit: str
    files: tuple[FilePin, ...]
    source: str


class Choice(Struct, frozen=True):
    """What the caller named: a lockfile, a reference, both or nothing."""

    lockfile: Path | None = None
    ref: str | None = None


class Against:
    """Finds the pins of each target. Loads the lockfile once; asks the Hub only where no lockfile answers."""

    def __init__(self, choice: Choice, settings: Settings) -> None:
        self._settings = settings
        self._choice = choice
        self._named = parse_ref(choice.ref, settings) if choice.ref else None
        self._path = choice.lockfile or Path(DEFAULT_NAME)
        # A reference alone means the Hub: whoever names one has a reason not to take what lies around.
        wanted = choice.lockfile is not None or (choice.ref is None and self._path.is_file())
        self._lock: Lock | None = load_lock(self._path)[0] if wanted else None

    def locked(self, target: Target) -> Pins | None:
        """The lockfile's pins, None when the Hub is to be asked. Raises UsageError when there is nothing to ask for."""
        if self._lock is None:
            return None
        self._refuse_inner(target)
        entry = self._entry(target, self._lock)
        if entry is not None:
            return Pins(entry.ref.full_id, entry.commit, entry.files, str(self._path))
        if self._choice.lockfile is not None:
            raise UsageError(f"{target.root} is of no repository in {self._path}", advice=_ADVICE)
        return None

    async def listed(self, target: Target, session: HubSession) -> Pins:
        """The pins that the Hub lists. Raises UsageError when the repository is not known, HubError."""
        ref = self._named or target.ref
        if ref is None:
            raise UsageError(f"it is not known which repository {target.root} is a copy of", advice=_ADVICE)
        answer = await session.info(ref)
        commit = answer.info.sha
        if commit is None:
            raise HubError(f"the Hub names no commit for {ref}")
        entries = answer.files.entries
        if not answer.files.complete or not all(entry.content_key for entry in entries):
            entries = (await session.tree(ref, commit)).entries
        return Pins(ref.full_id, commit, file_pins(entries), session.endpoint)

    def _refuse_inner(self, target: Target) -> None:
        if self._path.resolve().is_relative_to(target.root):
            raise FileInputError(
                f"the lockfile {self._path} lies in the folder that is to be verified",
                cause="whoever altered the files could have written it too",
                advice="keep the lockfile elsewhere, or compare with the Hub: --ref org/model@commit",
            )

    def _entry(self, target: Target, lock: Lock) -> LockEntry | None:
        ref = self._named or target.ref
        if ref is not None:
            return _best(lock.matching(ref), noted_commit(target.root))
        return _best(lock.repository, noted_commit(target.root))


def _best(entries: Iterable[LockEntry], noted: str | None) -> LockEntry | None:
    """The only entry, or the one of the commit that the download noted."""
    listed = tuple(entries)
    if len(listed) == 1:
        return listed[0]
    fitting = [entry for entry in listed if entry.commit == noted]
    return fitting[0] if fitting else None
