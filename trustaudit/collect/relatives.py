"""What lies around a repository: its owner's members and other repositories, its refs, what it is a copy of.

Each costs a request of its own and is asked for only where the evidence gives an occasion
(``identity.occasions``, ``lineage.copies``): an ordinary model gives none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, field

from trustaudit.errors import HubError
from trustaudit.facts import Fact, Known, NotApplicable, Unavailable, value_of
from trustaudit.hub.session import HubSession
from trustaudit.identity.evidence import days_between
from trustaudit.identity.occasions import wants_members, wants_refs, wants_siblings
from trustaudit.lineage.copies import Claim, changed_since, claimed_origin, compare_files, duplicated_from, is_content
from trustaudit.refs import RepoRef
from trustaudit.snapshot import Commit, CopySource, FileEntry, FileList, History, Publisher, Refs, RepoInfo, Sibling

T = TypeVar("T")

_SIBLINGS = 100
_COMPARED_PATHS = 100
_BRANCHES = 4
"""More branches than these are not looked through."""


class Seen(Struct, frozen=True):
    """What is known already. ``ref`` is under the id that the Hub answered with."""

    ref: RepoRef
    info: RepoInfo | None
    files: FileList | None
    history: History | None
    publisher: Publisher | None
    now: datetime

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """The files, where known."""
        return self.files.entries if self.files else ()


class Relatives(Struct, frozen=True):
    """The answers, or why nothing was asked."""

    members: Fact[tuple[str, ...]] = field(
        default_factory=lambda: NotApplicable(why="only asked for when an unknown person changed the content")
    )
    siblings: Fact[tuple[Sibling, ...]] = field(
        default_factory=lambda: NotApplicable(why="only asked for when the owner is new")
    )
    refs: Fact[Refs] = field(default_factory=lambda: NotApplicable(why="only collected when a rule needs it"))
    copy_source: Fact[CopySource] = field(
        default_factory=lambda: NotApplicable(why="it does not say that it is a copy")
    )


async def relatives(seen: Seen, session: HubSession, *, refs: bool = False) -> Relatives:
    """Ask what the evidence gives an occasion for, all at once. ``refs`` asks for these in any case."""
    nothing = Relatives()
    if seen.info is None:
        return nothing
    members, siblings, found_refs, source = await asyncio.gather(
        _members(seen, session, nothing.members),
        _siblings(seen, session, nothing.siblings),
        _refs(seen, session, nothing.refs, wanted=refs),
        _copy_source(seen, session, nothing.copy_source),
    )
    return Relatives(members, siblings, found_refs, source)


async def known(asking: Awaitable[T]) -> Known[T] | Unavailable:
    """The answer as a fact; an error as its absence."""
    try:
        return Known(value=await asking)
    except HubError as error:
        return error.as_unavailable()


async def _members(seen: Seen, session: HubSession, none: Fact[tuple[str, ...]]) -> Fact[tuple[str, ...]]:
    if seen.publisher is None or not wants_members(seen.publisher, seen.history, seen.entries, seen.now):
        return none
    return await known(session.organization_members(seen.publisher.name))


async def _siblings(seen: Seen, session: HubSession, none: Fact[tuple[Sibling, ...]]) -> Fact[tuple[Sibling, ...]]:
    if seen.publisher is None or not wants_siblings(seen.publisher, seen.now):
        return none
    return await known(_listed(seen.publisher.name, session))


async def _listed(owner: str, session: HubSession) -> tuple[Sibling, ...]:
    return tuple(
        Sibling(
            id=info.id,
            created_at=info.created_at,
            downloads=info.downloads,
            likes=info.likes,
            base_models=info.base_models,
        )
        for info in await session.models_of(owner, _SIBLINGS)
    )


async def _refs(seen: Seen, session: HubSession, none: Fact[Refs], *, wanted: bool) -> Fact[Refs]:
    if not (wanted or wants_refs(seen.ref, seen.history, seen.entries)):
        return none
    found = await known(session.refs(seen.ref))
    if not isinstance(found, Known) or not _may_be_requested(seen, found.value):
        return found
    accepted = await _is_accepted(seen, session, found.value)
    return Known(value=found.value.model_copy(update={"accepted": accepted}))


def _may_be_requested(seen: Seen, refs: Refs) -> bool:
    """Whether the pinned commit may be of a pull request without being its head."""
    commits = seen.history.commits if seen.history else ()
    heads = {ref.target for ref in (*refs.branches, *refs.tags, *refs.pull_requests)}
    return seen.ref.is_pinned and bool(commits and refs.pull_requests) and commits[0].id not in heads


async def _is_accepted(seen: Seen, session: HubSession, refs: Refs) -> bool | None:
    """Whether one of the branches has the commit in its history, as far back as that is told."""
    commit = seen.history.commits[0] if seen.history else None
    if commit is None or len(refs.branches) > _BRANCHES:
        return None
    asked = [known(session.history(seen.ref, branch.target)) for branch in refs.branches]
    histories = [value_of(answer) for answer in await asyncio.gather(*asked)]
    if any(history and any(other.id == commit.id for other in history.commits) for history in histories):
        return True
    return False if all(history and _reaches(history, commit) for history in histories) else None


def _reaches(history: History, commit: Commit) -> bool:
    """Whether the listed part goes back beyond the commit."""
    last = history.commits[-1].date if history.commits else None
    return history.complete or bool(last and commit.date and days_between(last, commit.date) > 0)


async def _copy_source(seen: Seen, session: HubSession, none: Fact[CopySource]) -> Fact[CopySource]:
    claim = claimed_origin(seen.ref, seen.info, seen.history) if seen.info else None
    return await known(_original(claim, seen, session)) if claim else none


async def _original(claim: Claim, seen: Seen, session: HubSession) -> CopySource:
    """The original as it is now; where its later changes could explain a difference, when these were made."""
    namespace, _, name = claim.id.rpartition("/")
    ref = RepoRef(type=seen.ref.type, namespace=namespace or None, name=name)
    answer = await session.info(ref)
    source = CopySource(id=claim.id, claimed_in=claim.claimed_in, info=answer.info, files=answer.files)
    paths = [path for path in compare_files(seen.entries, answer.files.entries).different if is_content(path)]
    copied = duplicated_from(seen.history) if seen.history else None
    commit = answer.info.sha
    if not paths or copied is None or commit is None or not changed_since(source, copied[1].date):
        return source
    changed = await known(session.paths_info(ref, commit, paths[:_COMPARED_PATHS]))
    return source.model_copy(update={"changed": value_of(changed) or ()})
