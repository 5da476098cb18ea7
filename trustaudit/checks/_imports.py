"""Our own opinion of an import that somebody else listed."""

from __future__ import annotations

from enum import StrEnum

from trustaudit.checks.interface import Context


class Opinion(StrEnum):
    """What the tables say of a global that a pickle brings in."""

    ALLOWED = "allowed"
    LIBRARY = "library"
    UNKNOWN = "unknown"
    DENIED = "denied"


def opinion_of(_module: str, _name: str, _context: Context) -> Opinion:
    """The opinion of the pickle tables, reduced to four words."""
    return Opinion.UNKNOWN
