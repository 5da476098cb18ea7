"""ExecuTorch programs: bounds of the header, delegates, and operators outside ATen.

Field numbers after executorch/schema/program.fbs; header after its extended_header.cpp.
"""

from __future__ import annotations

from trustaudit.formats.flatbuffer import FlatBuffer, Table
from trustaudit.formats.interface import Inspecting, Source
from trustaudit.formats.record import MalformedError, Reading, Record, clip, concluded

MAX_PLANS = 1000
MAX_OPERATORS = 20_000

_PLANS = 1
_PLAN_OPERATORS, _PLAN_DELEGATES = 6, 7
_HEADER = 8
_HEADER_MAGIC = b"eh00"
_SHOWN = 200


def inspect_executorch(source: Source) -> Inspecting:
    """A ``.pte`` file."""
    record = Record(source, "executorch")
    return concluded(record, _Walk(source, record).run())


class _Walk:
    def __init__(self, source: Source, record: Record) -> None:
        self.source = source
        self.record = record
        self.buffer = FlatBuffer(source, "executorch-malformed")
        self.operators: dict[str, int] = {}
        self.delegates: dict[str, int] = {}

    def run(self) -> Reading[None]:
        magic = yield from self.buffer.pages.take(0, 8)
        if magic[4:6] != b"ET":
            raise MalformedError("executorch-magic", f"no ET12 at offset 4 but {magic[4:]!r}", 4)
        yield from self._header()
        try:
            yield from self.buffer.each((yield from self.buffer.root()), _PLANS, MAX_PLANS, self._plan)
        finally:
            self._conclude()

    def _header(self) -> Reading[None]:
        """The extended header tells where the program ends and where segments start."""
        head = yield from self.buffer.pages.take(_HEADER, 32)
        if not head.startswith(_HEADER_MAGIC):
            return
        length, program, segments = (int.from_bytes(head[a:b], "little") for a, b in ((4, 8), (8, 16), (16, 24)))
        size = int.from_bytes(head[24:32], "little") if length >= len(head) else 0
        fits = program <= self.source.size and segments + size <= self.source.size
        if not fits and not self.source.forward:
            told = f"program of {program} bytes, segments at {segments}, file of {self.source.size}"
            self.record.anomaly("executorch-bounds", told, _HEADER)

    def _plan(self, plan: Table) -> Reading[None]:
        count = yield from self.buffer.each(plan, _PLAN_OPERATORS, MAX_OPERATORS, self._operator)
        if count > MAX_OPERATORS:
            self.record.limit("operators")
        yield from self.buffer.each(plan, _PLAN_DELEGATES, MAX_OPERATORS, self._delegate)

    def _operator(self, operator: Table) -> Reading[None]:
        name = clip((yield from self.buffer.text(operator, 0)), _SHOWN)
        self.operators[name] = self.operators.get(name, 0) + 1

    def _delegate(self, delegate: Table) -> Reading[None]:
        name = clip((yield from self.buffer.text(delegate, 0)), _SHOWN)
        self.delegates[name] = self.delegates.get(name, 0) + 1

    def _conclude(self) -> None:
        for name, count in self.operators.items():
            if not name.startswith("aten::"):
                self.record.fact("executorch-operator", f"operator {name!r}", operator=name, count=str(count))
        for name, count in self.delegates.items():
            self.record.fact("executorch-delegate", f"delegate {name!r}", delegate=name, count=str(count))
        data = {"operators": str(len(self.operators)), "delegates": ",".join(self.delegates)}
        self.record.fact("executorch-model", f"{len(self.operators)} distinct operators", **data)
