"""Work that a template asks for by constants alone, whatever the conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from jinja2 import nodes

from trustaudit.formats.templates.memory import Memory
from trustaudit.formats.templates.notes import Notes
from trustaudit.formats.templates.traversal import Place
from trustaudit.formats.templates.values import Value, widest

MAX_RANGE = 10_000
MAX_ROUNDS = 1_000_000
MAX_REPEAT = 1_000_000
MAX_CHARS = 256 * 1024
"""The longest of 282 honest templates has 20,000 characters."""

_MAX_EXPONENT = 4096
_MAX_MACROS = 200
_PADDING = frozenset({"center", "ljust", "rjust", "zfill", "indent", "batch", "slice"})
_MAX_PARTS = 200
_WIDE = re.compile(r"%[-+ #0]{0,5}\d{6,}|\{[^{}]{0,40}:[^{}]{0,10}\d{6,}")


class Cost:
    """Looks at one node at a time, after its parts were folded; ``finish`` when all were seen."""

    def __init__(self, memory: Memory, notes: Notes) -> None:
        self._memory = memory
        self._notes = notes
        self._calls: dict[str, set[str]] = {}
        self._lines: dict[str, int] = {}

    def look(self, node: nodes.Node, place: Place) -> None:
        """Note what this node alone costs."""
        if isinstance(node, nodes.For):
            self._loop(node, place)
        elif isinstance(node, nodes.Mul):
            self._product(node)
        elif isinstance(node, nodes.Pow):
            self._power(node)
        elif isinstance(node, nodes.Call):
            self._call(node, place)
        elif isinstance(node, nodes.Filter) and node.name in _PADDING:
            self._padded(node.name, self._given(node), node)
        elif isinstance(node, nodes.Assign) and place.loops:
            self._doubled(node)
        elif isinstance(node, nodes.Const) and isinstance(node.value, str) and _WIDE.search(node.value):
            self._note("width", f"asks for a column {widest(node.value)} wide", node)

    def _loop(self, node: nodes.For, place: Place) -> None:
        rounds = prod(self._rounds(loop) for loop in (*place.loops, node))
        if rounds > MAX_ROUNDS:
            self._note("nested-range", f"nested loops run {rounds:,} times", node)

    def _rounds(self, loop: nodes.For) -> int:
        call = loop.iter
        if not (isinstance(call, nodes.Call) and isinstance(call.node, nodes.Name) and call.node.name == "range"):
            return 1
        return max(1, _range_size([self._memory.of(argument) for argument in call.args]))

    def _call(self, node: nodes.Call, place: Place) -> None:
        arguments = self._memory.all_of(node.args)
        if isinstance(node.node, nodes.Getattr) and node.node.attr in _PADDING:
            self._padded(node.node.attr, self._given(node), node)
        if not isinstance(node.node, nodes.Name):
            return
        name = node.node.name
        if name == "range" and _range_size(arguments) > MAX_RANGE:
            self._note("range", f"counts to {_range_size(arguments):,}", node)
        if name == "lipsum" and any(number > MAX_RANGE for value in self._given(node) for number in value.numbers()):
            self._note("lipsum", "asks for a large filler text", node)
        if place.macro and not place.is_conditional:
            self._calls.setdefault(place.macro, set()).add(name)
            self._lines.setdefault(place.macro, node.lineno)

    def _given(self, node: nodes.Call | nodes.Filter) -> list[Value]:
        """The arguments, by position and by name."""
        return self._memory.all_of([*node.args, *(keyword.value for keyword in node.kwargs)])

    def _doubled(self, node: nodes.Assign) -> None:
        """``{% set ns.text = ns.text ~ ns.text %}`` in a loop: sixty rounds are more than any memory."""
        name = _name_of(node.target)
        if name and sum(_name_of(part) == name for part in _summands(node.node)) > 1:
            self._note("doubling", f"doubles {name!r} in every round of a loop", node)

    def _padded(self, name: str, arguments: list[Value], node: nodes.Node) -> None:
        if any(number > MAX_REPEAT for value in arguments for number in value.numbers()):
            self._note("width", f"{name!r} asks for a very wide column", node)

    def _product(self, node: nodes.Mul) -> None:
        left, right = self._memory.of(node.left), self._memory.of(node.right)
        times = [number for number in (*left.numbers(), *right.numbers()) if number > MAX_REPEAT]
        many = [item for item in (*left.constants, *right.constants) if isinstance(item, str | tuple)]
        if times and many:
            self._note("repeat", f"repeats a text or list {max(times):,} times", node)

    def _power(self, node: nodes.Pow) -> None:
        exponents = list(self._memory.of(node.right).numbers())
        if isinstance(node.right, nodes.Pow) or any(number > _MAX_EXPONENT for number in exponents):
            self._note("power", "computes a number of astronomic size", node)

    def finish(self) -> None:
        """Macros that call each other, or themselves, whatever they are given."""
        for name in _in_circles(self._calls):
            told = f"the macro {name!r} calls itself without a condition"
            self._notes.add("template-cost", told, self._lines.get(name), sign="recursion", name=name)

    def _note(self, sign: str, told: str, node: nodes.Node) -> None:
        self._notes.add("template-cost", told, node.lineno, sign=sign)


def _name_of(node: nodes.Node) -> str:
    """``name`` or ``namespace.field``; empty for other expressions."""
    if isinstance(node, nodes.NSRef):
        return f"{node.name}.{node.attr}"
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


def _summands(node: nodes.Node) -> list[nodes.Node]:
    """What is strung together by ``~`` and ``+``, without recursion."""
    found: list[nodes.Node] = []
    pending = [node]
    while pending and len(found) < _MAX_PARTS:
        part = pending.pop()
        if isinstance(part, nodes.Concat | nodes.Add):
            pending += part.iter_child_nodes()
        else:
            found.append(part)
    return found


def _range_size(arguments: list[Value]) -> int:
    """How far ``range`` would count if each argument were the largest constant it can be."""
    numbers = [max(value.numbers(), default=None) for value in arguments]
    if not numbers or None in numbers:
        return 0
    known = [number for number in numbers if number is not None]
    start, stop = (0, known[0]) if len(known) == 1 else known[:2]
    step = known[2] if len(known) > 2 else 1  # noqa: PLR2004 - start, stop, step
    return abs(stop - start) // max(1, abs(step))


def _in_circles(calls: Mapping[str, set[str]]) -> list[str]:
    """Names from which a chain of calls leads back to themselves."""
    return [name for name in list(calls)[:_MAX_MACROS] if name in _reached(name, calls)]


def _reached(start: str, calls: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for name in calls.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found
