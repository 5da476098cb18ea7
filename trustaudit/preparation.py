"""What every audit loads after its first question: in this order, what reads files, what judges, what reports.

Modules, tables and the index of popular names are 0.3 s of CPU time in a fresh process, as long as
three round trips take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from trustaudit.checks import CHECK_MODULES
from trustaudit.knowledge import Knowledge
from trustaudit.spare_time import modules

if TYPE_CHECKING:
    from trustaudit.identity.index import NameIndex

_INSPECTING = (
    "trustaudit.formats.dispatch",
    "yaml",  # what is large by itself, first: the smaller the pieces, the sooner an answer is taken
    "trustaudit.formats.drivers",
    "trustaudit.formats.needed",
    "trustaudit.formats.structured_text",
    "trustaudit.collect.provenance",
)
_JUDGING = ("rapidfuzz.distance", *(f"trustaudit.checks.{name}" for name in CHECK_MODULES))
_REPORTING = ("trustaudit.report.model", "trustaudit.report.build")


def pieces(knowledge: Knowledge) -> Iterator[Callable[[], object]]:
    """The pieces, each a few milliseconds."""
    yield from modules(*_INSPECTING, *_JUDGING, *_REPORTING)
    yield knowledge.popular
    yield lambda: knowledge.names
    yield lambda: knowledge.publishers
    yield lambda: knowledge.pickle_globals.judge("builtins", "eval")  # which reads most of its tables
    yield lambda: "" in knowledge.popular()
    yield partial(_index, knowledge)
    yield lambda: _index(knowledge).targets_by_mask


def _index(knowledge: Knowledge) -> NameIndex:
    from trustaudit.identity.names import index_for  # noqa: PLC0415 - as all that is loaded here
    from trustaudit.refs import RepoType  # noqa: PLC0415 - as above

    return index_for(knowledge, RepoType.MODEL)
