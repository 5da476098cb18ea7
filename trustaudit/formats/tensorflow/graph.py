"""Operators of a graph and the constant texts that flow into them."""

from __future__ import annotations

import re
from collections import Counter

from msgspec import Struct

from trustaudit.formats.protobuf import Fields
from trustaudit.formats.record import LimitReachedError, Record, clip

MAX_NODES = 500_000
MAX_ARGUMENTS = 1000

MAX_PLAIN = 500
MAX_FLOWS = 300_000
"""Constants followed into inputs: bounds the time of a graph in which one list feeds every node."""

_HOPS = 8
_VALUE_CHARS = 300
_LIST_SHOWN = 8
_PASSES_ON = frozenset(
    {b"Identity", b"IdentityN", b"StopGradient", b"Snapshot", b"EnsureShape", b"Reshape", b"ExpandDims"}
)
_CONSTANTS = frozenset({b"Const", b"HostConst"})
_BOOKKEEPING = frozenset({"shared_name", "container", "shape", "dtype", "T"})
_PLACE = re.compile(rb"[/\\~:]")
_PATH = re.compile(r"/\w|~[/\w]|\.\.[/\\]|[A-Za-z]:[\\/]|[a-z][a-z0-9+.-]{1,15}://|\\\\\w|.{1,200}\.(?:py|sh|pth|so)\Z")


class Node(Struct, frozen=True):
    """What a node does, where its inputs come from, and the texts of its attributes."""

    name: bytes
    op: bytes
    inputs: tuple[bytes, ...]
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...]


def node_of(fields: Fields) -> Node:
    """A finished node message, made small: a graph has 100 000 of them."""
    inputs = tuple(item for item in fields.get(3, []) if isinstance(item, bytes))
    attributes = tuple(item for item in fields.get(5, []) if isinstance(item, tuple) and item[1])
    return Node(_last(fields, 1), _last(fields, 2), inputs, attributes)


class Operators:
    """All operators of a file with the constants that flow into them, over every graph and function body."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.counts: Counter[tuple[str, str]] = Counter()
        self.arguments: dict[tuple[str, str, str], int] = {}
        self.plain: dict[tuple[str, str, str], int] = {}
        self.paths: dict[str, None] = {}
        self._flows = 0

    def add(self, nodes: list[Node], where: str, offset: int) -> None:
        """All nodes of one graph or function body: names are only known inside it."""
        if sum(self.counts.values()) + len(nodes) > MAX_NODES:
            raise LimitReachedError("graph-nodes")
        constants: dict[bytes, tuple[bytes, ...]] = {}
        for node in nodes:
            self.counts[_shown(node.op, 200), where] += 1
            values = self._attributes(node, offset)
            if node.op in _CONSTANTS and values:
                constants[node.name] = values
        if constants:
            self._follow(nodes, constants, offset)

    def note_paths(self, values: tuple[bytes, ...]) -> None:
        """Constants that look like a path or address, whoever takes them."""
        for value in values:
            shown = _shown(value, _VALUE_CHARS)
            if _PATH.match(shown) and len(self.paths) < MAX_ARGUMENTS:
                self.paths[shown] = None

    def _attributes(self, node: Node, offset: int) -> tuple[bytes, ...]:
        """Texts of the ``value`` attribute; other attributes that name a place become arguments."""
        found: tuple[bytes, ...] = ()
        for key, values in node.attributes:
            if key == "value":
                found = _telling(values)
                self.note_paths(found)
            elif key not in _BOOKKEEPING and not key.startswith("_"):
                for value in values:
                    if _PLACE.search(value):
                        self._argument(node.op, key, value, offset)
        return found

    def _follow(self, nodes: list[Node], constants: dict[bytes, tuple[bytes, ...]], offset: int) -> None:
        """Hand constants to the operators that take them, also through operators that only pass them on."""
        between = {node.name: node for node in nodes if node.op in _PASSES_ON or node.op == b"StringJoin"}
        for node in nodes:
            if node.op in _PASSES_ON:
                continue
            for position, source in enumerate(node.inputs):
                for value in _arriving(constants, between, source):
                    self._argument(node.op, str(position), value, offset)

    def _argument(self, op: bytes, slot: str, value: bytes, offset: int) -> None:
        """Arguments that look like paths or addresses have a bound of their own, which counts as a limit."""
        self._flows += 1
        if self._flows > MAX_FLOWS:
            raise LimitReachedError("constant-flows")
        key = (_shown(op, 200), clip(slot, 100), _shown(value, _VALUE_CHARS))
        telling = bool(_PATH.match(key[2]))
        kept, most = (self.arguments, MAX_ARGUMENTS) if telling else (self.plain, MAX_PLAIN)
        if key in kept or len(kept) < most:
            kept.setdefault(key, offset)
        elif telling:
            self.record.limit("operator-arguments")

    def conclude(self) -> None:
        """One fact per operator, per argument, and per constant that looks like a path or address."""
        for (op, where), count in sorted(self.counts.items()):
            self.record.fact(
                "tf-operator", f"{op} x {count} in the {where}", operator=op, count=str(count), where=where
            )
        for (op, slot, value), offset in (self.arguments | self.plain).items():
            told = f"{op} gets the constant {clip(value, 100)!r}"
            self.record.fact("tf-operator-argument", told, offset, operator=op, slot=slot, value=value)
        for value in self.paths:
            self.record.fact("tf-path-constant", f"a constant holds {clip(value, 100)!r}", value=value)


def _telling(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Of a long list (names of variables, a vocabulary) the first few and whatever looks like a path."""
    if len(values) <= _LIST_SHOWN:
        return values
    return values[:2] + tuple(value for value in values[2:] if _PATH.match(_shown(value, _VALUE_CHARS)))


def _arriving(
    constants: dict[bytes, tuple[bytes, ...]], between: dict[bytes, Node], source: bytes
) -> tuple[bytes, ...]:
    """Constant texts that arrive at an input, through operators that pass on or join texts."""
    name = _producer(source)
    for _ in range(_HOPS):
        if name in constants:
            return constants[name]
        node = between.get(name)
        if node is None or not node.inputs:
            return ()
        if node.op == b"StringJoin":
            return (_joined(constants, node),)
        name = _producer(node.inputs[0])
    return ()


def _joined(constants: dict[bytes, tuple[bytes, ...]], node: Node) -> bytes:
    """The joined text; what is not constant shows as an ellipsis."""
    parts = (constants.get(_producer(source), ("…".encode(),)) for source in node.inputs[:64])
    return b"".join(part[0][:_VALUE_CHARS] for part in parts if part)


def _producer(source: bytes) -> bytes:
    """``^node`` is a control edge, ``node:0`` and ``node:output:0`` name an output."""
    return source.lstrip(b"^").split(b":", 1)[0]


def _last(fields: Fields, number: int) -> bytes:
    value = fields.get(number, [b""])[-1]
    return value if isinstance(value, bytes) else b""


def _shown(data: bytes, length: int) -> str:
    return clip(data[: length * 4].decode("utf-8", "backslashreplace"), length)
