"""A look without an info answer: a row of the owner's list page, and the addresses of files.

The row tells commit, object id and access. The addresses draw on the quota of files: they tell the commit again,
from elsewhere, and by which hash the weights and the code go there. Anything that differs, and anything that is
not told, is a reason to ask for the info answer; a glance by itself finds no drift.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Final

from msgspec import Struct, field

from trustaudit.errors import HubError
from trustaudit.hub.asking import Address
from trustaudit.hub.questions import REPOS_PER_PAGE
from trustaudit.hub.session import HubSession
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.lockfile.groups import Thrift, owner_of
from trustaudit.lockfile.model import FilePin, LockEntry
from trustaudit.lockfile.signs import probe
from trustaudit.refs import DEFAULT_BRANCH, RepoType
from trustaudit.snapshot import RepoInfo

MOST_FILES: Final = 8
"""Files of an entry whose addresses are asked for."""

_KEYS: Final = ("sha", "gated", "disabled", "private")
_GIT_DIGITS: Final = 40
_CODE: Final = (FileKind.PYTHON, FileKind.NATIVE, FileKind.SHELL_SCRIPT)


class Glances(Struct):
    """The list pages of one run, each asked for once, by whichever entry needs it first."""

    plan: Thrift = field(default_factory=Thrift)
    _rows: dict[str, dict[str, RepoInfo]] = field(default_factory=dict)
    _asking: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def suffice(self, entry: LockEntry, session: HubSession) -> bool:
        """Whether the entry is to be spared and seems to be as it was."""
        if entry.key not in self.plan.spared:
            return False
        if owner_of(entry) in self.plan.paged and not _is_row_of(entry, await self._row(entry, session)):
            return False
        return await _goes_there(entry, session)

    async def _row(self, entry: LockEntry, session: HubSession) -> RepoInfo | None:
        owner = owner_of(entry)
        async with self._asking[owner]:
            if owner not in self._rows:
                self._rows[owner] = await _page(entry.ref.namespace or "", session)
        return self._rows[owner].get(entry.id)


async def _page(owner: str, session: HubSession) -> dict[str, RepoInfo]:
    """One page by id; empty when the Hub gives none, or one that names a model twice."""
    listed = session.list_repos(
        RepoType.MODEL, author=owner, sort="downloads", limit=REPOS_PER_PAGE, expand=_KEYS, pages=1
    )
    try:
        rows = [row async for row in listed]
    except HubError:
        return {}
    by_id = {row.id: row for row in rows}
    return by_id if len(by_id) == len(rows) else {}


def _is_row_of(entry: LockEntry, row: RepoInfo | None) -> bool:
    """A key that is absent is None and equals nothing that is compared here."""
    if row is None or row.sha is None or row.object_id is None:
        return False
    follows_head = entry.revision == DEFAULT_BRANCH
    same = row.object_id == entry.object_id and row.gated == entry.gated
    open_now = row.disabled is False and row.private is False
    return same and open_now and (row.sha == entry.commit or not follows_head)


async def _goes_there(entry: LockEntry, session: HubSession) -> bool:
    """Whether the followed revision is at the locked commit, and its files go by the locked hashes."""
    pins = looked_at(entry)
    told = await asyncio.gather(*(_told(entry, pin, session) for pin in pins))
    return bool(pins) and all(_agrees(entry, pin, address) for pin, address in zip(pins, told, strict=True))


async def _told(entry: LockEntry, pin: FilePin, session: HubSession) -> Address:
    try:
        return await session.address(entry.ref, entry.revision, pin.path)
    except HubError:
        return Address(None)


def _agrees(entry: LockEntry, pin: FilePin, found: Address) -> bool:
    """Only like is compared with like: SHA-256 with SHA-256, git id with git id."""
    if found.commit != entry.commit or found.missing:
        return False
    pinned = pin.git if len(found.digest) == _GIT_DIGITS else pin.sha256
    return not found.digest or pinned is None or found.digest == pinned


def looked_at(entry: LockEntry) -> list[FilePin]:
    """Weights and code, what can run first; where there are none, one file that tells the commit."""
    kinds = {pin.path: kind_of(pin.path) for pin in entry.files}
    heavy = [pin for pin in entry.files if kinds[pin.path].is_weights or kinds[pin.path] in _CODE]
    heavy.sort(key=lambda pin: (not kinds[pin.path].may_run_on_load, pin.path))
    return heavy[:MOST_FILES] or [pin for pin in entry.files if pin.path == probe(entry)]
