"""Signs of change that an info answer does not carry: other tags, and the scan state where info has none.

A sign is a reason to look closely, never a drift by itself. Where tags point is read from the address
of a file, which draws on the quota of files (thousands) and not on the one of questions (hundreds).
"""

from __future__ import annotations

import asyncio
from typing import Final

from msgspec import Struct

from trustaudit.errors import EntryNotFoundError, HubError, RevisionNotFoundError
from trustaudit.facts import Reason, Unavailable
from trustaudit.hub.session import HubSession
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.lockfile.entry import scan_issues, tag_pins
from trustaudit.lockfile.model import LockEntry, RefPin
from trustaudit.refs import RepoRef
from trustaudit.snapshot import RepoInfo

MOST_TAGS: Final = 24
"""More tags than this are asked for with one question for all of them."""

_ATTRIBUTES: Final = ".gitattributes"
_SILENT: Final = frozenset({Reason.NOT_PROVIDED, Reason.NOT_IMPLEMENTED, Reason.MISSING_OR_PRIVATE})


class Sign(Struct, frozen=True):
    """``changed``: look closely. ``unseen``: what could not be looked at."""

    changed: bool = False
    unseen: str = ""


async def signs(entry: LockEntry, target: RepoRef, info: RepoInfo, session: HubSession) -> Sign:
    """Everything that the info answer leaves open. ``target``: the entry's repository under the Hub's id for it."""
    tags, scan = await asyncio.gather(tag_signs(entry, target, session), _scan(entry, target, info, session))
    return Sign(tags.changed or scan.changed, tags.unseen or scan.unseen)


async def tag_signs(entry: LockEntry, target: RepoRef, session: HubSession) -> Sign:
    """Whether tags other than the followed one still point to where they did."""
    pins = [pin for pin in entry.tags if _name(pin) != entry.revision]
    if not pins:
        return Sign()
    if len(pins) > MOST_TAGS:
        return await _all_tags(pins, target, session)
    path = probe(entry)
    told = await asyncio.gather(*(_commit_of(pin, target, path, session) for pin in pins))
    if any(commit is not None and commit != pin.commit for commit, pin in zip(told, pins, strict=True)):
        return Sign(changed=True)
    return Sign() if None not in told else await _all_tags(pins, target, session)


def _name(pin: RefPin) -> str:
    return pin.ref.removeprefix("refs/tags/")


async def _commit_of(pin: RefPin, target: RepoRef, path: str, session: HubSession) -> str | None:
    """Empty for a tag that is gone, None when nobody tells."""
    try:
        return await session.commit_of(target, _name(pin), path)
    except RevisionNotFoundError:
        return ""
    except HubError:
        return None


async def _all_tags(pins: list[RefPin], target: RepoRef, session: HubSession) -> Sign:
    try:
        now = set(tag_pins(await session.refs(target)))
    except HubError as error:
        return Sign(unseen=f"tags: {why(error.as_unavailable())}")
    return Sign(changed=not now.issuperset(pins))


def probe(entry: LockEntry) -> str:
    """A file whose address is asked for. Not one by which the Hub counts downloads (configurations, weights)."""
    paths = [pin.path for pin in entry.files]
    if _ATTRIBUTES in paths or not paths:
        return _ATTRIBUTES
    read = (path for path in paths if kind_of(path) in (FileKind.TEXT, FileKind.DOCUMENT))
    return next(read, paths[0])


async def _scan(entry: LockEntry, target: RepoRef, info: RepoInfo, session: HubSession) -> Sign:
    """The info answer of datasets and Spaces has no scan state, nor has that of a Hub that refuses the parameter."""
    if info.scan is not None:
        return Sign()
    try:
        found = await session.scan(target)
    except EntryNotFoundError:
        return Sign()
    except HubError as error:
        gone = error.as_unavailable()
        return Sign(unseen="" if gone.reason in _SILENT else f"scan: {why(gone)}")
    known = {issue.path for issue in entry.scan_issues}
    return Sign(changed=any(issue.path not in known for issue in scan_issues(found)))


def why(gone: Unavailable) -> str:
    """The reason in one line."""
    return f"{gone.reason}: {gone.detail}" if gone.detail else str(gone.reason)
