"""PaddlePaddle programs (``.pdmodel``): operators and the texts they are given.

Field numbers after paddle/fluid/framework/framework.proto. ``.pdparams`` is a pickle and
goes there; a program can still call back into Python (``py_func``) or read files.
"""

from __future__ import annotations

from collections import Counter

from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.protobuf import Fields, Keep, Schema, Walker, text
from trustaudit.formats.readahead import Window
from trustaudit.formats.record import Reading, Record, clip, concluded

SCHEMA: Schema = {
    "Program": {1: "Block"},
    "Block": {4: "Operator"},
    "Operator": {3: Keep.TEXT, 4: "Attribute"},
    "Attribute": {1: Keep.TEXT, 5: Keep.TEXT, 8: Keep.FEW},
}

_BOOKKEEPING = frozenset({"op_callstack", "op_namescope", "op_device", "op_role_var", "name_scope"})
_PLACE = ("/", "\\", "~", "://")
_ARGUMENTS = 500
_SHOWN = 200


def inspect_paddle(source: Source) -> Inspecting:
    """The operators of a program, with texts that name a place."""
    record = Record(source, "paddle-program")
    return concluded(record, _walk(source, record))


def _worth(message: str, data: bytes) -> bool:
    """Call stacks are most of a program: the attribute's name stands in front."""
    return message != "Attribute" or not data.startswith(b"\n\x0cop_callstack")


def _walk(source: Source, record: Record) -> Reading[None]:
    program = _Program(record)
    walker = Walker(Window(source), SCHEMA, program.reduce, "paddle", _worth)
    try:
        yield from walker.run("Program", 0, source.size)
    finally:
        program.conclude()
        if walker.too_deep:
            record.limit("message-depth")
    if not program.operators:
        record.anomaly("paddle-empty", "holds no operators")
        record.unseen("nothing of a program was found")


class _Program:
    """Collects bottom-up what the walker finishes."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.operators: Counter[str] = Counter()
        self.arguments: dict[tuple[str, str, str], int] = {}

    def reduce(self, message: str, fields: Fields, offset: int) -> object:
        """What the walker calls for each finished message."""
        if message == "Attribute":
            values = [value for number in (5, 8) for value in fields.get(number, []) if isinstance(value, bytes)]
            return (text(fields, 1), values) if values else None
        if message == "Operator":
            self._operator(fields, offset)
        return None

    def _operator(self, fields: Fields, offset: int) -> None:
        name = clip(text(fields, 3), _SHOWN)
        self.operators[name] += 1
        for attribute in fields.get(4, []):
            key, values = attribute if isinstance(attribute, tuple) else ("", [])
            if key in _BOOKKEEPING:
                continue
            for value in values:
                self._argument(name, key, value.decode("utf-8", "backslashreplace"), offset)

    def _argument(self, operator: str, key: str, value: str, offset: int) -> None:
        if not any(mark in value for mark in _PLACE):
            return
        if len(self.arguments) >= _ARGUMENTS:
            self.record.limit("operator-arguments")
            return
        self.arguments.setdefault((operator, clip(key, 100), clip(value, 300)), offset)

    def conclude(self) -> None:
        """One fact per operator and per argument; also after a walk that broke off."""
        for name, count in sorted(self.operators.items()):
            self.record.fact("paddle-operator", f"{name} x {count}", None, operator=name, count=str(count))
        for (operator, key, value), offset in self.arguments.items():
            told = f"{operator} gets {clip(value, 100)!r}"
            self.record.fact("paddle-operator-argument", told, offset, operator=operator, slot=key, value=value)
