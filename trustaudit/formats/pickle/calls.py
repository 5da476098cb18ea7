"""Opcodes that bring objects in, call them, or set their state."""

from __future__ import annotations

from struct import Struct

from trustaudit.formats.pickle.constants import line
from trustaudit.formats.pickle.loaders import folded, read_nested
from trustaudit.formats.pickle.stackops import overwrite, pop_mark
from trustaudit.formats.pickle.state import (
    FORWARDING,
    MAX_INSTANCES,
    Framed,
    Malformed,
    NeedMore,
    Paused,
    Stopped,
    StreamState,
)
from trustaudit.formats.pickle.values import (
    BUFFER,
    FORGOTTEN,
    HEAD_CHARS,
    PERSISTENT,
    STORAGE,
    UNKNOWN,
    GlobalRef,
    Instance,
    Result,
    call_key,
    concrete,
    dotted_of,
    render,
    render_arguments,
)

_SIZE8 = Struct("<Q").unpack_from
_INT4 = Struct("<i").unpack_from
_SHORT = Struct("<H").unpack_from
_SIZE_MAX = (1 << 63) - 1
_HIGHEST_PROTOCOL = 5
_MODULE_ID = 4


def global_(state: StreamState, data: bytes, position: int) -> int:
    """GLOBAL: module and name, each up to its newline and otherwise exact."""
    module, end = line(state, data, position, 2)
    name, end = line(state, data, end)
    state.stack.append(state.global_ref(_name(module), _name(name), "GLOBAL", position - 1))
    return end


def inst(state: StreamState, data: bytes, position: int) -> int:
    """INST: imports and calls in one."""
    module, end = line(state, data, position, 2)
    name, end = line(state, data, end)
    ref = state.global_ref(_name(module), _name(name), "INST", position - 1)
    inst_from_mark(state, ref, position)
    return end


def inst_from_mark(state: StreamState, ref: GlobalRef, position: int) -> None:
    """Call ``ref`` with what lies above the topmost mark."""
    _call_from_mark(state, ref, pop_mark(state), position)


def stack_global(state: StreamState, _data: bytes, position: int) -> int:
    """STACK_GLOBAL: module and name are whatever lies on the stack."""
    stack = state.stack
    name, module = stack.pop(), stack.pop()
    if type(module) is str and type(name) is str:
        ref = state.global_ref(module, name, "STACK_GLOBAL", position - 1)
    else:
        ref = _unresolved(state, module, name, position)
    stack.append(ref)
    return position


def _unresolved(state: StreamState, module: object, name: object, position: int) -> GlobalRef:
    if module is FORGOTTEN or name is FORGOTTEN:
        state.facts.reach("memo")
    known_module = module if type(module) is str else None
    known_name = name if type(name) is str else None
    spelled = f"{render(module, 40)}, {render(name, 40)}"
    return state.global_ref(known_module, known_name, "STACK_GLOBAL", position - 1, spelled)


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def ext1(state: StreamState, data: bytes, position: int) -> int:
    """EXT1."""
    return _extension(state, data[position], "EXT1", position, 1)


def ext2(state: StreamState, data: bytes, position: int) -> int:
    """EXT2."""
    return _extension(state, _SHORT(data, position)[0], "EXT2", position, 2)


def ext4(state: StreamState, data: bytes, position: int) -> int:
    """EXT4."""
    return _extension(state, _INT4(data, position)[0], "EXT4", position, 4)


def _extension(state: StreamState, code: int, opcode: str, position: int, size: int) -> int:
    """An object by its number in the copyreg registry, which is not in the file."""
    if position + size > state.end:
        raise NeedMore
    state.stack.append(state.global_ref(None, None, opcode, position - 1, f"extension code {code}"))
    return position + size


def reduce(state: StreamState, _data: bytes, position: int) -> int:
    """REDUCE. A call that was seen before costs no more than finding that out."""
    stack = state.stack
    args = stack.pop()
    callee = stack[-1]
    if type(callee) is GlobalRef and not callee.special and call_key(args) in callee.calls:
        stack[-1] = callee.result
    else:
        stack[-1] = call(state, callee, args, position, "REDUCE")
    return position


def newobj(state: StreamState, _data: bytes, position: int) -> int:
    """NEWOBJ."""
    stack = state.stack
    args = stack.pop()
    stack[-1] = call(state, stack[-1], args, position, "NEWOBJ")
    return position


def newobj_ex(state: StreamState, _data: bytes, position: int) -> int:
    """NEWOBJ_EX: arguments and keyword arguments."""
    stack = state.stack
    keywords, args = stack.pop(), stack.pop()
    together = (*args, keywords) if type(args) is tuple and keywords else args
    stack[-1] = call(state, stack[-1], together, position, "NEWOBJ_EX")
    return position


def obj(state: StreamState, _data: bytes, position: int) -> int:
    """OBJ: class and arguments above a mark."""
    start, stack = pop_mark(state), state.stack
    if start == len(stack):
        raise Malformed("stack underflow")
    _call_from_mark(state, stack.pop(start), start, position)
    return position


def _call_from_mark(state: StreamState, callee: object, start: int, position: int) -> None:
    stack = state.stack
    args = tuple(stack[start:])
    del stack[start:]
    stack.append(call(state, callee, args, position, "INST or OBJ"))


def call(state: StreamState, callee: object, args: object, position: int, opcode: str) -> object:
    """Record a call; what it returns. The record stays, whatever happens to the result."""
    if type(callee) is not GlobalRef:
        return _call_other(state, callee, args, position, opcode)
    key = call_key(args)
    if key not in callee.calls:
        state.facts.called(callee, args, key, state.stream, state.depth)
    if callee.special:
        return _call_special(state, callee, args, position)
    return callee.result


def _call_other(state: StreamState, callee: object, args: object, position: int, opcode: str) -> object:
    """What is called was not imported by name: the result of another call, most likely."""
    module, _, name = callee.dotted.rpartition(".") if isinstance(callee, Result) else ("", "", "")
    if module:
        return call(state, state.global_ref(module, name, "REDUCE", position - 1), args, position, opcode)
    if isinstance(callee, Result | Instance):
        kind, shown = "pickle-indirect-call", callee.cls.qualified
        made_with = callee.arguments if isinstance(callee, Result) else ""
        message = f"{opcode} calls what {shown}({made_with or '…'}) returned"
    else:
        kind, shown, made_with = "pickle-unknown-call", render(callee, 40), ""
        message = f"{opcode} calls {shown}"
    arguments = render_arguments(args, state.facts.limits.argument_chars)
    about = {"callee": shown, "made_with": made_with, "arguments": arguments, "opcode": opcode}
    state.observe(kind, message, position - 1, **about)
    return UNKNOWN


def _call_special(state: StreamState, callee: GlobalRef, args: object, position: int) -> object:
    if callee.loads:
        read_nested(state, callee, args, position)
    if callee.folds:
        made = folded(callee, args)
        return callee.result if made is None else made
    if callee.forwards:
        return _forward(state, callee, args, position)
    if callee.names:
        return _fetched(state, callee, args)
    if callee.decided:
        return _telling_result(state, callee, args)
    if callee.watched and state.instances < MAX_INSTANCES:
        state.instances += 1
        return Instance(callee, concrete(args))
    return callee.result


def _forward(state: StreamState, callee: GlobalRef, args: object, position: int) -> object:
    """``callee`` calls one of its arguments."""
    called, given = FORWARDING[callee.module, callee.name]
    if type(args) is not tuple or len(args) <= called or not isinstance(args[called], GlobalRef | Result | Instance):
        return callee.result
    rest = args[called + 1 :] if given is None else args[given]
    result = call(state, args[called], rest if type(rest) is tuple else (rest,), position, "REDUCE")
    return callee.result if called else result


def _fetched(state: StreamState, callee: GlobalRef, args: object) -> Result:
    """``_get_attr(_import_module("os"), "system")`` is that function, and told as such when it is called."""
    parts = [dotted_of(part) for part in args] if type(args) is tuple else []
    if not parts or not all(parts) or sum(map(len, parts)) > HEAD_CHARS:
        return callee.result
    return Result(callee, render_arguments(args, state.facts.limits.argument_chars), dotted=".".join(parts))


def _telling_result(state: StreamState, callee: GlobalRef, args: object) -> Result:
    """What ``getattr`` and the like return is a matter of their arguments."""
    key = call_key(args)
    result = callee.results.get(key)
    if result is None:
        result = Result(callee, render_arguments(args, state.facts.limits.argument_chars))
        if len(callee.results) < state.facts.limits.observations:
            callee.results[key] = result
    return result


def build(state: StreamState, _data: bytes, position: int) -> int:
    """BUILD: ``__setstate__``, or attributes written directly."""
    stack = state.stack
    value, target = stack.pop(), stack[-1]
    if type(target) is Result:
        if not target.built:
            target.built = True
            _built(state, target.cls)
    elif type(target) is Instance:
        _build_instance(state, target, value, position)
    elif type(target) is GlobalRef:
        overwrite(state, target, "BUILD", position, render(value, HEAD_CHARS))
    else:
        state.target("BUILD", render(target, 1))
    return position


def _built(state: StreamState, ref: GlobalRef) -> None:
    state.target("BUILD", ref.qualified)
    state.facts.built(ref, state.stream, state.depth)


def _build_instance(state: StreamState, target: Instance, value: object, position: int) -> None:
    target.state = concrete(value)
    _built(state, target.cls)
    if target.cls.pauses:
        state.paused_on = target
        raise Paused(position)


def persid(state: StreamState, data: bytes, position: int) -> int:
    """PERSID: a persistent id as text."""
    text, end = line(state, data, position)
    _persistent(state, text.decode("utf-8", "replace"), position)
    state.stack.append(PERSISTENT)
    return end


def binpersid(state: StreamState, _data: bytes, position: int) -> int:
    """BINPERSID: a persistent id from the stack; torch's name a storage."""
    stack = state.stack
    value = stack[-1]
    if type(value) is tuple and value and value[0] in ("storage", b"storage"):
        stack[-1] = STORAGE
    elif type(value) is tuple and len(value) == _MODULE_ID and value[0] == "module" and isinstance(value[1], GlobalRef):
        stack[-1] = value[1]  # torch before 1.6: ("module", class, file, source); its loader returns the class
    else:
        _persistent(state, value, position)
        stack[-1] = PERSISTENT
    return position


def _persistent(state: StreamState, value: object, position: int) -> None:
    message = "a persistent id that is no tensor storage: only a loader made for this file can resolve it"
    state.observe("pickle-persistent-id", message, position - 1, id=render(value, 80))


def next_buffer(state: StreamState, _data: bytes, position: int) -> int:
    """NEXT_BUFFER."""
    state.observe("pickle-out-of-band", "a buffer that is not in the file", position - 1, opcode="NEXT_BUFFER")
    state.stack.append(BUFFER)
    return position


def readonly_buffer(state: StreamState, _data: bytes, position: int) -> int:
    """READONLY_BUFFER."""
    state.observe("pickle-out-of-band", "a buffer that is not in the file", position - 1, opcode="READONLY_BUFFER")
    state.stack[-1] = BUFFER
    return position


def proto(state: StreamState, data: bytes, position: int) -> int:
    """PROTO: takes effect from here on, wherever it stands."""
    if position + 1 > state.end:
        raise NeedMore
    version = data[position]
    if version > _HIGHEST_PROTOCOL:
        raise Malformed(f"pickle protocol {version} does not exist")
    if state.base + position - 1 != state.start:
        state.observe("pickle-proto-inside", f"PROTO {version} inside the stream", position - 1, protocol=str(version))
    state.protocol = version
    state.protocols.add(version)
    return position + 1


def frame(state: StreamState, data: bytes, position: int) -> int:
    """FRAME: only its end matters, see ``machine.py``."""
    if position + 8 > state.end:
        raise NeedMore
    size: int = _SIZE8(data, position)[0]
    if size > _SIZE_MAX:
        raise Malformed("a frame size beyond 63 bits")
    if state.frame_end is not None and state.base + position - 1 < state.frame_end:
        state.observe("pickle-frame-mismatch", "a frame inside a frame", position - 1, why="nested")
    state.frame_end = state.base + position + 8 + size
    raise Framed(position + 8)


def stop(state: StreamState, _data: bytes, position: int) -> int:
    """STOP."""
    state.result = state.stack.pop()
    if state.stack or state.marks:
        state.observe("pickle-leftover-stack", "values are left on the stack at STOP", position - 1)
    raise Stopped(position)
