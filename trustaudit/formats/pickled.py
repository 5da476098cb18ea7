"""Files that start with a pickle: plain ones, legacy torch checkpoints, joblib's.

The three are told apart by what the streams hold. A file is read as every loader that takes
such a file would read it; what only one of the readings shows counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.filefacts import Coverage, Inspection, Observation, PickleGlobal, Use
from trustaudit.formats.interface import Inspecting, Limits, Read, ReadRefusedError, Source
from trustaudit.formats.joblib import WRAPPERS, JoblibReading, Names, is_wrapper, read_joblib
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.inspector import inspect_pickle
from trustaudit.formats.pickle.machine import Ending, PickleMachine
from trustaudit.formats.pickle.streams import TORCH_MAGIC, TORCH_STREAMS
from trustaudit.formats.pickle.values import is_importable
from trustaudit.formats.record import Reading

_Name = tuple[str | None, str | None]

_PROTOCOL = 1001
_SHORT = 64
"""Bytes that hold the first or second pickle of a legacy torch file."""


def inspect_pickled(source: Source) -> Inspecting:
    """A pickle, whatever wrote it."""
    if source.forward:
        return (yield from _as_joblib(source))
    plain = yield from inspect_pickle(source)
    if any(is_wrapper(entry.name) for entry in plain.globals):
        return (yield from _both(source, plain))
    try:
        return (yield from _as_legacy(plain))
    except ReadRefusedError:
        return plain


def _as_joblib(source: Source, wrappers: Names = WRAPPERS) -> Inspecting:
    seen = JoblibReading(PickleFacts(source.limits))
    try:
        yield from read_joblib(source, seen, wrappers)
    except ReadRefusedError as refusal:
        seen.detail = f"{refusal.reason}: {refusal.what}"
    return _inspection(source, seen)


def _inspection(source: Source, seen: JoblibReading) -> Inspection:
    facts = seen.facts
    reasons = [f"limit reached: {name}" for name in facts.limits_reached]
    if seen.ending is not Ending.STOP or seen.lost:
        reasons.append(seen.lost or seen.detail or "the pickle does not end")
    elif seen.position < source.size and not source.forward:
        left = source.size - seen.position
        facts.observe("pickle-trailing-data", "bytes that are no pickle follow", offset=seen.position, length=left)
    return Inspection(
        format="joblib" if seen.arrays else "pickle",
        coverage=Coverage.PARTIAL if reasons else Coverage.STRUCTURE if seen.arrays else Coverage.COMPLETE,
        reason="; ".join(reasons),
        limits=facts.limits_reached,
        globals=facts.globals,
        observations=facts.observations,
    )


def _both(source: Source, plain: Inspection) -> Inspecting:
    """joblib.load jumps over array bytes, pickle.load runs into them: keep what either would run."""
    spelled = ((entry.module, entry.name) for entry in plain.globals)
    found = {(module, name) for module, name in spelled if module and name and is_wrapper(name)}
    jumping = yield from _as_joblib(source, WRAPPERS | found)
    if plain.coverage is Coverage.COMPLETE and jumping.coverage is Coverage.PARTIAL:
        return _with_others(plain, jumping)
    return _with_others(jumping, plain)


def _with_others(first: Inspection, second: Inspection) -> Inspection:
    """``first``, and the globals that only ``second`` shows. Array bytes read as opcodes can
    spell a name by chance, but not one that could be imported; a reading that breaks off
    leaves names merely referenced which the other sees called; and a pickle inside an array,
    read with the memo of the outer one, mixes modules and names that the first reading knows.
    """
    known = {(entry.module, entry.name) for entry in first.globals}
    run = {(entry.module, entry.name) for entry in first.globals if entry.use is not Use.REFERENCED}
    others = [entry for entry in second.globals if _is_real(entry) and not _is_told(entry, known, run)]
    if not others:
        return first
    note = Observation(
        kind="pickle-second-reading",
        message="read by another loader, this file runs other code",
        offset=others[0].offset,
        data=(("first", first.format), ("second", second.format)),
    )
    return first.model_copy(update={"globals": (*first.globals, *others), "observations": (*first.observations, note)})


def _is_told(entry: PickleGlobal, known: Iterable[_Name], run: set[_Name]) -> bool:
    name = (entry.module, entry.name)
    if name in known:
        return entry.use is Use.REFERENCED or name in run
    return any(module == entry.module for module, _ in known) and any(other == entry.name for _, other in known)


def _is_real(entry: PickleGlobal) -> bool:
    return all(name is not None and is_importable(name) for name in (entry.module, entry.name))


def _as_legacy(plain: Inspection) -> Reading[Inspection]:
    """The same facts in the light of torch's old layout: five pickles, then raw storages."""
    head = yield Read(0, _SHORT)
    trailing = [note for note in plain.observations if note.kind == "pickle-trailing-stream"]
    if _result(head) != TORCH_MAGIC:
        offset = trailing[0].offset if trailing else None
        if offset is None or _result((yield Read(offset, _SHORT))) != _PROTOCOL:
            return plain
        return _legacy(plain, len(trailing) + 1, computed=True)
    return _legacy(plain, TORCH_STREAMS, computed=False)


def _legacy(plain: Inspection, streams: int, *, computed: bool) -> Inspection:
    """Further streams and raw bytes behind them are what this layout consists of."""
    usual = {"pickle-trailing-data"} | ({"pickle-trailing-stream"} if streams <= TORCH_STREAMS else set())
    notes = [note for note in plain.observations if note.kind not in usual]
    if computed:
        message = "a torch file whose magic number is not a plain number but made by the first pickle"
        notes.insert(0, Observation(kind="torch-legacy-magic-computed", message=message, offset=0))
    return plain.model_copy(update={"format": "torch-legacy", "observations": tuple(notes)})


def _result(data: bytes) -> object:
    """What the pickle at the start of ``data`` makes, None when it does not end there."""
    machine = PickleMachine(PickleFacts(Limits(opcodes=_SHORT, nesting=0)))
    machine.feed(data)
    machine.close()
    return machine.result if machine.ending is Ending.STOP else None
