"""The layout of joblib: a pickle with the raw bytes of arrays between its opcodes.

After the BUILD of a ``NumpyArrayWrapper`` the array's bytes follow, and opcodes go on behind
them. How many bytes these are follows from the wrapper's state; nothing in it is believed
beyond that (checked against joblib 0.10 to 1.6).
"""

from __future__ import annotations

import re

from msgspec import Struct

from trustaudit.formats.interface import Read, Source
from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.inspector import pump
from trustaudit.formats.pickle.machine import Ending, Event, PickleMachine
from trustaudit.formats.pickle.sniff import looks_like_pickle
from trustaudit.formats.pickle.values import Instance
from trustaudit.formats.record import Reading

Names = frozenset[tuple[str, str]]
WRAPPERS: Names = frozenset(
    {("joblib.numpy_pickle", "NumpyArrayWrapper"), ("joblib", "numpy_pickle.NumpyArrayWrapper")}
)
_DTYPES = frozenset({("numpy", "dtype"), ("numpy.dtype", "dtype")})

_LOOK = 4096
_ARRAYS = 200_000
_CODE = re.compile(r"[<>=|]?([?bBiufcmMOSUVT])(\d{0,9})")
_WIDE = {"U": 4}
_FLEXIBLE = frozenset("SUVa")
_FIELDS, _ITEM_SIZE = 4, 5
"""Positions in the state of a pickled dtype: (version, byte order, sub-array, names, fields, size, …)."""

_NESTING = 8


class JoblibReading(Struct):
    """One pass over the file as joblib reads it. ``lost``: why the bytes behind an array could not be found."""

    facts: PickleFacts
    ending: Ending | None = None
    detail: str = ""
    position: int = 0
    arrays: int = 0
    first_array: int = 0
    lost: str = ""


def is_wrapper(name: str | None) -> bool:
    """Whether a global of that name may be the class behind whose instances arrays follow, however it is reached."""
    return name is not None and name.rpartition(".")[2] == "NumpyArrayWrapper"


def read_joblib(source: Source, seen: JoblibReading, wrappers: Names = WRAPPERS) -> Reading[None]:
    """Read every stream of the file into ``seen``, jumping over array bytes. A refusal passes through."""
    facts = seen.facts
    machine = PickleMachine(facts, watch=_DTYPES | wrappers, pause_on=wrappers)
    for stream in range(1, source.limits.streams + 1):
        yield from _stream(source, machine, seen)
        seen.ending, seen.detail, seen.position = machine.ending, machine.detail, machine.position
        if machine.ending is not Ending.STOP or not (yield from _another_follows(source, machine)):
            return
        facts.observe(
            "pickle-trailing-stream",
            "another pickle follows; most loaders read only the first",
            offset=machine.position,
            stream=str(stream),
        )
        machine = machine.fork(stream=stream)
    facts.reach("streams")


def _stream(source: Source, machine: PickleMachine, seen: JoblibReading) -> Reading[None]:
    while (yield from pump(machine, base=0, size=source.size)) is Event.PAUSED:
        seen.arrays += 1
        seen.first_array = seen.first_array or machine.position
        if seen.arrays > _ARRAYS:
            seen.facts.reach("arrays")
            return
        state = machine.paused_on.state if machine.paused_on else None
        lost = yield from _pass_array(source, machine, state if isinstance(state, dict) else {})
        if lost:
            seen.lost = f"the array at {machine.position} cannot be passed over: {lost}"
            return


def _another_follows(source: Source, machine: PickleMachine) -> Reading[bool]:
    if machine.position >= source.size:
        return False
    following = yield Read(machine.position, _LOOK)
    return looks_like_pickle(following, complete=len(following) < _LOOK)


def _pass_array(source: Source, machine: PickleMachine, state: dict[object, object]) -> Reading[str]:
    """Go on behind an array; else why that is not possible."""
    dtype = state.get("dtype")
    if has_objects(dtype):
        inner = machine.fork()
        while (yield from pump(inner, base=0, size=source.size)) is Event.PAUSED:
            pass
        machine.join(inner)
        return "" if inner.ending is Ending.STOP else "its pickle does not end"
    size = _array_bytes(dtype, state.get("shape"))
    if size is None:
        return "its size is not known"
    padding = 0
    if state.get("numpy_array_alignment_bytes") is not None:
        length = yield Read(machine.position, 1)
        padding = 1 + (length[0] if length else 0)
    machine.skip(padding + size)
    return ""


def _array_bytes(dtype: object, shape: object) -> int | None:
    item = item_size(dtype)
    if item is None or not isinstance(shape, tuple):
        return None
    total = item
    for length in shape:
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            return None
        total *= length
        if total > 1 << 62:
            return None
    return total


def item_size(dtype: object) -> int | None:
    """Bytes of one element of a pickled dtype, None when that is not certain."""
    code = _code(dtype)
    if code is None:
        return None
    kind, width = code
    given = _state_part(dtype, _ITEM_SIZE)
    if kind in _FLEXIBLE and isinstance(given, int) and given >= 0:
        return given  # numpy believes the state for these kinds only
    return width * _WIDE.get(kind, 1) if width else {"?": 1}.get(kind)


def has_objects(dtype: object, depth: int = 0) -> bool:
    """Whether elements hold Python objects, also in nested fields: then the array is a pickle."""
    code = _code(dtype)
    if code is None:
        return False
    fields = _state_part(dtype, _FIELDS)
    nested = list(fields.values()) if isinstance(fields, dict) else []
    nested += [_state_part(dtype, 2)]
    return code[0] == "O" or (depth < _NESTING and any(_any_objects(value, depth) for value in nested))


def _any_objects(value: object, depth: int) -> bool:
    """A field is (dtype, offset), a sub-array (dtype, shape)."""
    return isinstance(value, tuple) and bool(value) and has_objects(value[0], depth + 1)


def _code(dtype: object) -> tuple[str, int] | None:
    """("f", 8) of a dtype that was made from "f8"."""
    if not isinstance(dtype, Instance) or not isinstance(dtype.args, tuple) or not dtype.args:
        return None
    match = _CODE.fullmatch(dtype.args[0]) if isinstance(dtype.args[0], str) else None
    return (match[1], int(match[2] or 0)) if match else None


def _state_part(dtype: object, index: int) -> object:
    state = dtype.state if isinstance(dtype, Instance) else None
    return state[index] if isinstance(state, tuple) and len(state) > index else None
