"""Inspect what comes out of a decompressor: in memory when it is small, forward only when it is not."""

from __future__ import annotations

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.inflate import KEPT, Inflated
from trustaudit.formats.interface import Inspecting, Inspector, Read, ReadRefusedError, Source
from trustaudit.formats.nested import answered, inner
from trustaudit.formats.record import Reading, clean


def inspect_stream(stream: Inflated, source: Source, name: str, inspector: Inspector) -> Inspecting:
    """Run ``inspector`` on the output of ``stream``, a part of ``source`` called ``name``.

    When the end was not reached, coverage is partial and says why.
    """
    refusal = yield from _try_reach(stream, KEPT)
    if stream.done or refusal:
        below = inner(source, name, stream.position, near=True)
    else:
        most = max(KEPT, source.limits.inflated_bytes)
        below = inner(source, name, most, near=False, forward=True)
    inspection = yield from answered(inspector(below), lambda wanted: _answer(stream, wanted, refusal))
    return _with_reason(inspection, stream.damage or refusal)


def _answer(stream: Inflated, wanted: Read, refusal: str) -> Reading[bytes]:
    """After a refusal only what is already there can be had."""
    length = max(0, min(wanted.length, stream.position - wanted.offset)) if refusal else wanted.length
    return (yield from stream.take(wanted.offset, length))


def _try_reach(stream: Inflated, position: int) -> Reading[str]:
    try:
        yield from stream.reach(position)
    except ReadRefusedError as refusal:
        return refusal.what
    return ""


def _with_reason(inspection: Inspection, reason: str) -> Inspection:
    if not reason:
        return inspection
    limits = inspection.limits
    if "limit reached: " in reason:
        limits = tuple(dict.fromkeys([*limits, reason.rpartition(": ")[2]]))
    coverage = Coverage.PARTIAL if inspection.coverage is not Coverage.NONE else Coverage.NONE
    joined = "; ".join(part for part in (inspection.reason, clean(reason)) if part)
    return inspection.model_copy(update={"coverage": coverage, "reason": joined, "limits": limits})
