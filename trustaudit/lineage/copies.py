"""Repositories that say they are copies: of what, and where their files differ from the original's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Commit, CopySource, FileEntry, History, RepoInfo

_DUPLICATE = re.compile(r"\s*Duplicate from (\S{1,200})", re.IGNORECASE)
_CODE = frozenset({FileKind.PYTHON, FileKind.TEMPLATE, FileKind.BYTECODE, FileKind.LIBRARY, FileKind.SHELL_SCRIPT})
_MAX_TITLE = 300


class Claim(Struct, frozen=True):
    """What is copied, and where that is said."""

    id: str
    claimed_in: Literal["history", "card"]


class Comparison(Struct, frozen=True):
    """Paths by how the two compare. ``unknown``: present in both, and no hash of one kind listed for both."""

    same: tuple[str, ...]
    different: tuple[str, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def changed_content(self) -> tuple[str, ...]:
        """What is not as the original has it: other weights, code or data, and code that the original has not.

        A further safe format beside the original's files changes none of them.
        """
        changed = (path for path in self.different if is_content(path))
        return (*changed, *(path for path in self.only_here if is_code(path)))

    @property
    def same_content(self) -> tuple[str, ...]:
        """Weights, code, templates and data that are the original's."""
        return tuple(path for path in self.same if is_content(path))

    @property
    def same_weights(self) -> tuple[str, ...]:
        """Weights that are the original's; a tokenizer's model is none, though it may be called ``.model``."""
        kinds = ((path, kind_of(path)) for path in self.same)
        return tuple(path for path, kind in kinds if kind.is_weights and kind is not FileKind.AMBIGUOUS)


def duplicated_from(history: History) -> tuple[str, Commit] | None:
    """Origin and commit of the oldest commit that calls itself a duplicate, as the Hub titles those it makes."""
    titles = ((_DUPLICATE.match(commit.title[:_MAX_TITLE]), commit) for commit in history.commits)
    matches = ((found[1], commit) for found, commit in titles if found)
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
    """Whether a file decides what the model does or runs, or is the data of a dataset."""
    kind = kind_of(path)
    return kind.is_weights or kind.runs_on_load or kind in _CODE or kind is FileKind.DATA


def is_code(path: str) -> bool:
    """Whether a file runs something: code, or weights in a format that can."""
    kind = kind_of(path)
    return kind.runs_on_load or kind in _CODE or kind is FileKind.AMBIGUOUS


def changed_since(source: CopySource, moment: datetime | None) -> bool:
    """Whether the original has been changed since, as far as can be told."""
    modified = source.info.last_modified
    return moment is None or modified is None or _plain(modified) > _plain(moment)


def last_change(source: CopySource, path: str, moment: datetime | None) -> bool | None:
    """Whether the original changed that file after the moment; None when its last change is not known."""
    entry = next((item for item in source.changed if item.path == path), None)
    changed = entry.last_commit.date if entry and entry.last_commit else None
    return None if changed is None or moment is None else _plain(changed) > _plain(moment)


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
