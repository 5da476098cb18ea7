"""Loading modules and tables while answers travel, piece by piece.

Between two pieces the event loop sends and receives. Nothing depends on any of it: whatever is
needed sooner loads itself, and what was not loaded when the answers are there is not waited for.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module

from trustaudit.errors import TrustAuditError

SENT = 0.01
"""Seconds after which the first question is on its way."""

ROUNDS = 16
"""Of the event loop between two pieces: an answer goes through several before the next question leaves. An empty one
takes 10 µs."""


@asynccontextmanager
async def beside(loads: Iterable[Callable[[], object]], *, after: float = SENT) -> AsyncIterator[None]:
    """Load while the body runs, from ``after`` seconds on, and stop with it."""
    task = asyncio.ensure_future(_load_later(loads, after))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _load_later(loads: Iterable[Callable[[], object]], after: float) -> None:
    await asyncio.sleep(after)
    await load_all(loads)


async def load_all(loads: Iterable[Callable[[], object]]) -> None:
    """Load, and let the loop send and receive in between."""
    for load in loads:
        with suppress(TrustAuditError):  # what is wrong with the user's tables is told by the check that needs them
            load()
        for _ in range(ROUNDS):
            await asyncio.sleep(0)


def modules(*names: str) -> Iterator[Callable[[], object]]:
    """Importing those of them that nobody has imported yet."""
    return (partial(import_module, name) for name in names if name not in sys.modules)
