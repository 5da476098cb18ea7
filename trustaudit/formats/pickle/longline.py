"""What becomes of an opcode whose text argument has no end, or none in reach."""

from __future__ import annotations

from trustaudit.formats.pickle.calls import inst_from_mark
from trustaudit.formats.pickle.state import MAX_LINE, Malformed, StreamState
from trustaudit.formats.pickle.values import PERSISTENT, UNKNOWN, LongText

_SPELLED = f"a name of more than {MAX_LINE} bytes"


def push_long_line(state: StreamState, opcode: str, position: int) -> None:
    """Do what ``opcode`` does, with an argument that is not known. ``position`` is the opcode's, in the buffer."""
    match opcode:
        case "GLOBAL":
            state.stack.append(state.global_ref(None, None, opcode, position, _SPELLED))
        case "INST":
            inst_from_mark(state, state.global_ref(None, None, opcode, position, _SPELLED), position + 1)
        case "STRING" | "UNICODE":
            state.stack.append(LongText("", MAX_LINE))
        case "PERSID":
            state.stack.append(PERSISTENT)
        case "GET" | "PUT":
            raise Malformed(f"{opcode} without a usable index")
        case _:
            state.stack.append(UNKNOWN)


def note_cut_global(state: StreamState, rest: bytes, position: int) -> None:
    """GLOBAL or INST at the end of the data, without its last newline.

    CPython's C unpickler stops there; its Python one, which joblib and dill use, drops the
    last character and imports what is left.
    """
    opcode = {b"c": "GLOBAL", b"i": "INST"}.get(rest[:1])
    lines = rest[1:].split(b"\n")
    if opcode and lines[0]:
        module, name = (lines[0], lines[1][:-1]) if len(lines) > 1 else (lines[0][:-1], b"")
        state.global_ref(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"), opcode, position)
