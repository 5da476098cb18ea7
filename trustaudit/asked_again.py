"""Remembering what was worked out of a snapshot, for the next check that asks."""

from __future__ import annotations

import functools
import operator
import weakref
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from trustaudit.snapshot import Snapshot

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


def once_per_snapshot(work_out: Callable[[Snapshot, *Ts], T]) -> Callable[[Snapshot, *Ts], T]:
    """A pure function of a snapshot that keeps its last answer, which nobody may change.

    Judging asks for the files with their kinds nine times and for the code that runs four times: a tenth of
    its time (2026-11-22). By identity: snapshots are frozen, and to compare them takes longer than the work.
    """
    last: tuple[weakref.ref[Snapshot], tuple[object, ...], T] | None = None

    @functools.wraps(work_out)
    def told(snapshot: Snapshot, *more: *Ts) -> T:
        nonlocal last
        kept = last
        if kept is not None and kept[0]() is snapshot and all(map(operator.is_, kept[1], more)):
            return kept[2]
        answer = work_out(snapshot, *more)
        last = weakref.ref(snapshot), more, answer
        return answer

    return told
