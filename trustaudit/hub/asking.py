"""From a question to its answer: cache first, then the exchange, hops noted, errors raised."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from trustaudit.errors import BadAnswerError, HubError, RedirectRefusedError
from trustaudit.hub.answers import decode_json, request_id
from trustaudit.hub.cache import AnswerCache, Entry
from trustaudit.hub.exchange import Answer, Exchange, Request, Span
from trustaudit.hub.files import bare_etag
from trustaudit.hub.hops import Check, store_error, travel
from trustaudit.hub.meter import Account
from trustaudit.hub.questions import Question
from trustaudit.hub.redirects import Endpoint
from trustaudit.hub.status import Subject, check
from trustaudit.settings import Settings

if TYPE_CHECKING:
    from trustaudit.snapshot import Redirect

T = TypeVar("T")

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_KEPT_HEADERS = ("link", "x-total-count", "x-repo-commit", "x-error-code", "x-error-message", "content-type")


class Shared(Struct, frozen=True):
    """What all audits of a run have in common."""

    settings: Settings
    endpoint: Endpoint
    exchange: Exchange
    cache: AnswerCache
    now: Callable[[], datetime]
    authenticated: bool
    ahead: dict[str, Ahead] = field(default_factory=dict)
    """Questions that were sent before anybody asked them, by their keys."""


class Ahead(Struct, frozen=True):
    """A question on its way, and what it costs."""

    reply: asyncio.Task[Reply]
    account: Account


class Reply(Struct, frozen=True):
    """An answer and where it came from. ``stored`` is None unless it is from the cache."""

    answer: Answer
    key: str
    hops: tuple[Redirect, ...] = ()
    stored: datetime | None = None
    elsewhere: bool = False


class Told(Struct, Generic[T], frozen=True):
    """What an answer says. ``more`` when it announces a next page, ``next`` the question for it
    if that may be asked.
    """

    value: T
    reply: Reply
    more: bool = False
    next: Question | None = None


class Address(Struct, frozen=True):
    """What is said where a file is: the commit (None: nothing), the file's SHA-256 or git id in hex, or that it is not.

    ``digest`` is empty where none is told. A SHA-256 is told of large files, a git id of small ones.
    """

    commit: str | None
    digest: str = ""
    missing: bool = False


class Asker(Struct):
    """Asks on behalf of one audit. Answers that can change are not older than ``since``, where that is set."""

    shared: Shared
    account: Account
    redirects: list[Redirect] = field(default_factory=list)
    since: datetime | None = None

    async def json(
        self,
        question: Question,
        read: Callable[[Any], T],
        lifetime: Callable[[T], timedelta | None] | None = None,
    ) -> Told[T]:
        """What the answer says. Only answers that ``read`` accepts are kept in the cache."""
        reply = await self.ask(question)
        try:
            told = self._told(question, reply, read)
        except BadAnswerError:
            if reply.stored is None or self.shared.settings.offline:
                raise
            self.shared.cache.drop(reply.key)  # kept by a version that read it differently
            reply = await self._fetch(question, reply.key)
            told = self._told(question, reply, read)
        self._keep(question, reply, lifetime(told.value) if lifetime else question.lifetime)
        return told

    async def ask(self, question: Question, *, pin: Check | None = None) -> Reply:
        """The answer, whatever its status. Its redirects become facts of this audit."""
        key = self._key(question)
        ahead = self.shared.ahead.pop(key, None) if self.since is None and not question.fresh else None
        if ahead is None:
            reply = await self._answer(question, key, pin)
        else:
            if not ahead.reply.done():  # an answer that lies here already cost the audit no time
                self.account.time.began_with(ahead.account.time)
            try:
                reply = await ahead.reply
            finally:
                self.account.meter.add(ahead.account.meter)
        self.note(reply.hops)
        return reply

    def ask_ahead(self, question: Question) -> None:
        """Send a question before anybody asks it, once. Who asks it next gets the answer, and pays for it."""
        key = self._key(question)
        if key not in self.shared.ahead:
            self.shared.ahead[key] = Ahead(asyncio.ensure_future(self._answer(question, key)), self.account)

    async def _answer(self, question: Question, key: str, pin: Check | None = None) -> Reply:
        entry = self._cached(question, key)
        reply = _from_entry(entry, key) if entry is not None else None
        if reply is None:
            return await self._fetch(question, key, pin)
        if reply.stored is not None:
            self.account.meter.from_cache(reply.stored)
        return reply

    def _cached(self, question: Question, key: str) -> Entry | None:
        offline = self.shared.settings.offline
        if question.fresh and not offline:
            return None
        entry = self.shared.cache.get(key, any_age=offline)
        changes = question.lifetime is not None
        old = entry is not None and self.since is not None and entry.stored < self.since
        return None if old and changes and not offline else entry

    async def whole(self, question: Question, *, pin: Check | None = None) -> bytes:
        """The bytes of a file. Kept for good when the question names a commit."""
        reply = await self.ask(question, pin=pin)
        if reply.elsewhere and reply.answer.status != HTTPStatus.OK:
            raise store_error(reply.answer, question.name)
        answer = check(reply.answer, self._subject(question))
        if answer.status != HTTPStatus.OK:
            raise BadAnswerError(f"status {answer.status} for all of {question.name}")
        self._keep(question, reply, question.lifetime)
        return answer.body

    async def address(self, question: Question) -> Address:
        """What the first answer for a file's address says; its redirect is not followed."""
        shared = self.shared
        request = Request(
            shared.endpoint.url(question.path), bound=question.bound, bucket=question.bucket, span=Span(0, 0)
        )
        answer = await shared.exchange.send(request, self.account)
        commit = answer.header("x-repo-commit").strip().lower()
        if _COMMIT.fullmatch(commit):
            missing = answer.status == HTTPStatus.NOT_FOUND
            return Address(commit, "" if missing else _digest(answer), missing=missing)
        if not answer.is_redirect:
            check(answer, self._subject(question))
        return Address(None)

    def note(self, hops: tuple[Redirect, ...]) -> None:
        """Remember redirects, each once."""
        self.redirects.extend(hop for hop in hops if hop not in self.redirects)

    def _told(self, question: Question, reply: Reply, read: Callable[[Any], T]) -> Told[T]:
        try:
            value = read(decode_json(check(reply.answer, self._subject(question))))
        except HubError as error:
            error.request_id = error.request_id or request_id(reply.answer)
            raise
        endpoint = self.shared.endpoint
        try:
            url = endpoint.next_page(endpoint.url(question.path), reply.answer)
        except (RedirectRefusedError, BadAnswerError):
            return Told(value, reply, more=True)
        return Told(value, reply, url is not None, self._page(question, url) if url else None)

    def _page(self, question: Question, url: str) -> Question | None:
        query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        onward = replace(question, path=self.shared.endpoint.path_of(url), query=query)
        return onward if onward.path.startswith("/api/") and onward != question else None

    async def _fetch(self, question: Question, key: str, pin: Check | None = None) -> Reply:
        shared = self.shared
        request = Request(
            shared.endpoint.url(question.path, question.query),
            bound=question.bound,
            bucket=question.bucket,
            method="POST" if question.body else "GET",
            body=question.body,
        )
        arrival = await travel(shared.exchange, shared.endpoint, request, self.account, pin)
        reply = Reply(arrival.answer, key, arrival.hops, elsewhere=arrival.elsewhere)
        if reply.answer.status != HTTPStatus.OK:
            self._keep(question, reply, question.lifetime)
        return reply

    def _keep(self, question: Question, reply: Reply, lifetime: timedelta | None) -> None:
        if reply.stored is not None or reply.answer.status not in question.kept_statuses:
            return
        now = self.shared.now()
        answer = reply.answer
        meta = {
            "status": answer.status,
            "headers": {name: answer.header(name) for name in _KEPT_HEADERS if answer.header(name)},
            "hops": [[hop.status, hop.from_path, hop.to_path] for hop in reply.hops],
        }
        expires = now + lifetime if lifetime is not None else None
        self.shared.cache.put(reply.key, Entry(meta, answer.body, now, expires))

    def _key(self, question: Question) -> str:
        """Answers of different Hubs and different tokens never mix."""
        settings = self.shared.settings
        token = hashlib.sha256(settings.token.encode()).hexdigest() if settings.token else "anonymous"
        body = question.body.decode("utf-8", "replace")
        return json.dumps([settings.endpoint, token, question.path, sorted(question.query), body])

    def _subject(self, question: Question) -> Subject:
        return Subject(question.about, question.name, self.shared.authenticated)


def _digest(answer: Answer) -> str:
    told = bare_etag(answer.header("x-linked-etag"))
    return told if _DIGEST.fullmatch(told) else ""


def _from_entry(entry: Entry, key: str) -> Reply | None:
    """A cache entry as a reply; None when its description does not hold."""
    from trustaudit.snapshot import Redirect  # noqa: PLC0415 - the first question does not wait for it

    try:
        hops = tuple(Redirect(status=s, from_path=f, to_path=t) for s, f, t in entry.meta["hops"])
        headers = {str(name): str(value) for name, value in entry.meta["headers"].items()}
        answer = Answer(int(entry.meta["status"]), headers, entry.body)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Reply(answer, key, hops, entry.stored)
