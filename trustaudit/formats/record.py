"""What an inspector has seen so far, ready to be returned at any moment.

A walk over hostile bytes may stop anywhere: at a refused read, at a lie in a header, at a
limit. Whatever was recorded until then still counts, and the reason for stopping is part of
the result (``concluded``).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Generator
from typing import TypeVar

from trustaudit.filefacts import CodeLoad, Coverage, Inspection, Observation, PickleGlobal
from trustaudit.formats.interface import Inspecting, Read, ReadRefusedError, Source
from trustaudit.knowledge.masking import masked

T = TypeVar("T")

Reading = Generator[Read, bytes, T]
"""Part of an inspector: yields Reads, is sent bytes, returns a T."""

REPEATS = 50
"""Anomalies of one kind told one by one; the rest is a count. The fiftieth adds no evidence."""


class MalformedError(Exception):
    """The bytes are not what the format says. ``kind`` becomes the kind of the observation."""

    def __init__(self, kind: str, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.offset = offset


class LimitReachedError(Exception):
    """A bound of parsing was reached; ``limit`` names it."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"limit reached: {limit}")
        self.limit = limit


def clean(text: str) -> str:
    """``text`` without lone surrogates, which JSON escapes can smuggle in and UTF-8 cannot carry out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def clip(text: str, length: int) -> str:
    """At most ``length`` characters; a cut is shown by an ellipsis."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def text_of(data: bytes) -> str:
    """Bytes as text for a person: UTF-8, everything else escaped."""
    return data.decode("utf-8", "backslashreplace")


NO_FORMAT = "of no known format: no archive, pickle or program"
"""Why bytes that were looked at, and are nothing that could run, have no inspector."""


class Record:
    """Collects observations of one file under two separate bounds.

    Anomalies and facts do not compete: a file that floods one cannot push the other out.
    No kind of fact takes more than half of the room. A dropped fact is a reached limit; a
    repeated anomaly is only counted, so what a check judges by its ``data`` is a fact.
    ``member`` is the archive member and ``line`` the line of text that observations are about
    until they are set to others.
    """

    def __init__(self, source: Source, format_name: str) -> None:
        self.source = source
        self.format = format_name
        self.globals: list[PickleGlobal] = []
        self.loads: list[CodeLoad] = []
        self.members = 0
        self.member = ""
        self.line: int | None = None
        self._facts: list[Observation] = []
        self._anomalies: list[Observation] = []
        self._seen: Counter[str] = Counter()
        self._facts_by_kind: Counter[str] = Counter()
        self._limits: list[str] = []
        self._unseen: list[str] = []

    def fact(self, kind: str, message: str, offset: int | None = None, /, **data: str) -> None:
        """Note something that is there and need not be wrong."""
        most = self.source.limits.observations
        self._facts_by_kind[kind] += 1
        if len(self._facts) >= most or self._facts_by_kind[kind] > most // 2:
            self.limit("observations")
            return
        self._facts.append(self._observation(kind, message, offset, data))

    def anomaly(self, kind: str, message: str, offset: int | None = None, /, **data: str) -> None:
        """Note something that an honest writer of this format would not have produced."""
        self._seen[kind] += 1
        if self._seen[kind] > REPEATS:
            return
        if len(self._anomalies) >= self.source.limits.observations:
            self.limit("observations")
            return
        self._anomalies.append(self._observation(kind, message, offset, data))

    def limit(self, name: str) -> None:
        """Name a bound that was reached: coverage is partial from here on."""
        if name not in self._limits:
            self._limits.append(name)

    def unseen(self, reason: str) -> None:
        """Say why part of the file was not looked at."""
        if reason not in self._unseen:
            self._unseen.append(reason)

    def knows(self, kind: str, member: str) -> bool:
        """Whether something of that kind was noted about that member."""
        return any(note.kind == kind and note.member == member for note in (*self._anomalies, *self._facts))

    def absorb(self, other: Inspection, member: str) -> None:
        """Take over what was seen in a part of this file. Its missing coverage becomes ours."""
        self.globals += [g.model_copy(update={"member": _inside(member, g.member)}) for g in other.globals]
        self._anomalies += [o.model_copy(update={"member": _inside(member, o.member)}) for o in other.observations]
        self.loads += other.loads
        for name in other.limits:
            self.limit(name)
        if other.coverage in (Coverage.PARTIAL, Coverage.NONE):
            self.unseen(f"{member}: {other.reason or other.coverage}")

    def inspection(self, coverage: Coverage = Coverage.STRUCTURE) -> Inspection:
        """All of it. ``coverage`` holds unless a limit was reached or something was left unseen."""
        reasons = self._unseen + [f"limit reached: {name}" for name in self._limits]
        if reasons and coverage is not Coverage.NONE:
            coverage = Coverage.PARTIAL
        more = [
            self._observation(kind, f"{count - REPEATS} more of this kind", None, {"repeated": str(count)})
            for kind, count in sorted(self._seen.items())
            if count > REPEATS
        ]
        return Inspection(
            format=self.format,
            coverage=coverage,
            reason=clean("; ".join(reasons)),
            limits=tuple(self._limits),
            globals=tuple(self.globals),
            observations=tuple(self._anomalies + more + self._facts),
            loads=tuple(self.loads),
            members=self.members,
        )

    def _observation(self, kind: str, message: str, offset: int | None, data: dict[str, str]) -> Observation:
        pairs = tuple(sorted((clean(key), masked(clean(value))) for key, value in data.items()))
        message, member = masked(clean(message)), clean(self.member)
        return Observation(kind=kind, message=message, offset=offset, line=self.line, member=member, data=pairs)


def concluded(record: Record, walk: Reading[None], coverage: Coverage = Coverage.STRUCTURE) -> Inspecting:
    """Run ``walk`` and return what ``record`` holds, however the walk ended.

    The last clause is the net under our own parsers: a value they did not foresee is evidence
    about the file, not a reason to lose what was found before it.
    """
    try:
        yield from walk
    except ReadRefusedError as refusal:
        record.unseen(f"{refusal.reason}: {refusal.what}")
    except MalformedError as defect:
        record.anomaly(defect.kind, defect.message, defect.offset)
        record.unseen(defect.message)
    except LimitReachedError as limit:
        record.limit(limit.limit)
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error, RecursionError, MemoryError) as error:
        record.anomaly(f"{record.format}-unreadable", f"the parser gave up: {type(error).__name__}: {error}")
        record.unseen("the parser gave up")
    return record.inspection(coverage)


def _inside(member: str, inner: str) -> str:
    return f"{member}!{inner}" if inner else member
