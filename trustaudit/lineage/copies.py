"""Repositories that say they are copies: of what, and where their files differ from the original's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from trustaudit.errors import RefError
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Commit, CopySource, FileEntry, History, RepoInfo

_DUPLICATE = re.compile(r"\s*Duplicate from (\S{1,200})", re.IGNORECASE)
_CODE = frozenset({FileKind.PYTHON, FileKind.TEMPLATE, FileKind.BYTECODE, FileKind.LIBRARY})


@dataclass(frozen=True, slots=True)
class Claim:
    """What is copied, and where that is said."""

    id: str
    claimed_in: Literal["history", "card"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paths by how the two compare. ``unknown``: present in both, and no hash of one kind listed for both."""

    same: tuple[str, ...]
    different: tuple[str, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def changed_content(self) -> tuple[str, ...]:
        """Weights, code and templates that are not what the original has under that path, or has not at all."""
        return tuple(path for path in (*self.different, *self.only_here) if is_content(path))

    @property
    def is_mirror(self) -> bool:
        """Whether all content is the original's: nothing of it differs or is added, something of it is equal."""
        return not self.changed_content and any(is_content(path) for path in self.same)


def duplicated_from(history: History) -> tuple[str, Commit] | None:
    """Origin and commit of the oldest commit that calls itself a duplicate, as the Hub titles those it makes."""
    matches = ((found[1], commit) for commit in history.commits if (found := _DUPLICATE.match(commit.title)))
    return next(iter(reversed(list(matches))), None)


def claimed_origin(ref: RepoRef, info: RepoInfo, history: History | None) -> Claim | None:
    """What the repository says it copies: by its history, else by a base model of its own name.

    A card that names how it was derived (a quantization, a fine-tune) claims no copy.
    """
    own = {ref.id.casefold(), info.id.casefold()}
    duplicate = duplicated_from(history) if history else None
    if duplicate and _is_id(duplicate[0], ref.type) and duplicate[0].casefold() not in own:
        return Claim(duplicate[0], "history")
    bases = info.card.base_models if info.card and not info.card.base_model_relation else ()
    if ref.type is not RepoType.MODEL or len(bases) != 1:
        return None
    base = bases[0].strip()
    same_name = base.rpartition("/")[2].casefold() == info.id.rpartition("/")[2].casefold()
    usable = same_name and "/" in base and base.casefold() not in own and _is_id(base, ref.type)
    return Claim(base, "card") if usable else None


def compare_files(here: Iterable[FileEntry], there: Iterable[FileEntry]) -> Comparison:
    """Both listings by path and hash: SHA-256 for large files, git id for small ones. The card does not count."""
    mine, theirs = _by_path(here), _by_path(there)
    both = sorted(mine.keys() & theirs.keys())
    verdicts = {path: _equal(mine[path], theirs[path]) for path in both}
    return Comparison(
        same=tuple(path for path in both if verdicts[path] is True),
        different=tuple(path for path in both if verdicts[path] is False),
        only_here=tuple(sorted(mine.keys() - theirs.keys())),
        only_there=tuple(sorted(theirs.keys() - mine.keys())),
        unknown=tuple(path for path in both if verdicts[path] is None),
    )


def is_content(path: str) -> bool:
    """Whether a file decides what the model does or runs."""
    kind = kind_of(path)
    return kind.is_weights or kind.runs_on_load or kind in _CODE


def changed_since(source: CopySource, moment: datetime | None) -> bool:
    """Whether the original has been changed since, as far as can be told."""
    modified = source.info.last_modified
    return moment is None or modified is None or _plain(modified) > _plain(moment)


def _by_path(entries: Iterable[FileEntry]) -> dict[str, FileEntry]:
    return {entry.path: entry for entry in entries if entry.path not in (".gitattributes", "README.md")}


def _equal(one: FileEntry, other: FileEntry) -> bool | None:
    """None where only unlike hashes are listed, as for a file that one side keeps in large-file storage."""
    if not one.content_key or not other.content_key:
        return None
    kinds = {key.partition(":")[0] for key in (one.content_key, other.content_key)}
    if len(kinds) > 1:
        return False if None not in (one.size, other.size) and one.size != other.size else None
    return one.content_key == other.content_key


def _is_id(text: str, kind: RepoType) -> bool:
    namespace, _, name = text.rpartition("/")
    try:
        return bool(RepoRef(type=kind, namespace=namespace or None, name=name))
    except RefError:
        return False


def _plain(moment: datetime) -> datetime:
    """Comparable with any other: one without a zone is taken as UTC."""
    return moment.replace(tzinfo=None) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
