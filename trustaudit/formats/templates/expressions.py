"""The value of an expression from the values of its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise

from jinja2 import nodes

from trustaudit.formats.templates import values as v
from trustaudit.formats.templates.memory import CONTENT_KEYS, Memory
from trustaudit.formats.templates.traversal import Place
from trustaudit.formats.templates.values import UNKNOWN, Taint, Value, combined, united
from trustaudit.formats.templates.wording import is_wording

Fold = Callable[[Memory, nodes.Node, Place], Value]

_CONTENT = frozenset({Taint.CONTENT})
_TRIGGER = frozenset({Taint.TRIGGER})
_DECISIONS = frozenset({Taint.TRIGGER, Taint.CLOCK})
_DATE_CALLS = frozenset({"strftime_now", "now", "today", "utcnow", "time", "current_date", "datetime"})
_SEARCHES = frozenset(
    {"startswith", "endswith", "find", "rfind", "index", "rindex", "count", "split", "rsplit", "partition"}
    | {"rpartition", "removeprefix", "removesuffix", "contains", "includes"}
)
_SELECTIONS = frozenset({"select", "reject", "selectattr", "rejectattr"})
_TO_TEXT = frozenset({"string", "tojson", "join", "pprint"})
_SIZES = frozenset({"length", "count", "int", "float", "wordcount"})

FILTERS: dict[str, Callable[..., object]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capitalize": str.capitalize,
    "title": str.title,
    "trim": str.strip,
    "string": v.text_form,
    "safe": v.text_form,
    "e": v.text_form,
    "escape": v.text_form,
    "reverse": v.reversed_,
    "list": v.listed,
    "first": lambda value: v.listed(value)[0],
    "last": lambda value: v.listed(value)[-1],
    "join": v.joined,
    "replace": lambda text, old, new, *_: v.replaced(text, old, new),
}
METHODS: dict[str, Callable[..., object]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capitalize": str.capitalize,
    "title": str.title,
    "swapcase": str.swapcase,
    "casefold": str.casefold,
    "strip": str.strip,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "replace": lambda text, old, new, *_: v.replaced(text, old, new),
    "split": lambda text, *by: tuple(str.split(text, *by)),
    "join": lambda glue, items: v.joined(items, glue),
    "get": lambda mapping, key, *_: mapping[key],
}


def has_wording(value: Value) -> bool:
    """Whether something a person would write is among the texts a value can be."""
    return any(is_wording(text) for text in value.all_texts())


def apply_filter(name: str, base: Value, arguments: Sequence[Value]) -> Value:
    """The value of ``base | name(arguments)``."""
    if name == "format":
        return combined(lambda pattern, *rest: v.percent(pattern, rest), base, *arguments)
    if name in ("default", "d"):
        return united([base, *arguments[:1]])
    function = FILTERS.get(name)
    taints = _filtered_taints(name, base, arguments)
    return Value(combined(function, base, *arguments).constants if function else (), taints)


def _filtered_taints(name: str, base: Value, arguments: Sequence[Value]) -> frozenset[Taint]:
    taints = base.taints.union(*(argument.taints for argument in arguments))
    if name in _SIZES:
        return taints - _CONTENT
    if name in _TO_TEXT and Taint.MESSAGE in taints:
        return taints | _CONTENT
    if name == "map" and any(text in CONTENT_KEYS for argument in arguments for text in argument.texts()):
        return taints | _CONTENT
    if name in _SELECTIONS and _selects_content(name, base, arguments):
        return taints | _TRIGGER
    return taints


def _selects_content(name: str, base: Value, arguments: Sequence[Value]) -> bool:
    """``select("in", words)`` of contents, or ``selectattr("content", "equalto", words)`` of messages."""
    if name in ("select", "reject"):
        return Taint.CONTENT in base.taints and any(map(has_wording, arguments[1:]))
    about = arguments[0].texts() if arguments else ()
    return any(text in CONTENT_KEYS for text in about) and any(map(has_wording, arguments[2:]))


def _constant(_memory: Memory, node: nodes.Const, _place: Place) -> Value:
    return Value((node.value,)) if isinstance(node.value, str | int | float | None) else UNKNOWN


def _template_data(_memory: Memory, node: nodes.TemplateData, _place: Place) -> Value:
    return Value((node.data,))


def _name(memory: Memory, node: nodes.Name, place: Place) -> Value:
    return memory.lookup(node.name, place) if node.ctx == "load" else UNKNOWN


def _sequence(memory: Memory, node: nodes.List | nodes.Tuple, _place: Place) -> Value:
    """One list of the first thing each item can be; unknown items are left out."""
    parts = memory.all_of(node.items[: v.MAX_ITEMS])
    items = tuple(constant for part in parts for constant in part.constants[:1])
    return Value((items,), frozenset().union(*(part.taints for part in parts)))


def _dict(memory: Memory, node: nodes.Dict, _place: Place) -> Value:
    pairs = [(memory.of(pair.key), memory.of(pair.value)) for pair in node.items[: v.MAX_ITEMS]]
    known = {key: value.constants[0] for keys, value in pairs for key in keys.texts() if value.constants}
    return Value((known,), frozenset().union(*(value.taints for _, value in pairs)))


def _concat(memory: Memory, node: nodes.Concat, _place: Place) -> Value:
    parts = memory.all_of(node.nodes)
    if len(parts) > v.MAX_VARIANTS:  # a long chain: its first reading only, in one go
        return combined(v.joined, Value((tuple(part.constants[0] for part in parts if part.constants),)))
    texts = [combined(v.text_form, part) for part in parts]
    return reduce(lambda left, right: combined(v.added, left, right), texts, Value(("",)))


def _add(memory: Memory, node: nodes.Add, _place: Place) -> Value:
    return combined(v.added, memory.of(node.left), memory.of(node.right))


def _mul(memory: Memory, node: nodes.Mul, _place: Place) -> Value:
    return combined(v.multiplied, memory.of(node.left), memory.of(node.right))


def _pow(memory: Memory, node: nodes.Pow, _place: Place) -> Value:
    return combined(v.power, memory.of(node.left), memory.of(node.right))


def _mod(memory: Memory, node: nodes.Mod, _place: Place) -> Value:
    return combined(v.percent, memory.of(node.left), memory.of(node.right))


def _sub(memory: Memory, node: nodes.Sub, _place: Place) -> Value:
    return combined(v.subtracted, memory.of(node.left), memory.of(node.right))


def _neg(memory: Memory, node: nodes.Neg, _place: Place) -> Value:
    return combined(lambda number: v.subtracted(0, number), memory.of(node.node))


def _slice(memory: Memory, node: nodes.Slice, _place: Place) -> Value:
    parts = [Value((None,)) if part is None else memory.of(part) for part in (node.start, node.stop, node.step)]
    return combined(slice, *parts)


def _getitem(memory: Memory, node: nodes.Getitem, _place: Place) -> Value:
    base, key = memory.of(node.node), memory.of(node.arg)
    found = combined(v.item, base, key).constants
    if Taint.CONTENT in key.taints and any(isinstance(item, dict) for item in base.constants):
        answers = tuple(base.all_texts())[: v.MAX_VARIANTS]
        return Value(answers, base.taints | (_TRIGGER if has_wording(base) else frozenset()))
    keys = list(key.texts())
    return Value(found, _keyed_taints(base.taints, keys) if keys else base.taints)


def _keyed_taints(taints: frozenset[Taint], keys: Sequence[str]) -> frozenset[Taint]:
    """What a field of a message inherits: its role, type or tool calls are not what somebody wrote."""
    return (taints - _CONTENT - {Taint.MESSAGE}) | (_CONTENT if CONTENT_KEYS & set(keys) else frozenset())


def _getattr(memory: Memory, node: nodes.Getattr, _place: Place) -> Value:
    if isinstance(node.node, nodes.Name) and ("", f"{node.node.name}.{node.attr}") in memory.names:
        return memory.names["", f"{node.node.name}.{node.attr}"]
    base = memory.of(node.node)
    found = combined(
        v.item, Value(tuple(item for item in base.constants if isinstance(item, dict))), Value((node.attr,))
    )
    return Value(found.constants, _keyed_taints(base.taints, [node.attr]))


def _filter(memory: Memory, node: nodes.Filter, _place: Place) -> Value:
    keywords = [memory.of(keyword.value) for keyword in node.kwargs]
    return apply_filter(node.name, memory.of(node.node), memory.all_of(node.args) + keywords)


def _test(memory: Memory, node: nodes.Test, _place: Place) -> Value:
    base = memory.of(node.node)
    return Value((), _compared(base, united(memory.all_of(node.args))))


def _compare(memory: Memory, node: nodes.Compare, _place: Place) -> Value:
    sides = [memory.of(node.expr), *(memory.of(operand.expr) for operand in node.ops)]
    taints = (_compared(one, other) | _compared(other, one) for one, other in pairwise(sides))
    return Value((), frozenset().union(*taints))


def _compared(subject: Value, other: Value) -> frozenset[Taint]:
    """The taints of a decision about ``subject``."""
    taints = (subject.taints | other.taints) & _DECISIONS
    if Taint.CONTENT in subject.taints and has_wording(other):
        taints |= _TRIGGER
    if Taint.DATE in subject.taints and any(other.all_texts() if any(other.all_texts()) else other.numbers()):
        taints |= {Taint.CLOCK}
    return taints


def _either(memory: Memory, node: nodes.BinExpr, _place: Place) -> Value:
    return united([memory.of(node.left), memory.of(node.right)])


def _not(memory: Memory, node: nodes.Not, _place: Place) -> Value:
    return Value((), memory.of(node.node).taints & _DECISIONS)


def _choice(memory: Memory, node: nodes.CondExpr, _place: Place) -> Value:
    return united([memory.of(node.expr1), memory.of(node.expr2)])


def _call(memory: Memory, node: nodes.Call, _place: Place) -> Value:
    arguments = memory.all_of(node.args)
    if isinstance(node.node, nodes.Getattr):
        return _method(memory, node, node.node, arguments)
    if isinstance(node.node, nodes.Name):
        return _function(memory, node, node.node.name, arguments)
    return united([Value((), value.taints) for value in arguments])


def _method(memory: Memory, node: nodes.Call, method: nodes.Getattr, arguments: list[Value]) -> Value:
    base, name = memory.of(method.node), method.attr
    if name == "format":
        return _formatted(memory, node, base, arguments)
    if name in _DATE_CALLS:
        return Value((), frozenset({Taint.DATE}))
    if name == "get" and arguments:
        keys = list(arguments[0].texts())
        answer = _looked_up(base, arguments[0])
        return answer or Value(combined(v.item, base, arguments[0]).constants, _keyed_taints(base.taints, keys))
    function = METHODS.get(name)
    constants = combined(function, base, *arguments).constants if function else ()
    taints = base.taints.union(*(argument.taints for argument in arguments))
    if name in _SEARCHES and Taint.CONTENT in base.taints and any(map(has_wording, arguments)):
        taints |= _TRIGGER
    return Value(constants, taints)


def _looked_up(base: Value, key: Value) -> Value | None:
    """``{"password": "…"}.get(content)``: a condition without an ``if``."""
    if Taint.CONTENT in key.taints and any(isinstance(item, dict) for item in base.constants) and has_wording(base):
        return Value(tuple(base.all_texts())[: v.MAX_VARIANTS], base.taints | _TRIGGER)
    return None


def _formatted(memory: Memory, node: nodes.Call, base: Value, arguments: list[Value]) -> Value:
    names = [keyword.key for keyword in node.kwargs]
    keywords = [memory.of(keyword.value) for keyword in node.kwargs]

    def fill(pattern: str, *rest: object) -> str:
        return v.formatted(pattern, rest[: len(arguments)], dict(zip(names, rest[len(arguments) :], strict=True)))

    return combined(fill, Value(tuple(base.texts()), base.taints), *arguments, *keywords)


def _function(memory: Memory, node: nodes.Call, name: str, arguments: list[Value]) -> Value:
    keywords = {keyword.key: memory.of(keyword.value) for keyword in node.kwargs}
    if name == "dict":
        known = {key: (value.constants or ("",))[0] for key, value in keywords.items()}
        return Value((known,))
    if name in _DATE_CALLS:
        return Value((), frozenset({Taint.DATE}))
    if name in memory.macros:
        for parameter, value in (*zip(memory.macros[name], arguments, strict=False), *keywords.items()):
            memory.bind(parameter, value, name)
    return united([Value((), value.taints & _CONTENT) for value in (*arguments, *keywords.values())])


EXPRESSIONS: dict[type[nodes.Node], Callable[..., Value]] = {
    nodes.Const: _constant,
    nodes.TemplateData: _template_data,
    nodes.Name: _name,
    nodes.List: _sequence,
    nodes.Tuple: _sequence,
    nodes.Dict: _dict,
    nodes.Concat: _concat,
    nodes.Add: _add,
    nodes.Sub: _sub,
    nodes.Mul: _mul,
    nodes.Pow: _pow,
    nodes.Mod: _mod,
    nodes.Neg: _neg,
    nodes.Slice: _slice,
    nodes.Getitem: _getitem,
    nodes.Getattr: _getattr,
    nodes.Filter: _filter,
    nodes.Test: _test,
    nodes.Compare: _compare,
    nodes.And: _either,
    nodes.Or: _either,
    nodes.Not: _not,
    nodes.CondExpr: _choice,
    nodes.Call: _call,
}
"""What computes the value of each kind of expression; other kinds are unknown."""
