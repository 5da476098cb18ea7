"""HubSession: what one audit may ask of the Hub. Raises nothing but HubError."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from trustaudit.errors import (
    AnswerTooLargeError,
    BadAnswerError,
    BadRequestError,
    BudgetSpentError,
    EntryNotFoundError,
    HubTroubleError,
    NotImplementedByHubError,
    NotRecordedError,
    OfflineError,
)
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Address, Asker, Reply, Shared, Told
from trustaudit.hub.files import Pin, shown_path
from trustaudit.hub.info import InfoAnswer, ask_info, first_accepted, reader
from trustaudit.hub.meter import Account, Meter
from trustaudit.hub.publishers import OwnerKind, is_name
from trustaudit.hub.questions import Question
from trustaudit.hub.ranges import RemoteFile
from trustaudit.hub.run_answers import RunAnswers
from trustaudit.hub.scans import is_settled
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Commit, FileEntry, FileList, History, Publisher, Redirect, Refs, RepoInfo, ScanRollup

__all__ = ["HubSession", "InfoAnswer", "OwnerKind"]

_MAX_COUNT_DIGITS = 12
_MAX_LIST_PAGES = 200

_NO_PATHS_INFO = (
    AnswerTooLargeError,
    BadAnswerError,
    BadRequestError,
    EntryNotFoundError,
    HubTroubleError,
    NotImplementedByHubError,
    NotRecordedError,
    OfflineError,
)
"""After these a Hub, a recording or a cache may still have the pages of the tree."""


class HubSession:
    """One audit's view of a Hub: counts, deadline and redirects are its own."""

    def __init__(
        self,
        shared: Shared,
        run: RunAnswers,
        questions_left: int | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        settings = shared.settings
        self._shared, self._run = shared, run
        account = Account(
            settings.audit_timeout, settings.audit_bytes, questions_left, quota_seconds=settings.quota_seconds
        )
        self._asker = Asker(shared, account, since=since)

    @property
    def meter(self) -> Meter:
        """What was spent so far."""
        return self._asker.account.meter

    @property
    def redirects(self) -> list[Redirect]:
        """The hops the Hub sent us along, each once, in order."""
        return self._asker.redirects

    @property
    def endpoint(self) -> str:
        """The Hub's address."""
        return self._shared.settings.endpoint

    @property
    def authenticated(self) -> bool:
        """Whether questions go out with a token."""
        return self._shared.authenticated

    def ask_no_more(self) -> None:
        """From here on the Hub's API is not asked: what is not in the cache is not known."""
        self._asker.account.questions = 0

    def now(self) -> datetime:
        """The present, or in replay mode the time of the recording."""
        return self._shared.now()

    def get_blob(self, key: str) -> bytes | None:
        """What an earlier audit kept under that key, or None."""
        return self._run.blobs.get(key) or self._shared.cache.get_blob(key)

    def put_blob(self, key: str, data: bytes) -> None:
        """Keep bytes for later audits. The key must name their content and its version."""
        self._run.blobs.put(key, data)
        self._shared.cache.put_blob(key, data)

    def turn(self, key: str) -> AbstractAsyncContextManager[None]:
        """Wait for another audit of this run that is about to put that key."""
        return self._run.blobs.turn(key)

    async def info(self, ref: RepoRef, *, fresh: bool = False) -> InfoAnswer:
        """Repository facts at ``ref.revision`` (the default branch when None).

        Of a repository that ``Hub.expect`` was told of, they may come from a list page of its owner
        (``listed``), asked in this run. ``fresh``: neither from there nor from the cache.
        """
        found = None if fresh else await self._run.listings.find(ref, self._asker)
        return found or await ask_info(ref, self._asker, fresh=fresh)

    def pass_on(self, ref: RepoRef, answer: InfoAnswer) -> None:
        """Keep an answer for the next who asks for this model's info in this run."""
        self._run.listings.give(ref, answer, self.now())

    async def tree(self, ref: RepoRef, commit: str, *, pages: int | None = None, names: Sequence[str] = ()) -> FileList:
        """All files at the commit with scanner verdicts.

        ``complete`` is False when there is more than ``pages`` pages (the setting ``tree_pages``
        unless given), or a page that may not be asked for. A Hub that refuses ``expand`` is asked
        without: verdicts are then unavailable. ``names``: all files by another answer, what matters
        first; where these are fewer questions than pages, they are asked for by name.
        """
        most = pages or self._shared.settings.tree_pages
        if len(set(names)) == len(names) and questions.are_fewer_by_name(names, most):
            listing = await self._by_name(ref, commit, names[: most * questions.PATHS_PER_QUESTION])
            if listing is not None:
                return listing.model_copy(update={"complete": len(listing.entries) == len(names)})
        return await self._by_page(ref, commit, most)

    async def _by_page(self, ref: RepoRef, commit: str, pages: int) -> FileList:
        question = questions.tree(ref, commit)
        asked = (question, question.without("expand"))
        told = await first_accepted(
            self._asker, asked, _entries, BadRequestError, NotImplementedByHubError, keep=_tree_lifetime
        )
        found, read = list(told.value), 1
        while told.next is not None and read < pages:
            try:
                told = await self._asker.json(told.next, _entries, _tree_lifetime)
            except BudgetSpentError:
                break  # the pages that came are worth more than none
            found.extend(told.value)
            read += 1
        return FileList(entries=convert.by_path(found), complete=not told.more)

    async def _by_name(self, ref: RepoRef, commit: str, names: Sequence[str]) -> FileList | None:
        """These files; None when the Hub does not tell of each, so that nothing it withholds is missed."""
        try:
            entries = await self.paths_info(ref, commit, names)
        except _NO_PATHS_INFO:
            return None
        return FileList(entries=entries) if [entry.path for entry in entries] == sorted(names) else None

    async def paths_info(self, ref: RepoRef, commit: str, paths: Sequence[str]) -> tuple[FileEntry, ...]:
        """Those of ``paths`` that exist at the commit, with scanner verdicts."""
        found: list[FileEntry] = []
        for start in range(0, len(paths), questions.PATHS_PER_QUESTION):
            some = paths[start : start + questions.PATHS_PER_QUESTION]
            question = questions.paths_info(ref, commit, some)
            found.extend((await self._asker.json(question, _entries, _tree_lifetime)).value)
        return convert.by_path(found)

    async def history(self, ref: RepoRef, commit: str) -> History:
        """Commits up to the commit, newest first, at most ``history_limit``."""
        limit = self._shared.settings.history_limit
        read = reader(wire.COMMITS)
        told = await self._asker.json(questions.commits(ref, commit, limit), read)
        total = _total(told.reply)
        found = list(told.value)
        for _ in range(limit // questions.FEWEST_COMMITS):  # a Hub may give fewer at a time than it was asked for
            if told.next is None or not told.value or len(found) >= limit:
                break
            told = await self._asker.json(told.next, read)
            found.extend(told.value)
        commits = tuple(convert.commit(item) for item in found[:limit])
        if ref.namespace is not None:
            names = {author.name for commit in commits for author in commit.authors}
            self._run.publishers.kinds.committed(ref.namespace, names)
        return History(commits=commits, total=total, complete=_is_complete(commits, total, told))

    async def refs(self, ref: RepoRef) -> Refs:
        """Branches, tags, conversions and pull requests."""
        return convert.refs((await self._asker.json(questions.refs(ref), reader(wire.REFS))).value)

    async def commit_of(self, ref: RepoRef, revision: str, path: str) -> str | None:
        """The commit a branch or tag points to, from the address of a file: no API request, and not followed.

        None when the answer names none. RevisionNotFoundError when there is no such revision.
        """
        return (await self.address(ref, revision, path)).commit

    async def address(self, ref: RepoRef, revision: str, path: str) -> Address:
        """As ``commit_of``, and by which hash the file goes there, or that there is none."""
        return await self._asker.address(questions.address(ref, revision, path))

    async def scan(self, ref: RepoRef) -> ScanRollup:
        """The repository's scan state at its head."""
        told = await self._asker.json(questions.scan(ref), reader(wire.ROLLUP))
        return convert.scan_rollup(told.value)

    async def publisher(self, name: str, *, likely: OwnerKind | None = None) -> Publisher:
        """The owner of a namespace. OwnerNotFoundError when it is neither user nor organization."""
        return await self._run.publishers.find(name, likely, self._asker)

    def expect_owner(self, name: str, kind: OwnerKind) -> None:
        """What the owner was when somebody last looked: which of two questions is asked first, nothing more."""
        self._run.publishers.kinds.told(kind, (name,))

    def knows_publisher(self, name: str) -> bool:
        """Whether this run has asked for the owner already."""
        return self._run.publishers.is_known(name)

    def verdicts_missing(self) -> None:
        """The tree had no verdict on a file of a repository known from a list page: pages save nothing there."""
        self._run.listings.blind()

    async def organization_members(self, name: str) -> tuple[str, ...]:
        """Logins of the public members, first page. Asked once per run."""
        if not is_name(name):
            return ()
        members, _ = await self._run.members.get(name.casefold(), lambda: self._members(name), self._asker)
        return members

    async def _members(self, name: str) -> tuple[str, ...]:
        told = await self._asker.json(questions.members(name), reader(wire.MEMBERS))
        names = tuple(member.name for member in told.value)
        self._run.publishers.kinds.told("user", names)
        return names

    async def models_of(self, author: str, limit: int) -> tuple[RepoInfo, ...]:
        """Up to ``limit`` models of an owner, as listed. Asked once per run."""

        async def listed() -> tuple[RepoInfo, ...]:
            return tuple([info async for info in self.list_repos(RepoType.MODEL, author=author, limit=limit)])

        models, _ = await self._run.models.get(f"{limit} {author.casefold()}", listed, self._asker)
        return models

    async def list_repos(  # noqa: PLR0913 - one keyword per filter of the Hub
        self,
        repo_type: RepoType,
        *,
        author: str | None = None,
        search: str | None = None,
        sort: str | None = None,
        limit: int = 100,
        expand: Sequence[str] = (),
        pages: int = _MAX_LIST_PAGES,
    ) -> AsyncIterator[RepoInfo]:
        """Up to ``limit`` repositories, page by page. Most keys are only there with ``expand``."""
        filters = (("author", author), ("search", search), ("sort", sort))
        given = tuple((name, value) for name, value in filters if value is not None)
        question: Question | None = questions.repos(repo_type, given, limit, expand)
        left = limit
        for _ in range(pages):
            if question is None or left <= 0:
                return
            told = await self._asker.json(question, reader(wire.INFOS))
            for item in told.value[:left]:
                yield convert.repo_info(item)
            left -= len(told.value)
            question = told.next if told.value else None

    async def collection(self, slug: str) -> tuple[tuple[RepoType, str], ...]:
        """Kind and id of each repository of a collection, in its order. Papers and the like are left out."""
        told = await self._asker.json(questions.collection(slug), reader(wire.COLLECTION))
        kinds = {str(kind): kind for kind in RepoType}
        return tuple((kinds[item.type], item.id) for item in told.value.items if item.type in kinds)

    async def read_file(self, ref: RepoRef, commit: str, path: str, *, max_bytes: int) -> bytes:
        """A whole small file. AnswerTooLargeError beyond ``max_bytes``."""
        question = questions.file(ref, commit, path, max_bytes)
        data = await self._asker.whole(question, pin=Pin(commit).check)
        if len(data) > max_bytes:  # kept in the cache by a question with a larger bound
            raise AnswerTooLargeError(f"{shown_path(path)} is larger than {max_bytes:,} bytes")
        return data

    def open_file(self, ref: RepoRef, commit: str, entry: FileEntry) -> RemoteFile:
        """Random access to a file within the byte budgets; nothing is asked before the first read."""
        return RemoteFile(self._asker, ref, commit, entry)


def _entries(value: Any) -> tuple[FileEntry, ...]:  # noqa: ANN401 - JSON
    found = wire.parse(wire.ENTRIES, value)
    return tuple(convert.files(found))


def _tree_lifetime(entries: tuple[FileEntry, ...]) -> timedelta:
    return questions.SETTLED if all(is_settled(entry.scans) for entry in entries) else questions.PENDING


def _total(reply: Reply) -> int | None:
    text = reply.answer.header("x-total-count")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_COUNT_DIGITS else None


def _is_complete(commits: tuple[Commit, ...], total: int | None, told: Told[Any]) -> bool:
    return len(commits) >= total if total is not None else not told.more
