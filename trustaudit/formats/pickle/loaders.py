"""Calls of functions that unpickle their argument, and of those whose result on constants is a constant."""

from __future__ import annotations

from trustaudit.formats.pickle.state import StreamState
from trustaudit.formats.pickle.values import Folded, GlobalRef, LongBytes, LongText

_LATIN1 = frozenset({"latin1", "latin-1", "latin_1", "iso-8859-1", "iso8859-1", "l1"})


def read_nested(state: StreamState, callee: GlobalRef, args: object, position: int) -> None:
    """A loader is called: its constant arguments are pickles themselves, or else something nobody can vouch for."""
    values = args if type(args) is tuple else (args,)
    read = [_is_pickle(state, value, position) for value in values]
    if any(read):
        return
    message = f"{callee.qualified} is called with what cannot be read as a pickle here"
    state.observe("pickle-nested-opaque", message, position - 1, callee=callee.qualified)


def _is_pickle(state: StreamState, value: object, position: int) -> bool:
    if isinstance(value, LongBytes | LongText):
        return value.nested
    raw = _latin1(value) if isinstance(value, str) else value
    return isinstance(raw, bytes) and state.nesting.argument(raw, state.base + position - 1)


def folded(callee: GlobalRef, args: object) -> object:
    """The bytes that ``_codecs.encode(text, "latin1")`` and the like return, where known."""
    if type(args) is not tuple or not args:
        return b"" if args == () else None
    value = args[0]
    if callee.name == "encode":
        latin1 = len(args) > 1 and isinstance(args[1], str) and args[1].lower() in _LATIN1
        return _encoded(value) if latin1 else None
    return value if isinstance(value, bytes | LongBytes) else None


def _encoded(value: object) -> object:
    if isinstance(value, LongText):
        return LongBytes(value.head.encode("latin-1", "replace"), value.length, value.nested)
    return _latin1(value) if isinstance(value, str) else None


def _latin1(text: str) -> Folded | None:
    try:
        return Folded(text.encode("latin-1"))
    except UnicodeEncodeError:
        return None
