"""Who owns a namespace: asked once per run, by whichever audit needs it first.

Users and organizations share one namespace and have an endpoint each; the wrong one answers
404. A batch of one publisher's models would ask the same question for each of them, so
answers are shared in memory, also with those who ask while the first is still waiting.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from trustaudit.errors import HubError, HubTimeoutError, NotImplementedByHubError, OwnerNotFoundError
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Asker
from trustaudit.snapshot import Publisher, Redirect

OwnerKind = Literal["user", "organization"]


@dataclass(frozen=True, slots=True)
class Found:
    """An owner, the hops to it, and when the Hub said so."""

    publisher: Publisher
    hops: tuple[Redirect, ...]
    told: datetime


_NAME = re.compile(r"[\w.-]{1,96}", re.ASCII)


@dataclass(slots=True)
class Publishers:
    """The owners of one run, by lower-case name: the Hub does not tell cases apart."""

    _tasks: dict[str, asyncio.Task[Found]] = field(default_factory=dict)

    async def find(self, name: str, likely: OwnerKind | None, asker: Asker) -> Publisher:
        """The owner. Raises OwnerNotFoundError when there is neither user nor organization."""
        if not is_name(name):
            raise OwnerNotFoundError(f"there is no user or organization {name[:100]!a}")
        task = self._tasks.get(name.lower())
        if task is not None:
            try:
                return self._shared(await _wait(task, asker), asker)
            except HubError:
                if not task.done() or isinstance(_outcome(task), OwnerNotFoundError):
                    raise  # else somebody else's failure: ask again
        return self._noted(await _wait(self._started(name, likely, asker), asker), asker)

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def _started(self, name: str, likely: OwnerKind | None, asker: Asker) -> asyncio.Task[Found]:
        task = asyncio.create_task(_ask(name, likely, asker))
        task.add_done_callback(_outcome)  # an error nobody waits for must not be reported by the loop
        self._tasks[name.lower()] = task
        return task

    def _shared(self, found: Found, asker: Asker) -> Publisher:
        asker.account.meter.from_cache(found.told)
        return self._noted(found, asker)

    @staticmethod
    def _noted(found: Found, asker: Asker) -> Publisher:
        asker.note(found.hops)
        return found.publisher


def is_name(name: str) -> bool:
    """Whether this can be a user or organization; it becomes part of an address."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and name != "."


async def _wait(task: asyncio.Task[Found], asker: Asker) -> Found:
    """The task's result within this audit's time. The task itself goes on for others."""
    try:
        async with asyncio.timeout(max(0.0, asker.account.remaining())):
            return await asyncio.shield(task)
    except TimeoutError:
        raise HubTimeoutError("the time of this audit is used up") from None


def _outcome(task: asyncio.Task[Found]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


async def _ask(name: str, likely: OwnerKind | None, asker: Asker) -> Found:
    """Both kinds in order of likelihood. Organizations first: they publish what is popular."""
    kinds: tuple[OwnerKind, OwnerKind] = ("user", "organization") if likely == "user" else ("organization", "user")
    unknown: NotImplementedByHubError | None = None
    for kind in kinds:
        try:
            return await _overview(name, kind, asker)
        except OwnerNotFoundError:
            continue
        except NotImplementedByHubError as error:
            unknown = error
    raise unknown or OwnerNotFoundError(f"there is no user or organization {name!r}")


async def _overview(name: str, kind: OwnerKind, asker: Asker) -> Found:
    told = await asker.json(questions.owner(name, kind), lambda value: wire.parse(wire.OWNER, value))
    owner = told.value
    found: OwnerKind = "organization" if owner.type in ("org", "organization") else kind
    return Found(convert.publisher(owner, found), told.reply.hops, told.reply.stored or asker.shared.now())
