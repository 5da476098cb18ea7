"""Which entries a quiet re-audit looks at without an info answer of their own, so that owners and pages are paid for.

Models are grouped by owner. A group of m may cost m API requests, m - 1 from three on. Out of that come the
owner, where it is to be asked for, and from three on a list page of its models; the rest are info answers, for those
with most to lose by the scan state, which no other answer tells. Pure.

A single model of a verified owner costs two: neither the badge nor the scan state is told by anything cheaper.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct

from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.lockfile.model import LockEntry
from trustaudit.refs import RepoType
from trustaudit.report.model import Verdict

HOLDS: Final = timedelta(days=1)
"""Owners without a badge to lose are not asked for again so soon, unless something else changed."""

SHARED: Final = 3
"""Models of one owner from which on a re-audit costs less than one request each."""

_Key = tuple[str, str, str]

_UNFINISHED: Final = "hub-scan-coverage"
"""The rule that tells of files on which scanners owed a verdict when the entry was locked."""

_QUIET: Final = frozenset(
    {
        FileKind.TENSORS,
        FileKind.CONFIG,
        FileKind.TEXT,
        FileKind.DATA,
        FileKind.DOCUMENT,
        FileKind.MEDIA,
        FileKind.VCS,
        FileKind.SIGNATURE,
    }
)
"""Kinds of files in which scanners look for little."""


class Thrift(Struct, frozen=True):
    """``spared``: keys of entries that do without an info answer. ``paged``: owners of whom a list page is asked."""

    spared: frozenset[_Key] = frozenset()
    paged: frozenset[str] = frozenset()


def thrift(entries: Iterable[LockEntry], now: datetime) -> Thrift:
    """What to save on these entries, all of which are thought to be as they were."""
    spared: set[_Key] = set()
    paged: set[str] = set()
    for owner, group in _by_owner(entries).items():
        page, infos = _budget(len(group), owner_asked=any(is_due(entry, now) for entry in group))
        chosen = _least_to_lose(group, len(group) - infos, now.date())
        spared.update(entry.key for entry in chosen)
        if page and len(chosen) > 1:  # for one, the page costs what it saves
            paged.add(owner)
    return Thrift(frozenset(spared), frozenset(paged))


def owner_of(entry: LockEntry) -> str:
    """The owner's name as groups know it: the Hub does not tell cases apart."""
    return (entry.ref.namespace or "").casefold()


def is_due(entry: LockEntry, now: datetime) -> bool:
    """Whether the owner is asked for in a quiet run: it has a badge to lose, or was not asked for lately."""
    owner = entry.publisher
    return owner is not None and (owner.verified is True or now - entry.audited >= HOLDS)


def _by_owner(entries: Iterable[LockEntry]) -> dict[str, list[LockEntry]]:
    groups: defaultdict[str, list[LockEntry]] = defaultdict(list)
    for entry in entries:
        if entry.type is RepoType.MODEL and entry.ref.namespace is not None:
            groups[owner_of(entry)].append(entry)
    return groups


def _budget(models: int, *, owner_asked: bool) -> tuple[bool, int]:
    """Whether a page is asked for, and how many info answers. One at least: else no scan state were ever seen."""
    left = (models if models < SHARED else models - 1) - owner_asked
    page = models >= SHARED and left > 1
    return page, max(1, left - page)


def _least_to_lose(group: Sequence[LockEntry], most: int, today: date) -> list[LockEntry]:
    """Those among equals change from day to day."""
    able = [entry for entry in group if _can_be_spared(entry)]
    return sorted(able, key=lambda entry: (_stake(entry), _lot(entry, today)))[: max(0, most)]


def _can_be_spared(entry: LockEntry) -> bool:
    """Not those whose redirect has to be followed, that are gated, or of which the lock does not know who they are."""
    return entry.object_id is not None and entry.answers_as is None and entry.gated == "no" and bool(entry.files)


def _stake(entry: LockEntry) -> int:
    """3: scanners had not finished; 2: files that can run code, or issues already; 0: little that scanners look for."""
    kinds = {kind_of(pin.path) for pin in entry.files}
    if any(pin.rule == _UNFINISHED for pin in entry.findings):
        return 3
    known = bool(entry.scan_issues or entry.accepted) or entry.verdict is not Verdict.PASS
    if known or any(_runs(kind) for kind in kinds):
        return 2
    return 0 if kinds <= _QUIET else 1


def _runs(kind: FileKind) -> bool:
    code = (FileKind.PYTHON, FileKind.NOTEBOOK, FileKind.SHELL_SCRIPT)
    return kind.may_run_on_load or kind.starts_programs or kind in code


def _lot(entry: LockEntry, today: date) -> bytes:
    return hashlib.sha256("\0".join((today.isoformat(), *entry.key)).encode()).digest()
