"""Symbolic values: what is known of an object that unpickling would make.

None, bool, int, float, str, bytes, tuple and list stand for themselves, cut where they
are long or deep; everything else is one of the classes here. A stream may leave millions of
values behind, so all that need no state of their own are shared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from msgspec import Struct

MAX_TEXT = 4096
"""Bytes of a constant that is kept whole; module and class names are far shorter."""

MAX_ITEMS = 64
"""Items of a container that are kept."""

HEAD_CHARS = 256
"""Characters kept of a longer constant: evidence for a person."""

MAX_BITS = 256
"""Larger integers are not written out: that takes quadratic time."""

_PLAIN = (str, int, bytes, type(None))
"""Keys that can be hashed without descending into them."""

_IMPORTABLE = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class Opaque(Struct, eq=False):
    """A value of which only the kind is known; each kind is one shared object."""

    shown: str


UNKNOWN = Opaque("?")
FORGOTTEN = Opaque("…")
LIST = Opaque("[…]")
DICT = Opaque("{…}")
TUPLE = Opaque("(…)")
SET = Opaque("<set>")
FROZENSET = Opaque("<frozenset>")
STORAGE = Opaque("<storage>")
PERSISTENT = Opaque("<persistent object>")
BUFFER = Opaque("<out-of-band buffer>")


class LongText(Struct, eq=False):
    """A str too long to be kept. ``nested``: it was read as a pickle spelled in Latin-1."""

    head: str
    length: int
    nested: bool = False


class LongBytes(Struct, eq=False):
    """A bytes object too long to be kept. ``nested``: it was read as a pickle."""

    head: bytes
    length: int
    nested: bool = False


class Items(list[object]):
    """A dict: keys and values by turns. Filling it must cost little, and most dicts are never looked at."""

    __slots__ = ()


class Folded(bytes):
    """Bytes that do not stand in the stream as such: what a known function makes of another constant."""


@dataclass(slots=True, eq=False)
class GlobalRef:
    """An object brought in by name; ``module`` or ``name`` is None when not a constant of the stream.

    Names are as CPython would import them, ``spelled`` as they stand in the stream where the
    Python 2 map changed them. ``offset`` and ``protocol`` are those of the first import.
    ``result`` stands for whatever calling it returns.
    """

    module: str | None
    name: str | None
    spelled: str = ""
    opcode: str = ""
    offset: int = 0
    protocol: int = 0
    watched: bool = False
    pauses: bool = False
    loads: bool = False
    folds: bool = False
    forwards: bool = False
    names: bool = False
    decided: bool = False
    special: bool = False
    calls: set[object] = field(default_factory=set)
    results: dict[object, Result] = field(default_factory=dict)
    result: Result = field(init=False)

    def __post_init__(self) -> None:
        self.result = Result(self)

    @property
    def qualified(self) -> str:
        """``module.name``, with ``?`` for what is not constant."""
        return f"{'?' if self.module is None else self.module}.{'?' if self.name is None else self.name}"


class Result(Struct, eq=False):
    """What calling a global returned. ``arguments`` are shown where they make the difference.

    ``dotted`` is the object that was fetched by its name, where the function does that.
    """

    cls: GlobalRef
    arguments: str = ""
    built: bool = False
    dotted: str = ""


class Instance(Struct, eq=False):
    """The result of calling a watched global, with its arguments and, after BUILD, its state.

    ``state`` has real dicts, down to a few levels.

    joblib: ``cls.name == "NumpyArrayWrapper"`` and ``state`` is a dict with ``shape`` (tuple of
    int), ``order`` (str), ``dtype`` (an Instance of numpy.dtype when that is watched:
    ``args[0]`` is "f8", "O8", "V16", …, ``state[1]`` the byte order), ``allow_mmap``,
    ``numpy_array_alignment_bytes``. Nothing in it is trustworthy: check every type.
    """

    cls: GlobalRef
    args: object
    state: object = None


_TELLING = frozenset({str, GlobalRef})


def dotted_of(value: object) -> str:
    """The dotted name that a text, a global or what was fetched by name stands for; empty when there is none."""
    if isinstance(value, Result):
        return value.dotted
    name = value.qualified if type(value) is GlobalRef else value
    return name if type(name) is str and is_importable(name) else ""


def is_importable(text: str) -> bool:
    """Whether ``text`` has the form of a dotted Python name."""
    return _IMPORTABLE.fullmatch(text) is not None


def call_key(args: object) -> object:
    """What tells two calls of one global apart: strings and globals among the arguments, and the types of the rest.

    A checkpoint calls the same function for each of its tensors; their shapes are no evidence.
    """
    if type(args) is not tuple:
        return type(args)
    if not args:
        return args
    if len(args) == 1 and type(args[0]) is not GlobalRef:
        return args if type(args[0]) is str else type(args[0])
    kinds = tuple(map(type, args))
    if _TELLING.isdisjoint(kinds):
        return kinds
    return tuple([_key_part(kind, value) for kind, value in zip(kinds, args, strict=True)])


def _key_part(kind: type, value: object) -> object:
    if isinstance(value, str):
        return value
    return _name_key(value) if isinstance(value, GlobalRef | Result | Instance) else kind


def _name_key(value: GlobalRef | Result | Instance) -> object:
    return value.qualified if isinstance(value, GlobalRef) else (value.cls.qualified,)


def short_key(key: object) -> object:
    """``key`` with long strings replaced by their hash, for keeping."""
    if type(key) is not tuple:
        return key
    return tuple([hash(part) if type(part) is str and len(part) > HEAD_CHARS else part for part in key])


def render_arguments(args: object, limit: int) -> str:
    """Arguments of a call as Python would write them: at most ``limit`` characters, control characters escaped."""
    if type(args) is tuple:
        return _clipped(_joined(args, limit), limit)
    return _clipped(f"*{render(args, limit)}", limit)


def render(value: object, limit: int, depth: int = 4) -> str:  # noqa: C901, PLR0911 - one answer per kind of value
    """One value as text of about ``limit`` characters at most."""
    if limit <= 0 or depth <= 0:
        return "…"
    match value:
        case str() | bytes():
            return repr(value[: limit + 1])
        case LongText() | LongBytes():
            return f"{value.head[:limit]!r}…"
        case Opaque():
            return value.shown
        case GlobalRef():
            return _escaped(value.qualified[:limit])
        case Result() | Instance():
            return f"{_escaped(value.cls.qualified[:limit])}(…)"
        case tuple():
            return f"({_joined(value, limit, depth)})"
        case Items():
            return f"{{{_pairs(value, limit, depth)}}}"
        case list():
            return f"[{_joined(value, limit, depth)}]"
        case int():
            return repr(value) if value.bit_length() <= MAX_BITS else "<large int>"
        case _:
            return repr(value)


def _joined(values: tuple[object, ...] | list[object], limit: int, depth: int = 5) -> str:
    text = ""
    for value in values:
        if len(text) >= limit:
            return text + ", …"
        text += (", " if text else "") + render(value, limit - len(text), depth - 1)
    return text


def _pairs(values: Items, limit: int, depth: int) -> str:
    text = ""
    for key, value in zip(values[::2], values[1::2], strict=False):
        if len(text) >= limit:
            return text + ", …"
        pair = f"{render(key, limit - len(text), depth - 1)}: {render(value, limit - len(text), depth - 1)}"
        text += (", " if text else "") + pair
    return text


def _escaped(text: str) -> str:
    return repr(text)[1:-1]


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Pruner:
    """Cuts containers to a bounded size, so that a chain of nested ones cannot pile up.

    Lists are changed in place: the memo and other containers see the same object.
    ``budget`` counts the nodes looked at in one sweep.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget

    def prune(self, value: object, depth: int = 4) -> object:
        """``value``, or what stands for it when it is too deep or too wide."""
        match value:
            case tuple():
                return self._tuple(value, depth)
            case list():
                return self._list(value, depth)
            case _:
                return value

    def _spent(self, size: int, depth: int) -> bool:
        self.budget -= size + 1
        return depth <= 0 or size > 2 * MAX_ITEMS or self.budget < 0

    def _tuple(self, value: tuple[object, ...], depth: int) -> object:
        if self._spent(len(value), depth):
            return TUPLE
        return tuple([self.prune(item, depth - 1) for item in value])

    def _list(self, value: list[object], depth: int) -> object:
        if self._spent(len(value), depth):
            return DICT if type(value) is Items else LIST
        value[:] = [self.prune(item, depth - 1) for item in value]
        return value


def concrete(value: object, depth: int = 4) -> object:
    """``value`` with real dicts in place of ``Items``: the state of an instance. Only plain keys are kept."""
    if depth <= 0 or not isinstance(value, tuple | list):
        return value
    parts = [concrete(part, depth - 1) for part in value[: 2 * MAX_ITEMS]]
    if isinstance(value, Items):
        return {key: part for key, part in zip(parts[::2], parts[1::2], strict=False) if isinstance(key, _PLAIN)}
    return parts if isinstance(value, list) else tuple(parts)
