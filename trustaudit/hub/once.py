"""Questions that many audits of a run share: asked by whichever needs the answer first.

A batch of one owner's models would ask the same for each of them. Those who come while the
first is still waiting wait with it; its failure is not theirs, they ask again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from trustaudit.errors import HubError, HubTimeoutError, OwnerNotFoundError
from trustaudit.hub.asking import Asker

T = TypeVar("T")

LASTING = (OwnerNotFoundError,)
"""Failures that are answers."""


class Once(Struct, Generic[T]):
    """Answers of one run by key, and the questions that are under way."""

    _tasks: dict[str, asyncio.Task[T]] = field(default_factory=dict)

    async def get(self, key: str, start: Callable[[], Coroutine[Any, Any, T]], asker: Asker) -> tuple[T, bool]:
        """The answer, and whether somebody else had asked for it. Waits no longer than this audit may."""
        task = self._tasks.get(key)
        if task is not None:
            try:
                return await wait(task, asker), True
            except HubError:
                if not task.done() or isinstance(outcome(task), LASTING):
                    raise  # else somebody else's failure: ask again
        self._tasks[key] = task = started(start())
        return await wait(task, asker), False

    def __contains__(self, key: str) -> bool:
        return key in self._tasks

    async def aclose(self) -> None:
        """Stop what nobody waits for any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()


def started(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task whose error nobody has to wait for: the loop must not report it."""
    task = asyncio.create_task(work)
    task.add_done_callback(outcome)
    return task


async def wait(task: asyncio.Task[T], asker: Asker) -> T:
    """The task's result within this audit's time. The task itself goes on for others.

    For one of many audits this is no part of its time: the task may be waiting for the Hub's quota.
    """
    time = asker.account.time
    try:
        async with asyncio.timeout(max(0.0, time.patience())):
            with time.waiting():
                return await asyncio.shield(task)
    except TimeoutError:
        raise HubTimeoutError("the time of this audit is used up") from None


def outcome(task: asyncio.Task[T]) -> BaseException | None:
    """What the task failed with, if it is done and did."""
    return None if task.cancelled() else task.exception()
