"""A Record for files that hold files: observations about one member, and bounded adoption of what members showed."""

from __future__ import annotations

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.expected import gets_unpickled
from trustaudit.formats.record import NO_FORMAT, Record

_REASONS = 20
"""Members named one by one as not seen; more of them add nothing that a count does not."""


class ArchiveRecord(Record):
    """What was seen of an archive and its members."""

    def about(self, member: str, kind: str, message: str, offset: int | None = None, /, **data: str) -> None:
        """Note an anomaly of one member."""
        self.member = member
        self.anomaly(kind, message, offset, **data)
        self.member = ""

    def holds(self, member: str, kind: str, message: str, offset: int | None = None, /, **data: str) -> None:
        """Note a fact about one member."""
        self.member = member
        self.fact(kind, message, offset, **data)
        self.member = ""

    def absorb(self, other: Inspection, member: str) -> None:
        """As Record does, within the bounds of one file: a thousand members share them.

        Data of an unknown format beside a model (indices, memory dumps) is no gap, unless its name gets it unpickled.
        """
        bounds = self.source.limits
        if len(self.globals) + len(other.globals) > bounds.globals:
            self.limit("globals")
            other = other.model_copy(update={"globals": other.globals[: max(0, bounds.globals - len(self.globals))]})
        room = max(0, 2 * bounds.observations - len(self._anomalies))
        if len(other.observations) > room:
            self.limit("observations")
            other = other.model_copy(update={"observations": other.observations[:room]})
        if other.reason == NO_FORMAT and not gets_unpickled(member):
            other = other.model_copy(update={"coverage": Coverage.STRUCTURE})
        super().absorb(other, member)

    def unseen(self, reason: str) -> None:
        """Say why part of the file was not looked at; beyond the first reasons only that there are more."""
        if len(self._unseen) < _REASONS:
            super().unseen(reason)
        else:
            super().unseen("and more members")
