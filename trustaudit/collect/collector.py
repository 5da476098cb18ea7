"""RepoRef in, Snapshot out. Three round trips for an ordinary model; one commit for everything.

    info  →  tree ‖ history ‖ publisher ‖ file contents

The contents start from the file list of the info answer, so they do not wait for the tree.
One failing fact becomes ``Unavailable`` and never takes the others with it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar

from msgspec import Struct, field

from trustaudit.collect.contents import Contents, read_contents
from trustaudit.collect.plan import Plan, by_importance
from trustaudit.collect.relatives import Relatives, Seen, known, relatives
from trustaudit.errors import RevisionNotFoundError
from trustaudit.facts import Fact, Known, NotApplicable, Reason, Unavailable, value_of
from trustaudit.filefacts import Provenance
from trustaudit.hub.session import HubSession, InfoAnswer, OwnerKind
from trustaudit.knowledge.names import load_publishers
from trustaudit.refs import DEFAULT_BRANCH, RepoRef
from trustaudit.snapshot import Cost, FileEntry, FileList, History, Publisher, RepoInfo, ScanRollup, Snapshot

T = TypeVar("T")

_KINDS: dict[str, OwnerKind] = {"org": "organization", "user": "user"}

# Reasons after which no other question about the repository can be answered either.
_HOPELESS = frozenset(
    {
        Reason.MISSING_OR_PRIVATE,
        Reason.REVISION_NOT_FOUND,
        Reason.UNAUTHORIZED,
        Reason.UNREACHABLE,
        Reason.OFFLINE,
        Reason.NOT_RECORDED,
        Reason.RATE_LIMITED,
        Reason.REDIRECT_REFUSED,
    }
)


_UNSUSPECTED = frozenset({"safe", "unscanned", "queued", "error"})
"""The Hub's words for a file that no scanner has said anything against."""


class _Collected(Struct, frozen=True):
    """The answers of one pass, before they become a snapshot."""

    commit: str | None
    info: Fact[RepoInfo]
    files: Fact[FileList]
    history: Fact[History]
    publisher: Fact[Publisher]
    contents: Contents
    provenance: Provenance = field(default_factory=Provenance)
    listed: bool = False
    """Whether info is from a list page, which has no scan roll-up."""


class _Extras(Struct, frozen=True):
    """What is settled after the pass."""

    scan: Fact[ScanRollup]
    relatives: Relatives
    cost: Cost


async def collect(ref: RepoRef, session: HubSession, plan: Plan, *, requested: str = "") -> Snapshot:
    """All facts of ``ref`` that ``plan`` asks for. Never raises HubError: absences are facts."""
    started = time.monotonic()
    found = await _pass(ref, session, plan)
    moved = _moved(found)
    if moved:
        found = await _pass(ref, session, plan, fresh=True)
        moved = _moved(found)
    scan, around = await asyncio.gather(_scan(ref, session, found), _relatives(ref, session, plan, found))
    extras = _Extras(scan, around, _cost(session, found, round(time.monotonic() - started, 3)))
    return _snapshot(ref, session, found, extras, requested or str(ref), moved=moved)


async def _relatives(ref: RepoRef, session: HubSession, plan: Plan, found: _Collected) -> Relatives:
    """What lies around the repository, where the evidence asks for it. Ancestors are not worth such requests."""
    info = value_of(found.info)
    if plan.frugal or info is None or found.commit is None:
        return Relatives()
    seen = Seen(
        ref=canonical(ref, info),
        info=info,
        files=value_of(found.files),
        history=value_of(found.history),
        publisher=value_of(found.publisher),
        now=session.now(),
    )
    return await relatives(seen, session, refs=plan.refs)


async def _pass(ref: RepoRef, session: HubSession, plan: Plan, *, fresh: bool = False) -> _Collected:
    """One walk over info, then everything else pinned to its commit."""
    answer = await known(session.info(ref, fresh=fresh))
    if isinstance(answer, Unavailable):
        return await _without_info(ref, session, answer)
    commit = answer.value.info.sha
    if commit is None:
        return await _unpinned(ref, session, answer.value)
    return await _pinned(ref, session, plan, answer.value, commit)


async def _pinned(ref: RepoRef, session: HubSession, plan: Plan, answer: InfoAnswer, commit: str) -> _Collected:
    target = canonical(ref, answer.info)
    listed = any(entry.size is not None for entry in answer.files.entries)
    (tree, history, publisher), (contents, provenance) = await asyncio.gather(
        _answers(_Asked(target, session, plan, commit, answer)),
        _bytes(target, session, plan, commit, answer) if listed else _no_bytes(),
    )
    if answer.listed and not (isinstance(tree, Known) and tree.value.complete):
        answer = await _told_by_itself(ref, session, answer)  # for what the tree does not tell of the files
    files = _files(tree, answer.files)
    if not listed and isinstance(files, Known):  # a mirror that ignores blobs=true: only the tree has sizes
        sized = InfoAnswer(info=answer.info, files=files.value)
        contents, provenance = await _bytes(target, session, plan, commit, sized)
    info = Known[RepoInfo](value=answer.info)
    return _Collected(commit, info, files, history, publisher, contents, provenance, answer.listed)


_Answers = tuple[Known[FileList] | Unavailable, Fact[History], Fact[Publisher]]


class _Asked(Struct, frozen=True):
    """What is asked of one repository after its info."""

    ref: RepoRef
    session: HubSession
    plan: Plan
    commit: str
    answer: InfoAnswer

    async def tree(self, pages: int | None = None) -> Known[FileList] | Unavailable:
        names = by_importance(entry.path for entry in self.answer.files.entries)
        return await known(self.session.tree(self.ref, self.commit, pages=pages, names=names))

    async def history(self) -> Known[History] | Unavailable:
        return await known(self.session.history(self.ref, self.commit))

    async def publisher(self) -> Fact[Publisher]:
        return await _publisher(self.ref, self.session)


async def _answers(asked: _Asked) -> _Answers:
    if asked.plan.frugal:
        return await _frugally(asked)
    if asked.plan.thrifty and not asked.session.knows_publisher(asked.ref.namespace or ""):
        tree, (history, publisher) = await asyncio.gather(asked.tree(), _one_by_one(asked))
        return tree, history, publisher
    return await asyncio.gather(asked.tree(), asked.history(), asked.publisher())


async def _one_by_one(asked: _Asked) -> tuple[Fact[History], Fact[Publisher]]:
    """The history first: who commits tells which kind of owner to ask for."""
    history = await asked.history()
    return history, await asked.publisher()


async def _frugally(asked: _Asked) -> _Answers:
    """Within four requests: a user as owner costs two, and then the history is what can best be done without.

    Where the cache knew everything else, it is done without again: what was audited once costs nothing.
    """
    tree, publisher = await asyncio.gather(asked.tree(pages=1), asked.publisher())
    if not asked.session.meter.api_requests:
        asked.session.ask_no_more()
    return tree, await asked.history(), publisher


async def _told_by_itself(ref: RepoRef, session: HubSession, answer: InfoAnswer) -> InfoAnswer:
    """The info answer of its own, for a repository known from a list; what is known where that fails, or is newer."""
    told = await known(session.info(ref))
    return told.value if isinstance(told, Known) and told.value.info.sha == answer.info.sha else answer


async def _bytes(
    target: RepoRef, session: HubSession, plan: Plan, commit: str, answer: InfoAnswer
) -> tuple[Contents, Provenance]:
    """What is inside files. Provenance second: it needs whole small files, which the first leaves in the cache."""
    contents = await read_contents(target, session, plan, commit, answer)
    if not plan.contents or plan.frugal:
        return contents, Provenance()
    from trustaudit.collect.provenance import read_provenance  # noqa: PLC0415 - no part of asking the first question

    return contents, await read_provenance(target, session, commit, answer.files)


async def _no_bytes() -> tuple[Contents, Provenance]:
    return Contents(), Provenance()


async def _unpinned(ref: RepoRef, session: HubSession, answer: InfoAnswer) -> _Collected:
    """A Hub that names no commit: nothing can be pinned, so only info and owner are asked."""
    gone = Unavailable(reason=Reason.NOT_PROVIDED, detail="this Hub names no commit for the repository")
    target = canonical(ref, answer.info)
    publisher = await _publisher(target, session)
    return _Collected(None, Known(value=answer.info), Known(value=answer.files), gone, publisher, Contents())


async def _without_info(ref: RepoRef, session: HubSession, why: Unavailable) -> _Collected:
    """Info failed. Unless that settles it, the history still names a commit to look at."""
    if why.reason in _HOPELESS:
        return _Collected(None, why, why, why, why, Contents())
    history = await known(session.history(ref, ref.revision or DEFAULT_BRANCH))
    commits = history.value.commits if isinstance(history, Known) else ()
    commit = commits[0].id if commits else None
    publisher = await _publisher(ref, session)
    tree = await known(session.tree(ref, commit)) if commit else why
    return _Collected(commit, why, tree, history, publisher, Contents())


async def _publisher(ref: RepoRef, session: HubSession) -> Fact[Publisher]:
    if ref.namespace is None:
        return NotApplicable(why="a root-level id has no owner")
    record = load_publishers().get(ref.namespace.casefold())
    likely: OwnerKind | None = None if record is None else _KINDS.get(record.kind)
    return await known(session.publisher(ref.namespace, likely=likely))


async def _scan(ref: RepoRef, session: HubSession, found: _Collected) -> Fact[ScanRollup]:
    """The roll-up of the info answer; asked for only when no file has scan results either.

    A list page leaves it out. It is asked for where a file has no verdict of its own, for which it may have
    one, and where a file has a bad one, so that everything is known of what is accused.
    """
    info = value_of(found.info)
    if info is not None and info.scan is not None:
        return Known(value=info.scan)
    entries = found.files.value.entries if isinstance(found.files, Known) else ()
    if entries and (all(map(_is_unsuspected, entries)) if found.listed else any(map(_is_scanned, entries))):
        return NotApplicable(why="every file carries its own scan results")
    if found.commit is None:
        return found.info if isinstance(found.info, Unavailable) else Unavailable(reason=Reason.NOT_PROVIDED)
    if found.listed and not all(map(_is_scanned, entries)):
        session.verdicts_missing()
    return await known(session.scan(ref))


def _is_scanned(entry: FileEntry) -> bool:
    return isinstance(entry.scans, Known)


def _is_unsuspected(entry: FileEntry) -> bool:
    return isinstance(entry.scans, Known) and entry.scans.value.status in _UNSUSPECTED


def canonical(ref: RepoRef, info: RepoInfo) -> RepoRef:
    """``ref`` under the id the Hub answered with, so that later requests are not redirected."""
    namespace, _, name = info.id.rpartition("/")
    return RepoRef(type=ref.type, namespace=namespace or None, name=name, revision=ref.revision)


def _files(tree: Known[FileList] | Unavailable, siblings: FileList) -> Fact[FileList]:
    """The tree; without it the names of the info answer, with the reason kept beside them.

    Files that a tree of many pages did not get to are taken from the info answer, which has no pages.
    """
    if isinstance(tree, Known):
        return tree if tree.value.complete else Known(value=_completed(tree.value, siblings))
    if not siblings.entries:
        return tree
    blind = tuple(entry.model_copy(update={"scans": tree}) for entry in siblings.entries)
    return Known(value=FileList(entries=blind, source="siblings", complete=siblings.complete, problem=tree))


def _completed(tree: FileList, siblings: FileList) -> FileList:
    seen = {entry.path for entry in tree.entries}
    rest = [entry for entry in siblings.entries if entry.path not in seen]
    entries = tuple(sorted([*tree.entries, *rest], key=lambda entry: entry.path))
    return tree.model_copy(update={"entries": entries, "complete": siblings.complete})


def _moved(found: _Collected) -> bool:
    """Whether two answers belong to different commits, as when a branch moves or is squashed."""
    history = value_of(found.history)
    if found.commit and history and history.commits and history.commits[0].id != found.commit:
        return True
    listing = value_of(found.files)
    problem = listing.problem if listing is not None else None
    return problem is not None and problem.reason is RevisionNotFoundError.reason


def _snapshot(  # noqa: PLR0913 - the parts of a snapshot
    ref: RepoRef, session: HubSession, found: _Collected, extras: _Extras, requested: str, *, moved: bool
) -> Snapshot:
    return Snapshot(
        ref=ref,
        requested=requested,
        endpoint=session.endpoint,
        collected_at=session.now(),
        commit=found.commit,
        moved=moved,
        authenticated=session.authenticated,
        redirects=tuple(dict.fromkeys(session.redirects)),
        info=found.info,
        files=found.files,
        history=found.history,
        publisher=found.publisher,
        scan=extras.scan,
        refs=extras.relatives.refs,
        members=extras.relatives.members,
        copy_source=extras.relatives.copy_source,
        siblings=extras.relatives.siblings,
        provenance=found.provenance,
        cost=extras.cost,
        file_facts=found.contents.facts,
        not_inspected=found.contents.not_inspected,
    )


def _cost(session: HubSession, found: _Collected, seconds: float) -> Cost:
    listing = value_of(found.files)
    total = sum(entry.size or 0 for entry in listing.entries) if listing is not None else None
    return session.meter.cost(repo_bytes=total, seconds=seconds)
