"""Opcodes that move values: marks, memo, tuples, and filling of containers."""

from __future__ import annotations

from struct import Struct

from trustaudit.formats.pickle.constants import line
from trustaudit.formats.pickle.memo import COLD, EMPTIED, MISSING
from trustaudit.formats.pickle.state import Malformed, StreamState
from trustaudit.formats.pickle.textargs import SHORT, index_argument
from trustaudit.formats.pickle.values import (
    DICT,
    FROZENSET,
    LIST,
    MAX_ITEMS,
    SET,
    TUPLE,
    UNKNOWN,
    GlobalRef,
    Instance,
    Items,
    Result,
    render,
)

_INDEX4 = Struct("<I").unpack_from
PAIRS = 2 * MAX_ITEMS
UNDERFLOW = "stack underflow"


def pop_mark(state: StreamState) -> int:
    """Remove the topmost mark; its height. A mark above the stack means that CPython failed long ago."""
    mark = state.marks.pop()
    if mark > len(state.stack):
        raise Malformed(UNDERFLOW)
    return mark


def mark(state: StreamState, _data: bytes, position: int) -> int:
    """MARK."""
    state.marks.append(len(state.stack))
    return position


def pop(state: StreamState, _data: bytes, position: int) -> int:
    """POP: the topmost mark, if nothing lies on it."""
    marks, stack = state.marks, state.stack
    if marks and marks[-1] == len(stack):
        marks.pop()
    else:
        stack.pop()
    return position


def pop_to_mark(state: StreamState, _data: bytes, position: int) -> int:
    """POP_MARK."""
    del state.stack[pop_mark(state) :]
    return position


def dup(state: StreamState, _data: bytes, position: int) -> int:
    """DUP."""
    state.stack.append(state.stack[-1])
    return position


def memoize(state: StreamState, _data: bytes, position: int) -> int:
    """MEMOIZE."""
    value = state.stack[-1]
    if type(value) in EMPTIED:
        value = EMPTIED[type(value)]
    state.memo.memoize(value)
    return position


def binput(state: StreamState, data: bytes, position: int) -> int:
    """BINPUT."""
    memo, index, value = state.memo, data[position], state.stack[-1]
    if type(value) in EMPTIED:
        value = EMPTIED[type(value)]
    if memo.dense and index == len(memo.items):
        memo.items.append(value)
    else:
        memo.put(index, value)
    return position + 1


def long_binput(state: StreamState, data: bytes, position: int) -> int:
    """LONG_BINPUT."""
    memo, index, value = state.memo, _INDEX4(data, position)[0], state.stack[-1]
    if type(value) in EMPTIED:
        value = EMPTIED[type(value)]
    if memo.dense and index == len(memo.items):
        memo.items.append(value)
    else:
        memo.put(index, value)
    return position + 4


def text_put(state: StreamState, data: bytes, position: int) -> int:
    """PUT."""
    end = data.find(b"\n", position)
    text = data[position:end]
    if 0 < end <= position + SHORT and text.isdigit():
        index, end = int(text), end + 1
    else:
        index, end = _odd_index(state, data, position)
    memo, value = state.memo, state.stack[-1]
    if type(value) in EMPTIED:
        value = EMPTIED[type(value)]
    if memo.dense and index == len(memo.items):
        memo.items.append(value)
    else:
        memo.put(index, value)
    return end


def binget(state: StreamState, data: bytes, position: int) -> int:
    """BINGET. The first entries of the memo are never cooled."""
    items, index = state.memo.items, data[position]
    if index < len(items) and items[index] is not MISSING:
        state.stack.append(items[index])
    else:
        push_from_memo(state, index)
    return position + 1


def long_binget(state: StreamState, data: bytes, position: int) -> int:
    """LONG_BINGET."""
    push_from_memo(state, _INDEX4(data, position)[0])
    return position + 4


def text_get(state: StreamState, data: bytes, position: int) -> int:
    """GET."""
    end = data.find(b"\n", position)
    text = data[position:end]
    if 0 < end <= position + SHORT and text.isdigit():
        index, end = int(text), end + 1
    else:
        index, end = _odd_index(state, data, position)
    push_from_memo(state, index)
    return end


def _odd_index(state: StreamState, data: bytes, position: int) -> tuple[int, int]:
    text, end = line(state, data, position)
    index = index_argument(text)
    if index is None:
        raise Malformed("a memo index that is no number")
    return index, end


def push_from_memo(state: StreamState, index: int) -> None:
    """Push an entry. An Unpickler that is used twice keeps its memo: what only an earlier stream made is UNKNOWN."""
    items = state.memo.items
    value = items[index] if index < len(items) else COLD
    if value is COLD or value is MISSING:
        value = state.memo.get(index)
    if value is MISSING:
        if not state.stream:
            raise Malformed(f"memo index {index} was never stored")
        value = UNKNOWN
    state.stack.append(value)


def tuple_(state: StreamState, _data: bytes, position: int) -> int:
    """TUPLE."""
    stack, start = state.stack, state.marks.pop()
    if start > len(stack):
        raise Malformed(UNDERFLOW)
    value = tuple(stack[start:]) if len(stack) - start <= MAX_ITEMS else TUPLE
    del stack[start:]
    stack.append(value)
    return position


def tuple1(state: StreamState, _data: bytes, position: int) -> int:
    """TUPLE1."""
    stack = state.stack
    stack[-1] = (stack[-1],)
    return position


def tuple2(state: StreamState, _data: bytes, position: int) -> int:
    """TUPLE2."""
    stack = state.stack
    second = stack.pop()
    stack[-1] = (stack[-1], second)
    return position


def tuple3(state: StreamState, _data: bytes, position: int) -> int:
    """TUPLE3."""
    stack = state.stack
    third, second = stack.pop(), stack.pop()
    stack[-1] = (stack[-1], second, third)
    return position


def list_(state: StreamState, _data: bytes, position: int) -> int:
    """LIST."""
    start, stack = pop_mark(state), state.stack
    items = stack[start : start + MAX_ITEMS]
    del stack[start:]
    stack.append(items)
    return position


def dict_(state: StreamState, _data: bytes, position: int) -> int:
    """DICT."""
    start, stack = pop_mark(state), state.stack
    items = Items(stack[start : start + PAIRS])
    del stack[start:]
    stack.append(items)
    return position


def frozenset_(state: StreamState, _data: bytes, position: int) -> int:
    """FROZENSET."""
    del state.stack[pop_mark(state) :]
    state.stack.append(FROZENSET)
    return position


def append(state: StreamState, _data: bytes, position: int) -> int:
    """APPEND."""
    item, target = state.stack.pop(), state.stack[-1]
    if type(target) is list:
        if len(target) < MAX_ITEMS:
            target.append(item)
    elif target is not LIST:
        fill_foreign(state, target, "APPEND", position, item)
    return position


def appends(state: StreamState, _data: bytes, position: int) -> int:
    """APPENDS."""
    stack, start = state.stack, state.marks.pop()
    if not 0 < start <= len(stack):
        raise Malformed(UNDERFLOW)
    target = stack[start - 1]
    if type(target) is list:
        if len(target) < MAX_ITEMS:
            target += stack[start : start + MAX_ITEMS - len(target)]
    elif target is not LIST:
        fill_foreign(state, target, "APPENDS", position, *stack[start : start + 1])
    del stack[start:]
    return position


def setitem(state: StreamState, _data: bytes, position: int) -> int:
    """SETITEM."""
    stack = state.stack
    value, key = stack.pop(), stack.pop()
    target = stack[-1]
    if type(target) is Items:
        if len(target) < PAIRS:
            target += (key, value)
    elif target is not DICT:
        fill_foreign(state, target, "SETITEM", position, key)
    return position


def setitems(state: StreamState, _data: bytes, position: int) -> int:
    """SETITEMS."""
    stack, start = state.stack, state.marks.pop()
    if not 0 < start <= len(stack):
        raise Malformed(UNDERFLOW)
    target = stack[start - 1]
    if type(target) is Items:
        if len(target) < PAIRS:
            target += stack[start : start + PAIRS - len(target)]
    elif target is not DICT:
        fill_foreign(state, target, "SETITEMS", position, *stack[start : start + 1])
    del stack[start:]
    return position


def additems(state: StreamState, _data: bytes, position: int) -> int:
    """ADDITEMS."""
    stack, start = state.stack, state.marks.pop()
    if not 0 < start <= len(stack):
        raise Malformed(UNDERFLOW)
    if stack[start - 1] is not SET:
        fill_foreign(state, stack[start - 1], "ADDITEMS", position, *stack[start : start + 1])
    del stack[start:]
    return position


def fill_foreign(state: StreamState, target: object, opcode: str, position: int, *items: object) -> None:
    """Something other than a plain container is filled, through methods of its own class."""
    if isinstance(target, GlobalRef):
        overwrite(state, target, opcode, position, render(items[0], 80) if items else "")
    elif isinstance(target, Result | Instance):
        _fill_result(state, target.cls.qualified, opcode, position)
    else:
        state.target(opcode, _kind(target))


def _fill_result(state: StreamState, name: str, opcode: str, position: int) -> None:
    if (opcode, name) not in state.targets:
        state.target(opcode, name)
        message = f"{opcode} calls a method of what {name} returned"
        state.observe("pickle-foreign-mutation", message, position - 1, opcode=opcode, target=name)


def overwrite(state: StreamState, target: GlobalRef, opcode: str, position: int, keys: str) -> None:
    """An attribute or item of an imported module, class or function itself is set."""
    state.target(opcode, target.qualified)
    message = f"{opcode} changes {target.qualified} itself"
    state.observe(
        "pickle-attribute-overwrite", message, position - 1, opcode=opcode, target=target.qualified, keys=keys
    )


def _kind(target: object) -> str:
    return target.shown if hasattr(target, "shown") else type(target).__name__
