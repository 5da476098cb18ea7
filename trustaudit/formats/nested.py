"""Run an inspector over part of a file: a window of it, bytes in memory, a decompressed stream.

An inspector inside another one yields Reads of *its* file; the functions here answer them
from wherever its bytes are, and see to it that no failure inside takes the outside with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from trustaudit.facts import Reason
from trustaudit.filefacts import Coverage, Inspection, Observation
from trustaudit.formats.interface import Inspecting, Read, ReadRefusedError, Source
from trustaudit.formats.record import Reading, clean, clip

MAX_READS = 200_000
"""Reads per file before the answer is no: bounds the time a file can make an inspector spend."""

MAX_REFUSALS = 10_000
"""Refusals an inspector may provoke before it is stopped: no inspector needs them, a defect might."""

Answer = Callable[[Read], Reading[bytes]]


def answered(inspecting: Inspecting, answer: Answer) -> Inspecting:
    """Run ``inspecting`` on the bytes that ``answer`` finds; a refusal is thrown into it."""
    reads = refusals = 0
    try:
        wanted = next(inspecting)
        while True:
            reads += 1
            try:
                data = yield from _bounded(answer, wanted, reads)
            except ReadRefusedError as refusal:
                refusals += 1
                if refusals > MAX_REFUSALS:
                    inspecting.close()
                    return escaped(refusal)
                wanted = inspecting.throw(refusal)
            else:
                wanted = inspecting.send(data)
    except StopIteration as done:
        inspection: Inspection = done.value
        return inspection


def _bounded(answer: Answer, wanted: Read, reads: int) -> Reading[bytes]:
    if reads > MAX_READS:
        raise ReadRefusedError(f"more than {MAX_READS:,} reads", Reason.BUDGET_SPENT)
    return (yield from answer(wanted))


def windowed(inspecting: Inspecting, offset: int, size: int) -> Inspecting:
    """Run ``inspecting`` on ``size`` bytes of the outer file from ``offset``."""

    def answer(wanted: Read) -> Reading[bytes]:
        start = min(max(wanted.offset, 0), size)
        length = min(max(wanted.length, 0), size - start)
        return (yield Read(offset + start, length)) if length else b""

    return answered(inspecting, answer)


def over_bytes(inspecting: Inspecting, data: bytes) -> Inspecting:
    """Run ``inspecting`` on bytes at hand; yields no Read."""

    def answer(wanted: Read) -> Reading[bytes]:
        yield from ()
        start = max(wanted.offset, 0)
        return data[start : start + max(wanted.length, 0)]

    return answered(inspecting, answer)


def contained(inspecting: Inspecting) -> Inspecting:
    """Run ``inspecting``; whatever it lets escape becomes an inspection that says so."""
    try:
        return (yield from inspecting)
    except ReadRefusedError as refusal:
        return escaped(refusal)
    except Exception as error:  # noqa: BLE001 - a defect met in hostile bytes is evidence, not the end of the run
        return failed(error)


def inner(source: Source, name: str, size: int, *, near: bool | None = None, forward: bool = False) -> Source:
    """The Source of a file inside ``source``: one level deeper, on the same meter."""
    close = source.near if near is None else near
    path = f"{source.path}!{name}"
    return replace(source, path=path, size=size, depth=source.depth + 1, near=close, forward=forward)


def with_facts(first: Inspection, second: Inspection) -> Inspection:
    """``first`` with everything that ``second`` saw in the same bytes; the worse coverage of the two."""
    order = list(Coverage)
    reasons = dict.fromkeys(part for part in (first.reason, second.reason) if part)
    return first.model_copy(
        update={
            "coverage": max(first.coverage, second.coverage, key=order.index),
            "reason": "; ".join(reasons),
            "limits": tuple(dict.fromkeys(first.limits + second.limits)),
            "globals": first.globals + second.globals,
            "observations": first.observations + second.observations,
            "loads": tuple(dict.fromkeys(first.loads + second.loads)),
        }
    )


def escaped(refusal: ReadRefusedError) -> Inspection:
    """Nothing could be read, or an inspector did not expect to be refused."""
    return Inspection(
        format="unknown", coverage=Coverage.NONE, reason=clean(refusal.what), limits=(str(refusal.reason),)
    )


def failed(error: Exception) -> Inspection:
    """An inspector that crashed: evidence of a file made to break parsers, or of a defect of ours."""
    what = f"the inspector failed: {type(error).__name__}"
    note = Observation(kind="inspector-error", message=what, data=(("error", clean(clip(str(error), 200))),))
    return Inspection(format="unknown", coverage=Coverage.PARTIAL, reason=what, observations=(note,))
