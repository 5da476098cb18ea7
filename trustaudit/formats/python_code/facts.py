"""Facts about one file, gathered before they are told: worst first, so that a flood cannot push them out."""

from __future__ import annotations

from msgspec import Struct, field

from trustaudit.formats.python_code.model import Phase
from trustaudit.formats.record import Record, clip

_SHOWN = 160
_RANK = {Phase.IMPORT: 0, Phase.LOAD: 1, Phase.CALL: 2, Phase.MAIN: 3}


class Fact(Struct, frozen=True):
    """``kind`` without its ``python-`` prefix; ``what`` is the function or sign it is about."""

    kind: str
    what: str
    line: int
    phase: Phase
    function: str = ""
    data: tuple[tuple[str, str], ...] = ()

    @property
    def same(self) -> tuple[object, ...]:
        """Facts that agree in this are told once, with a count."""
        return (self.kind, self.what, self.phase, tuple(pair for pair in self.data if pair[0] != "text"))


class Facts(Struct):
    """Collects facts without repeats."""

    _first: dict[tuple[object, ...], Fact] = field(default_factory=dict)
    _count: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        """Note a fact; of equal ones the first line counts."""
        known = self._first.get(fact.same)
        if known is None or fact.line < known.line:
            self._first[fact.same] = fact
        self._count[fact.same] = self._count.get(fact.same, 0) + 1

    def every(self) -> list[Fact]:
        """All of them, in the order they were first seen."""
        return list(self._first.values())

    def tell(self, record: Record, before: int = 0) -> None:
        """Write all of them, flows first, then by phase and line."""
        ordered = sorted(self._first.items(), key=lambda item: _order(item[1]))
        for same, fact in ordered:
            record.line = fact.line + before
            where = f" in {clip(fact.function, 60)}()" if fact.function else ""
            data = dict(fact.data)
            if self._count[same] > 1:
                data["count"] = str(self._count[same])
            if fact.function:
                data["function"] = clip(fact.function, _SHOWN)
            shown = {key: clip(value, _SHOWN) for key, value in data.items() if value}
            message = f"{fact.what}{where}, at {fact.phase} time"
            record.fact(f"python-{fact.kind}", message, phase=str(fact.phase), what=clip(fact.what, _SHOWN), **shown)
        record.line = None


def _order(fact: Fact) -> tuple[int, int, int, str]:
    return (0 if fact.kind == "flow" else 1, _RANK[fact.phase], fact.line, fact.what)
