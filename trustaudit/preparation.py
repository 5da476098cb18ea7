"""Loading what an audit needs later, piece by piece, while its questions travel.

Modules, tables and the index of popular names are 0.3 s of CPU time in a fresh process, as long as
three round trips take. Between two pieces the event loop sends and receives. Nothing depends on it:
whatever is needed sooner loads itself.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module

from trustaudit.checks import CHECK_MODULES
from trustaudit.errors import TrustAuditError
from trustaudit.knowledge import Knowledge

SENT = 0.01
"""Seconds after which the first question is on its way."""

_INSPECTING = (
    "trustaudit.formats.dispatch",
    "yaml",  # what is large by itself, first: the smaller the pieces, the sooner an answer is taken
    "trustaudit.formats.drivers",
    "trustaudit.formats.safetensors",
    "trustaudit.formats.structured_text",
    "trustaudit.collect.provenance",
)
_JUDGING = ("rapidfuzz.distance", *(f"trustaudit.checks.{name}" for name in CHECK_MODULES))
_TEMPLATES = ("jinja2", "trustaudit.formats.templates.inspector")
"""Last: many repositories have none."""
_REPORTING = ("trustaudit.report.model", "trustaudit.report.build")


@asynccontextmanager
async def beside(loads: Iterable[Callable[[], object]]) -> AsyncIterator[None]:
    """Load while the body runs, and stop with it."""
    task = asyncio.ensure_future(_prepare(loads))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _prepare(loads: Iterable[Callable[[], object]]) -> None:
    await asyncio.sleep(SENT)
    for load in loads:
        with suppress(TrustAuditError):  # what is wrong with the user's tables is told by the check that needs them
            load()
        await asyncio.sleep(0)


def modules(*names: str) -> Iterator[Callable[[], object]]:
    """Importing those of them that nobody has imported yet."""
    return (partial(import_module, name) for name in names if name not in sys.modules)


def pieces(knowledge: Knowledge) -> Iterator[Callable[[], object]]:
    """What every audit needs, in this order: what reads files, what judges, what reports."""
    yield from modules(*_INSPECTING, *_JUDGING, *_REPORTING)
    yield knowledge.popular
    yield lambda: knowledge.names
    yield lambda: knowledge.publishers
    yield lambda: knowledge.pickle_globals
    yield partial(_index, knowledge)
    yield from modules(*_TEMPLATES)


def _index(knowledge: Knowledge) -> object:
    from trustaudit.identity.names import index_for  # noqa: PLC0415 - as all that is loaded here
    from trustaudit.refs import RepoType  # noqa: PLC0415 - as above

    return index_for(knowledge, RepoType.MODEL)
