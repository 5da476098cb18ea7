"""Which files are worth bytes, and in which order. Pure.

Everything is sniffed, because a pickle can hide under any name; the order decides what is
left out when the budget ends. First what a loader would execute, then what it would read,
then everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct

from trustaudit.facts import Reason, Unavailable
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.snapshot import FileEntry

MAX_FILES = 600
"""Files looked into per audit: two requests each stay well below a free quota of 5,000."""

_RANKS: dict[FileKind, int] = {
    FileKind.PICKLE: 0,
    FileKind.CODE_CAPABLE: 0,
    FileKind.AMBIGUOUS: 0,
    FileKind.PYTHON: 1,
    FileKind.TEMPLATE: 1,
    FileKind.CONFIG: 1,
    FileKind.TRAINING_STATE: 2,
    FileKind.ARRAYS: 2,
    FileKind.OPAQUE_ARCHIVE: 2,
    FileKind.ARCHIVE: 2,
    FileKind.GRAPH: 2,
    FileKind.TENSORS: 2,
    FileKind.UNKNOWN: 3,
    FileKind.SIGNATURE: 3,
    FileKind.NATIVE: 3,
    FileKind.VCS: 3,
    FileKind.NOTEBOOK: 3,
    FileKind.SHELL_SCRIPT: 3,
    FileKind.TEXT: 4,
    FileKind.DOCUMENT: 5,
    FileKind.DATA: 6,
    FileKind.LOG: 6,
    FileKind.MEDIA: 7,
}
_DEFAULT_RANK = 3

# A data repository holds thousands of alike shards; the first of each folder and kind is looked into.
_SAMPLED = frozenset({FileKind.DATA, FileKind.MEDIA, FileKind.LOG})
_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What to collect. ``ruleset`` keys cached inspection results."""

    ruleset: str
    contents: bool = True
    refs: bool = False
    fresh: bool = False
    """Nothing that can change is taken from the cache: for what is pinned, or compared with a pin."""
    frugal: bool = False
    """An ancestor: four API requests at most, nothing that lies around it."""
    thrifty: bool = False
    """One of a long list: a request matters more than a round trip, so the owner is asked after the history."""
    max_files: int = MAX_FILES


class Reading(Struct, frozen=True):
    """One content to look into and the paths that hold it."""

    entry: FileEntry
    paths: tuple[str, ...]


class ReadingPlan(Struct, frozen=True):
    """Readings in order, and what was left out with the reason."""

    readings: tuple[Reading, ...]
    left_out: tuple[tuple[str, Unavailable], ...]


def plan_readings(entries: Iterable[FileEntry], plan: Plan) -> ReadingPlan:
    """The order of reading: by rank, then by path; identical contents once."""
    ordered = sorted(entries, key=lambda entry: (_rank(entry.path), entry.path))
    chosen, sampled_out = _sampled(ordered)
    groups = _grouped(chosen)
    readings = tuple(Reading(group[0], tuple(entry.path for entry in group)) for group in groups[: plan.max_files])
    left = [
        (entry.path, Unavailable(reason=Reason.BUDGET_SPENT, detail=f"beyond the {plan.max_files} files looked into"))
        for group in groups[plan.max_files :]
        for entry in group
    ]
    return ReadingPlan(readings, tuple(sorted([*left, *sampled_out])))


def by_importance(paths: Iterable[str]) -> tuple[str, ...]:
    """What a loader would execute first."""
    return tuple(sorted(paths, key=lambda path: (_rank(path), path)))


def _rank(path: str) -> int:
    return _RANKS.get(kind_of(path), _DEFAULT_RANK)


def _sampled(entries: list[FileEntry]) -> tuple[list[FileEntry], list[tuple[str, Unavailable]]]:
    """Of data, media and logs the first few per folder and suffix; of everything else, all."""
    seen: dict[tuple[str, str], int] = {}
    chosen: list[FileEntry] = []
    left: list[tuple[str, Unavailable]] = []
    why = Unavailable(reason=Reason.NOT_REQUESTED, detail=f"{_SAMPLE} files of this kind and folder were looked into")
    for entry in entries:
        if kind_of(entry.path) in _SAMPLED:
            folder, _, name = entry.path.rpartition("/")
            group = (folder, name.rpartition(".")[2].casefold())
            seen[group] = seen.get(group, 0) + 1
            if seen[group] > _SAMPLE:
                left.append((entry.path, why))
                continue
        chosen.append(entry)
    return chosen, left


def _grouped(entries: list[FileEntry]) -> list[list[FileEntry]]:
    """Entries with the same listed content together, in order of first appearance.

    The same bytes under another name mean other things to a loader, and an inspector goes by the
    name too: ``aaa.tmpl`` must not answer for the ``chat_template.jinja`` it is a copy of.
    """
    groups: dict[tuple[str, str], list[FileEntry]] = {}
    for entry in entries:
        key = entry.content_key
        groups.setdefault((key, _name_that_matters(entry.path) if key else entry.path), []).append(entry)
    return list(groups.values())


def _name_that_matters(path: str) -> str:
    """Of weights the ending steers an inspector, of everything else the whole name."""
    name = path.rpartition("/")[2].casefold()
    kind = kind_of(path)
    return f"{kind} {name.rpartition('.')[2]}" if kind.is_weights or kind is FileKind.TRAINING_STATE else name
