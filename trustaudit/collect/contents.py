"""Looking into files: the planned readings, concurrently, within the budget of the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from operator import itemgetter

from msgspec import Struct
from pydantic import ValidationError

from trustaudit.collect.plan import Plan, Reading, plan_readings
from trustaudit.errors import HubError
from trustaudit.facts import Reason, Unavailable
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.formats.interface import ReadRefusedError, Source
from trustaudit.hub.session import HubSession, InfoAnswer
from trustaudit.refs import RepoRef
from trustaudit.snapshot import FileEntry
from trustaudit.spare_time import beside, modules

FILES_AT_ONCE = 16
"""Files looked into at the same time; requests themselves are bounded by the Hub client."""

ONE_READ = 64 * 1024
"""Bytes up to which an inspector's first question is its last. Of a larger file it asks on, each time by the answer."""

_SAME_FOR_ALL = frozenset({Reason.GATED, Reason.DISABLED, Reason.UNAUTHORIZED, Reason.OFFLINE, Reason.RATE_LIMITED})


class Contents(Struct, frozen=True):
    """What was seen inside files, and which files could not be looked into. Both sorted by path."""

    facts: tuple[FileFacts, ...] = ()
    not_inspected: tuple[tuple[str, Unavailable], ...] = ()


async def read_contents(ref: RepoRef, session: HubSession, plan: Plan, commit: str, answer: InfoAnswer) -> Contents:
    """Inspect the files of ``answer`` that the plan asks for. Never raises HubError."""
    if not plan.contents:
        return Contents()
    todo = plan_readings(answer.files.entries, plan)
    reader = _Reader(ref, session, plan, commit)
    restricted = answer.info.gated not in (None, "no") or bool(answer.info.disabled)
    loads = tuple(_loads(todo.readings))
    async with beside(loads, after=0) if loads else nullcontext():
        facts, refused = await reader.all(todo.readings, one_first=restricted)
    return Contents(
        facts=tuple(sorted(facts, key=lambda file: file.path)),
        not_inspected=tuple(sorted([*refused, *todo.left_out], key=lambda pair: pair[0])),
    )


class _Reader:
    """One audit's readings. Remembers a refusal that holds for every file."""

    def __init__(self, ref: RepoRef, session: HubSession, plan: Plan, commit: str) -> None:
        self._ref, self._session, self._plan, self._commit = ref, session, plan, commit
        self._gate = asyncio.Semaphore(FILES_AT_ONCE)
        self._refused: Unavailable | None = None

    async def all(
        self, readings: tuple[Reading, ...], *, one_first: bool
    ) -> tuple[list[FileFacts], list[tuple[str, Unavailable]]]:
        """Every reading; with ``one_first`` a refusal of the first spares the requests for the others."""
        first = [await self._one(reading) for reading in readings[: 1 if one_first else 0]]
        rest = await self._started(readings[len(first) :])
        facts: list[FileFacts] = []
        refused: list[tuple[str, Unavailable]] = []
        for reading, seen in zip(readings, [*first, *rest], strict=True):
            if isinstance(seen, Unavailable):
                refused += [(path, seen) for path in reading.paths]
            else:
                facts += [seen.model_copy(update={"path": path}) for path in reading.paths]
        return facts, refused

    async def _started(self, readings: tuple[Reading, ...]) -> list[FileFacts | Unavailable]:
        """The answers in order. Of those under way at the same time, what takes several questions is asked first."""
        order = sorted(range(len(readings)), key=lambda place: place >= FILES_AT_ONCE or _is_short(readings[place]))
        seen = await asyncio.gather(*(self._one(readings[place]) for place in order))
        return [answer for _, answer in sorted(zip(order, seen, strict=True), key=itemgetter(0))]

    async def _one(self, reading: Reading) -> FileFacts | Unavailable:
        async with self._gate:
            if self._refused is not None:
                return self._refused
            try:
                seen = await self._look(reading.entry)
            except (HubError, ReadRefusedError) as error:
                seen = Unavailable(reason=error.reason, detail=error.what)
        if isinstance(seen, Unavailable) and seen.reason in _SAME_FOR_ALL:
            self._refused = seen
        return seen

    async def _look(self, entry: FileEntry) -> FileFacts | Unavailable:
        if entry.size is None:
            return Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub lists no size for this file")
        key = self._cache_key(entry)
        async with self._session.turn(key) if key else nullcontext():
            return self._known(key) or await self._inspected(key, entry)

    async def _inspected(self, key: str, entry: FileEntry) -> FileFacts | Unavailable:
        # Loaded while the info answer travels: they are no part of asking for it.
        from trustaudit.formats.dispatch import inspect_file  # noqa: PLC0415 - as said
        from trustaudit.formats.drivers import inspect_remote  # noqa: PLC0415 - as said

        remote = self._session.open_file(self._ref, self._commit, entry)
        facts = await inspect_remote(inspect_file, Source(entry.path, entry.size or 0), remote)
        facts = facts.model_copy(update={"content_key": entry.content_key})
        if key and _is_settled(facts):
            self._session.put_blob(key, facts.model_dump_json().encode())
        return facts if facts.bytes_read or entry.size == 0 else _nothing_read(facts)

    def _cache_key(self, entry: FileEntry) -> str:
        """Inspection depends on content, on the name as a hint, and on the rules."""
        if not entry.content_key:
            return ""
        return f"inspection:{self._plan.ruleset}:{entry.content_key}:{entry.path.rpartition('/')[2]}"

    def _known(self, key: str) -> FileFacts | None:
        stored = self._session.get_blob(key) if key else None
        if stored is None:
            return None
        try:
            return FileFacts.model_validate_json(stored).model_copy(update={"bytes_read": 0, "requests": 0})
        except ValidationError:
            return None


def _loads(readings: Iterable[Reading]) -> Iterator[Callable[[], object]]:
    """Importing what reads these files: while they are asked for, and before their bytes are there."""
    from trustaudit.formats.needed import modules_for  # noqa: PLC0415 - loaded while the info answer travels

    yield from modules(*modules_for(reading.entry.path for reading in readings))


def _is_short(reading: Reading) -> bool:
    return (reading.entry.size or 0) <= ONE_READ


def _is_settled(facts: FileFacts) -> bool:
    """Whether a second look would see the same: not when a budget or the network cut it short."""
    return facts.coverage in (Coverage.COMPLETE, Coverage.STRUCTURE)


def _nothing_read(facts: FileFacts) -> FileFacts | Unavailable:
    """A file of which not one byte came is one that was not looked into."""
    known = {str(reason): reason for reason in Reason}
    limit = next((known[limit] for limit in facts.limits if limit in known), Reason.NOT_PROVIDED)
    return Unavailable(reason=limit, detail=facts.reason or "no byte could be read")
