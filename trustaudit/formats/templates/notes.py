"""Collects what was noticed in one template, bounded per kind."""

from __future__ import annotations

from collections import Counter

from trustaudit.filefacts import Observation
from trustaudit.formats.record import clean, clip
from trustaudit.knowledge.masking import masked

MAX_PER_KIND = 40
_SHOWN = 300


class Notes:
    """Lines count within the template."""

    def __init__(self) -> None:
        self._notes: list[Observation] = []
        self._seen: set[tuple[object, ...]] = set()
        self._count: Counter[str] = Counter()

    def add(self, kind: str, message: str, line: int | None = None, /, **data: str) -> None:
        """One observation; the same one on the same line only once."""
        pairs = tuple(sorted((key, clip(masked(clean(value)), _SHOWN)) for key, value in data.items()))
        known = (kind, line, pairs)
        if known in self._seen or self._count[kind] >= MAX_PER_KIND:
            return
        self._seen.add(known)
        self._count[kind] += 1
        told = clip(masked(clean(message)), _SHOWN)
        self._notes.append(Observation(kind=kind, message=told, line=line, data=pairs))

    def whole(self, kind: str, message: str, **data: str) -> None:
        """One observation about the whole template, with data of any length."""
        pairs = tuple(sorted((key, masked(clean(value))) for key, value in data.items()))
        self._notes.append(Observation(kind=kind, message=message, data=pairs))

    def result(self) -> tuple[Observation, ...]:
        """All of them, in the order they were noticed."""
        return tuple(self._notes)
