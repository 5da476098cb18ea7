"""Our own opinion of an import that the Hub listed."""

from __future__ import annotations

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from enum import StrEnum

from trustaudit.checks.interface import Context
from trustaudit.knowledge.pickle_globals import Grade, Judged, Level


class Opinion(StrEnum):
    """What the tables say of a global that a pickle brings in.

    ``indirect``: hands on to something else (``getattr``, ``partial``), which honest pickles of whole objects do too.
    """

    DATA = "data"
    LIBRARY = "library"
    UNKNOWN = "unknown"
    INDIRECT = "indirect"
    DENIED = "denied"


HARMLESS = frozenset({Opinion.DATA, Opinion.LIBRARY})

_WORST_FIRST = (Opinion.DENIED, Opinion.INDIRECT, Opinion.UNKNOWN, Opinion.LIBRARY, Opinion.DATA)


def opinion_of(module: str, name: str, context: Context) -> Opinion:
    """The opinion of the pickle tables. A listed name may be of Python 2: then the worse of both readings counts."""
    readings = {(module, name), _as_python_3(module, name)}
    opinions = {_opinion(context.knowledge.pickle_globals.judge(*reading)) for reading in readings}
    if len(opinions) > 1:
        # ``__builtin__.set`` as such is in no table; that says nothing once its present name is known.
        opinions.discard(Opinion.UNKNOWN)
    return min(opinions, key=_WORST_FIRST.index)


def is_function(name: str) -> bool:
    """By the convention of Python: classes start with a capital letter, functions do not."""
    return not name.rpartition(".")[2].lstrip("_")[:1].isupper()


def _as_python_3(module: str, name: str) -> tuple[str, str]:
    """The name as unpicklers map it for protocols below 3."""
    mapped = NAME_MAPPING.get((module, name))
    return mapped or (IMPORT_MAPPING.get(module, module), name)


def _opinion(judged: Judged) -> Opinion:
    if judged.level is Level.DENY:
        return Opinion.DENIED if judged.grade is Grade.EXECUTE else Opinion.INDIRECT
    return {Level.DATA: Opinion.DATA, Level.LIBRARY: Opinion.LIBRARY}.get(judged.level, Opinion.UNKNOWN)
