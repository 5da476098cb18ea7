"""What a batch knows of its models before it asks for each: list pages of the owners that have several.

One page of ``/api/models?author=`` says of up to 500 models what the info answer would say, but for
three things: sizes and hashes of files (the tree answer has them), the scan roll-up (the tree has
verdicts per file, and where it has none for a file the roll-up is asked for), and redirects. So a
page answers only for an id that stands in it letter by letter; a model that was renamed, made
private or taken off the list is asked for as ever.

A page is believed when this Hub has shown that its pages say what its info answers say: the first
owners' pages are compared with an info answer each. One that differs ends the use of pages for the run.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from trustaudit.errors import BadAnswerError, BadRequestError, HubError, NotImplementedByHubError, RateLimitedError
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Asker
from trustaudit.hub.info import InfoAnswer, ask_info, reader
from trustaudit.hub.once import started, wait
from trustaudit.hub.questions import Question
from trustaudit.refs import DEFAULT_BRANCH, RepoRef, RepoType
from trustaudit.snapshot import RepoInfo

FEWEST = 2
"""Models of an owner, not asked for yet, for which a page is asked: it then saves one request or more."""

HOLDS = timedelta(minutes=10)
"""How old a page may be when it stands for an info answer: it says whether a model is disabled *now*."""

MAX_HELD = 2000
"""Answers of pages kept in memory until somebody asks for them."""

PROOFS = 3
"""Pages compared with an info answer before pages are believed."""

SMALL_PAGE = 100
_SMALL = 20

FIELDS = (
    "author",
    "cardData",
    "config",
    "createdAt",
    "disabled",
    "downloads",
    "gated",
    "gguf",
    "lastModified",
    "library_name",
    "likes",
    "pipeline_tag",
    "private",
    "safetensors",
    "sha",
    "siblings",
    "tags",
    "transformersInfo",
    "usedStorage",
)
"""What is asked for: what the info answer gives by itself and becomes a fact."""

_COUNTED: dict[str, Any] = {"downloads": None, "likes": None, "scan": None}
"""What may differ between two true answers: counts go up all the time, the roll-up is not in lists."""

_TELLING = re.compile(r"^(README\.md|config\.json|[^/]+\.(safetensors|gguf))$")
"""Where ``cardData``, ``config``, ``safetensors`` and ``gguf`` come from."""

_BLIND = 4
"""Models without verdicts in their tree after which the roll-ups asked for eat up what pages save."""

_REFUSALS = (BadRequestError, NotImplementedByHubError, BadAnswerError)
_FAILURES = 3
"""Pages that may fail otherwise before the run does without."""


class _Owner(Struct):
    """One owner's models: those still to be asked for, and what pages said of them."""

    name: str
    wanted: set[str] = field(default_factory=set)
    found: dict[str, tuple[InfoAnswer, datetime]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    next: Question | None = None
    told: datetime | None = None

    @property
    def is_done(self) -> bool:
        """Whether no page is under way."""
        return self.task is None or self.task.done()

    @property
    def is_idle(self) -> bool:
        """Whether a page can be asked for: the first, or one that the last announced."""
        return self.task is None or (self.task.done() and self.next is not None)

    @property
    def missing(self) -> int:
        """How many are neither found nor asked for."""
        return len(self.wanted - self.found.keys())


class Listings(Struct):
    """The list pages of one run. ``usable`` is False where every model has to have an info answer of its own."""

    usable: bool = True
    _owners: dict[str, _Owner] = field(default_factory=dict)
    _held: int = 0
    _proven: int = 0
    _failed: int = 0
    _served: int = 0
    _blind: int = 0
    _trial: asyncio.Lock = field(default_factory=asyncio.Lock)

    def expect(self, refs: Iterable[RepoRef]) -> None:
        """These are going to be asked for."""
        for ref in refs:
            if is_listed(ref) and ref.namespace is not None:
                self._owner(ref.namespace).wanted.add(ref.id)

    async def find(self, ref: RepoRef, asker: Asker) -> InfoAnswer | None:
        """What is known of the repository already; None when it has to be asked for. Each answer is given once."""
        owner = self._owners.get((ref.namespace or "").casefold())
        if owner is None or ref.id not in owner.wanted or ref.type is not RepoType.MODEL:
            return None
        with suppress(HubError):  # then it is asked for by itself, and says what is wrong
            await self._until(owner, ref.id, asker)
        owner.wanted.discard(ref.id)
        return self._taken(owner, ref, asker)

    def give(self, ref: RepoRef, answer: InfoAnswer, told: datetime) -> None:
        """Keep an answer for whoever asks for the repository next."""
        if is_listed(ref) and ref.namespace is not None:
            self.expect((ref,))
            self._hold(self._owner(ref.namespace), ref.id, answer, told)

    def blind(self) -> None:
        """A model of a page had no verdicts in its tree, so its roll-up had to be asked for."""
        self._blind += 1
        if self._blind >= _BLIND and 2 * self._blind > self._served:
            self.usable = False

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        tasks = [owner.task for owner in self._owners.values() if owner.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _owner(self, namespace: str) -> _Owner:
        return self._owners.setdefault(namespace.casefold(), _Owner(namespace))

    def _note(self, error: HubError) -> None:
        if not isinstance(error, RateLimitedError):
            self._failed += _FAILURES if isinstance(error, _REFUSALS) else 1
        self.usable = self.usable and self._failed < _FAILURES

    async def _until(self, owner: _Owner, wanted: str, asker: Asker) -> None:
        """Page on until the repository is found, or another page is not worth its request."""
        self._forget_old(owner, asker)
        if owner.task is not None and self._proven < PROOFS:
            await wait(owner.task, asker)  # nothing of a page is taken while it is compared
        while wanted not in owner.found and self.usable:
            if owner.is_idle:
                if not self._is_worth_it(owner, asker):
                    return
                # The page is no answer about this repository: a hop on the way to it is none of its facts.
                quiet = Asker(asker.shared, asker.account, since=asker.since)
                owner.task = started(self._page(owner, quiet))
            elif owner.task is None or owner.task.done():
                return
            await wait(owner.task, asker)

    def _is_worth_it(self, owner: _Owner, asker: Asker) -> bool:
        bounded = asker.account.questions is not None
        return not bounded and owner.missing >= FEWEST and self._held < MAX_HELD

    def _forget_old(self, owner: _Owner, asker: Asker) -> None:
        if owner.told is not None and owner.is_done and asker.shared.now() - owner.told > HOLDS:
            self._drop(owner)
            owner.task = owner.told = owner.next = None

    def _hold(self, owner: _Owner, name: str, answer: InfoAnswer, told: datetime) -> None:
        self._held += name not in owner.found
        owner.found[name] = (answer, told)

    def _drop(self, owner: _Owner) -> None:
        self._held -= len(owner.found)
        owner.found.clear()

    async def _page(self, owner: _Owner, asker: Asker) -> None:
        """The first page or the next. Until pages are believed one at a time, so that little is lost with one."""
        if self._proven >= PROOFS:
            await self._read(owner, asker)
            return
        async with self._trial:
            if self.usable:
                brought = await self._read(owner, asker)
                if self._proven < PROOFS and brought:
                    await self._prove(owner, brought, asker)

    async def _read(self, owner: _Owner, asker: Asker) -> list[str]:
        """A page that brings less than it costs is the last."""
        question, owner.next = owner.next or _first_page(owner), None
        try:
            told = await asker.json(question, reader(wire.INFOS))
        except HubError as error:
            self._note(error)
            raise
        moment = told.reply.stored or asker.shared.now()
        brought = self._keep(owner, told.value, moment)
        owner.told = owner.told or moment
        owner.next = told.next if len(brought) >= FEWEST else None
        return brought

    def _keep(self, owner: _Owner, items: Iterable[wire.WireInfo], moment: datetime) -> list[str]:
        """The items that are waited for; none when they are thinner than an info answer."""
        wanted = [item for item in items if item.id in owner.wanted and item.id not in owner.found]
        answers = [
            InfoAnswer(info=convert.repo_info(item), files=convert.siblings(item), listed=True) for item in wanted
        ]
        if not all(map(_is_whole, answers)):
            self.usable = False
            return []
        for answer in answers:
            self._hold(owner, answer.info.id, answer, moment)
        return [item.id for item in wanted]

    async def _prove(self, owner: _Owner, brought: list[str], asker: Asker) -> None:
        """Compare the most telling model of the page with its info answer, which then stands for it."""
        chosen = max(brought, key=lambda name: _told_by_files(owner.found[name][0]))
        listed, moment = owner.found[chosen]
        namespace, _, name = chosen.partition("/")
        try:
            answer = await ask_info(RepoRef(namespace=namespace, name=name), asker)
        except HubError:
            self._drop(owner)
            raise
        if answer.info.sha != listed.info.sha:  # pushed to in between: proves nothing
            self._hold(owner, chosen, answer, moment)
        elif asker.redirects or _comparable(answer) != _comparable(listed):
            self.usable = False
            self._drop(owner)
        else:
            self._proven += 1
            self._hold(owner, chosen, answer, moment)

    def _taken(self, owner: _Owner, ref: RepoRef, asker: Asker) -> InfoAnswer | None:
        """The answer, once; None when it is of another revision, or pages are no longer believed."""
        if ref.id not in owner.found:
            return None
        answer, told = owner.found.pop(ref.id)
        self._held -= 1
        fits = ref.revision in {None, DEFAULT_BRANCH, answer.info.sha}
        if not fits or (answer.listed and not self.usable):
            return None
        self._served += answer.listed
        if answer.listed:
            asker.account.meter.from_cache(told)
        return answer


def is_listed(ref: RepoRef) -> bool:
    """Whether a list page can tell of it: a model of somebody, at its default branch."""
    return ref.type is RepoType.MODEL and ref.namespace is not None and ref.revision in {None, DEFAULT_BRANCH}


def _first_page(owner: _Owner) -> Question:
    """The most downloaded first: lists name what is used."""
    limit = SMALL_PAGE if len(owner.wanted) <= _SMALL else questions.REPOS_PER_PAGE
    filters = (("author", owner.name), ("sort", "downloads"))
    question = questions.repos(RepoType.MODEL, filters, limit, FIELDS)
    return replace(question, lifetime=questions.NOW)


def _is_whole(answer: InfoAnswer) -> bool:
    """Whether the keys are there that every info answer has. Lists of a mirror may be thin."""
    info = answer.info
    told = (info.sha, info.author, info.private, info.disabled, info.gated, info.created_at, info.last_modified)
    return None not in told and answer.files.complete


def _told_by_files(answer: InfoAnswer) -> int:
    """How many kinds of files there are that keys of an answer are made from."""
    return len({entry.path.rpartition(".")[2] for entry in answer.files.entries if _TELLING.search(entry.path)})


def _comparable(answer: InfoAnswer) -> tuple[RepoInfo, frozenset[str]]:
    return answer.info.model_copy(update=_COUNTED), frozenset(entry.path for entry in answer.files.entries)
