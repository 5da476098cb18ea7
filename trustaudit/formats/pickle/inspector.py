"""Raw pickle files, and the loop that feeds a machine from byte ranges."""

from __future__ import annotations

from collections.abc import Generator

from trustaudit.filefacts import Coverage, Inspection
from trustaudit.formats.interface import Inspecting, Read, ReadRefusedError, Source
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import Ending, Event, PickleMachine
from trustaudit.formats.pickle.streams import PickleStreams

FIRST_READ = 64 * 1024
"""Covers most checkpoints' pickle part at one round trip."""

LATER_READ = 1024 * 1024


def pump(machine: PickleMachine, *, base: int, size: int) -> Generator[Read, bytes, Event]:
    """Feed a machine from the file until it pauses or ends.

    ``base`` is the file offset of the machine's offset 0 and ``size`` how many bytes the
    member has from there. ReadRefusedError passes through; the facts so far stay.
    """
    event = machine.resume()
    length = FIRST_READ
    while event is Event.NEED_DATA:
        wanted = machine.wanted
        data = (yield _read(base, wanted, size, length)) if wanted < size else b""
        event = machine.feed(data, wanted) if data else machine.close()
        length = _ahead(wanted)
    return event


def _ahead(position: int) -> int:
    """Half of what was read so far: behind the pickles of a checkpoint lie tensors, which are not wanted."""
    return min(LATER_READ, max(FIRST_READ, position // 2))


def _read(base: int, wanted: int, size: int, length: int) -> Read:
    return Read(base + wanted, min(length, size - wanted))


def inspect_pickle(source: Source) -> Inspecting:
    """A file of one or more pickles, back to back."""
    facts = PickleFacts(source.limits)
    streams = PickleStreams(facts)
    reason = ""
    try:
        passed_over = yield from _feed(streams, source.size)
    except ReadRefusedError as refusal:
        passed_over, reason = True, f"{refusal.reason}: {refusal.what}"
    else:
        reason = _unread(streams, facts, source.size)
    return _inspection(facts, reason, passed_over=passed_over)


def _feed(streams: PickleStreams, size: int) -> Generator[Read, bytes, bool]:
    """Whether bytes were passed over unseen."""
    passed_over, seen_to, length = False, 0, FIRST_READ
    while not streams.ended:
        wanted = streams.wanted
        data = (yield _read(0, wanted, size, length)) if wanted < size else b""
        if not data:
            streams.close()
            break
        passed_over |= wanted > seen_to
        seen_to, length = wanted + len(data), _ahead(wanted)
        streams.feed(data, wanted)
    return passed_over


def _unread(streams: PickleStreams, facts: PickleFacts, size: int) -> str:
    """Note what follows the last pickle; the sentence that says why the file was not read to its end."""
    left = size - streams.position
    match streams.ending:
        case Ending.STOP if left > 0:
            facts.observe(
                "pickle-trailing-data", "bytes that are no pickle follow", offset=streams.position, length=left
            )
            return ""
        case Ending.MALFORMED | Ending.TRUNCATED:
            return f"the pickle is broken at offset {streams.position}: {streams.detail}"
        case _:
            return ""


def _inspection(facts: PickleFacts, reason: str, *, passed_over: bool) -> Inspection:
    limits = facts.limits_reached
    why = "; ".join([*([reason] if reason else []), *(f"limit reached: {name}" for name in limits)])
    if why:
        coverage = Coverage.PARTIAL
    else:
        trailing = any(seen.kind == "pickle-trailing-data" for seen in facts.observations)
        coverage = Coverage.STRUCTURE if passed_over or trailing else Coverage.COMPLETE
    return Inspection(
        format="pickle",
        coverage=coverage,
        reason=why,
        limits=limits,
        globals=facts.globals,
        observations=facts.observations,
    )
