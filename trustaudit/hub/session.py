"""HubSession: what one audit may ask of the Hub. Raises nothing but HubError."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import TypeAdapter

from trustaudit.errors import (
    AnswerTooLargeError,
    BadRequestError,
    BudgetSpentError,
    HubError,
    NotImplementedByHubError,
    RepoNotFoundError,
)
from trustaudit.facts import Frozen
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Asker, Reply, Shared, Told
from trustaudit.hub.files import Pin, shown_path
from trustaudit.hub.meter import Account, Meter
from trustaudit.hub.publishers import OwnerKind, Publishers, is_name
from trustaudit.hub.questions import Question
from trustaudit.hub.ranges import RemoteFile
from trustaudit.hub.scans import is_settled
from trustaudit.refs import DEFAULT_BRANCH, RepoRef, RepoType
from trustaudit.snapshot import Commit, FileEntry, FileList, History, Publisher, Redirect, Refs, RepoInfo, ScanRollup

T = TypeVar("T")

_MAX_COUNT_DIGITS = 12
_MAX_LIST_PAGES = 200


class InfoAnswer(Frozen):
    """The info answer: the repository and its file list (without scanner verdicts)."""

    info: RepoInfo
    files: FileList


class HubSession:
    """One audit's view of a Hub: counts, deadline and redirects are its own."""

    def __init__(
        self,
        shared: Shared,
        publishers: Publishers,
        questions_left: int | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        settings = shared.settings
        self._shared, self._publishers = shared, publishers
        account = Account(settings.audit_timeout, settings.audit_bytes, questions_left)
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

    def now(self) -> datetime:
        """The present, or in replay mode the time of the recording."""
        return self._shared.now()

    def get_blob(self, key: str) -> bytes | None:
        """What an earlier audit kept under that key, or None."""
        return self._shared.cache.get_blob(key)

    def put_blob(self, key: str, data: bytes) -> None:
        """Keep bytes for later audits. The key must name their content and its version."""
        self._shared.cache.put_blob(key, data)

    async def info(self, ref: RepoRef, *, fresh: bool = False) -> InfoAnswer:
        """Repository facts at ``ref.revision`` (the default branch when None).

        ``fresh``: not from the cache. Mirrors that refuse a parameter are asked again with fewer.
        """
        question = replace(questions.info(ref), fresh=fresh)
        fewer = (question, question.without("securityStatus"), question.without("securityStatus", "blobs"))
        try:
            told = await self._first_accepted(dict.fromkeys(fewer), _reader(wire.INFO), BadRequestError)
        except RepoNotFoundError as error:
            if ref.revision is None and _knows_revisions_only(error):
                return await self.info(ref.at(DEFAULT_BRANCH), fresh=fresh)
            raise
        return InfoAnswer(info=convert.repo_info(told.value), files=convert.siblings(told.value))

    async def tree(self, ref: RepoRef, commit: str, *, pages: int | None = None) -> FileList:
        """All files at the commit with scanner verdicts.

        ``complete`` is False when there is more than ``pages`` pages (the setting ``tree_pages``
        unless given), or a page that may not be asked for. A Hub that refuses ``expand`` is asked
        without: verdicts are then unavailable.
        """
        question = questions.tree(ref, commit)
        asked = (question, question.without("expand"))
        told = await self._first_accepted(
            asked, _entries, BadRequestError, NotImplementedByHubError, keep=_tree_lifetime
        )
        found, read = list(told.value), 1
        while told.next is not None and read < (pages or self._shared.settings.tree_pages):
            try:
                told = await self._asker.json(told.next, _entries, _tree_lifetime)
            except BudgetSpentError:
                break  # the pages that came are worth more than none
            found.extend(told.value)
            read += 1
        return FileList(entries=convert.by_path(found), complete=not told.more)

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
        read = _reader(wire.COMMITS)
        told = await self._asker.json(questions.commits(ref, commit, limit), read)
        total = _total(told.reply)
        found = list(told.value)
        for _ in range(limit // questions.FEWEST_COMMITS):  # a Hub may give fewer at a time than it was asked for
            if told.next is None or not told.value or len(found) >= limit:
                break
            told = await self._asker.json(told.next, read)
            found.extend(told.value)
        commits = tuple(convert.commit(item) for item in found[:limit])
        return History(commits=commits, total=total, complete=_is_complete(commits, total, told))

    async def refs(self, ref: RepoRef) -> Refs:
        """Branches, tags, conversions and pull requests."""
        return convert.refs((await self._asker.json(questions.refs(ref), _reader(wire.REFS))).value)

    async def commit_of(self, ref: RepoRef, revision: str, path: str) -> str | None:
        """The commit a branch or tag points to, from the address of a file: no API request, and not followed.

        None when the answer names none. RevisionNotFoundError when there is no such revision.
        """
        return await self._asker.commit_of(questions.address(ref, revision, path))

    async def scan(self, ref: RepoRef) -> ScanRollup:
        """The repository's scan state at its head."""
        told = await self._asker.json(questions.scan(ref), _reader(wire.ROLLUP))
        return convert.scan_rollup(told.value)

    async def publisher(self, name: str, *, likely: OwnerKind | None = None) -> Publisher:
        """The owner of a namespace. OwnerNotFoundError when it is neither user nor organization."""
        return await self._publishers.find(name, likely, self._asker)

    async def organization_members(self, name: str) -> tuple[str, ...]:
        """Logins of the public members, first page."""
        if not is_name(name):
            return ()
        told = await self._asker.json(questions.members(name), _reader(wire.MEMBERS))
        return tuple(member.name for member in told.value)

    async def list_repos(  # noqa: PLR0913 - one keyword per filter of the Hub
        self,
        repo_type: RepoType,
        *,
        author: str | None = None,
        search: str | None = None,
        sort: str | None = None,
        limit: int = 100,
        expand: Sequence[str] = (),
    ) -> AsyncIterator[RepoInfo]:
        """Up to ``limit`` repositories, page by page. Most keys are only there with ``expand``."""
        filters = (("author", author), ("search", search), ("sort", sort))
        given = tuple((name, value) for name, value in filters if value is not None)
        question: Question | None = questions.repos(repo_type, given, limit, expand)
        left = limit
        for _ in range(_MAX_LIST_PAGES):
            if question is None or left <= 0:
                return
            told = await self._asker.json(question, _reader(wire.INFOS))
            for item in told.value[:left]:
                yield convert.repo_info(item)
            left -= len(told.value)
            question = told.next if told.value else None

    async def collection(self, slug: str) -> tuple[tuple[RepoType, str], ...]:
        """Kind and id of each repository of a collection, in its order. Papers and the like are left out."""
        told = await self._asker.json(questions.collection(slug), _reader(wire.COLLECTION))
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

    async def _first_accepted(
        self,
        asked: Sequence[Question] | dict[Question, None],
        read: Callable[[Any], T],
        *refusals: type[HubError],
        keep: Callable[[T], timedelta | None] | None = None,
    ) -> Told[T]:
        """The first question the Hub accepts; the first refusal when it accepts none."""
        refused: HubError | None = None
        for question in asked:
            try:
                return await self._asker.json(question, read, keep)
            except refusals as error:
                refused = refused or error
        raise refused or BadRequestError("nothing was asked")


def _reader(kind: TypeAdapter[T]) -> Callable[[Any], T]:
    return lambda value: wire.parse(kind, value)


def _entries(value: Any) -> tuple[FileEntry, ...]:  # noqa: ANN401 - JSON
    found = wire.parse(wire.ENTRIES, value)
    return tuple(convert.files(found))


def _tree_lifetime(entries: tuple[FileEntry, ...]) -> timedelta:
    return questions.SETTLED if all(is_settled(entry.scans) for entry in entries) else questions.PENDING


def _knows_revisions_only(error: RepoNotFoundError) -> bool:
    """Mirrors of git repositories answer only below ``/revision/``. The public Hub's 401 carries no code."""
    return error.status == HTTPStatus.UNAUTHORIZED and bool(error.code)


def _total(reply: Reply) -> int | None:
    text = reply.answer.header("x-total-count")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_COUNT_DIGITS else None


def _is_complete(commits: tuple[Commit, ...], total: int | None, told: Told[Any]) -> bool:
    return len(commits) >= total if total is not None else not told.more
