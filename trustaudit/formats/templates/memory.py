"""What is known so far of the expressions and names of one template.

Names are kept regardless of order and branches: an expression *can* be what any assignment
to its name makes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes
from msgspec import Struct, field

from trustaudit.formats.templates.traversal import Place
from trustaudit.formats.templates.values import UNKNOWN, Taint, Value, united

CONTENT_KEYS = frozenset({"content", "text"})
_CONTENT_NAMES = CONTENT_KEYS | {"prompt", "query", "user_message", "user_input", "user_query", "last_user_message"}
_MESSAGE_NAMES = frozenset({"messages", "message", "msg", "conversation"})
_DATE_NAMES = frozenset({"date_string", "current_date", "datetime", "date_time"})


BUDGET = 1 << 25
"""Characters and items that folding may look at, over all passes. Of 282 honest templates none needs a tenth."""


class Memory(Struct):
    """``values`` by the identity of the node, ``names`` by (macro or "", name), ``macros`` with their parameters."""

    budget: int = BUDGET
    values: dict[int, Value] = field(default_factory=dict)
    names: dict[tuple[str, str], Value] = field(default_factory=dict)
    macros: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, node: nodes.Node | None) -> Value:
        """What is known of an expression: nothing before it was left, no constants once the budget is spent."""
        value = UNKNOWN if node is None else self.values.get(id(node), UNKNOWN)
        if not value.constants:
            return value
        self.budget -= value.size
        return value if self.budget > 0 else Value((), value.taints)

    def all_of(self, parts: Sequence[nodes.Node]) -> list[Value]:
        """As ``of`` for several."""
        return [self.of(part) for part in parts]

    def is_bound(self, name: str, place: Place) -> bool:
        """Whether the template itself says what a name is."""
        return name in self.macros or (place.macro, name) in self.names or ("", name) in self.names

    def lookup(self, name: str, place: Place) -> Value:
        """What a name can be."""
        for key in ((place.macro, name), ("", name)):
            if key in self.names:
                return self.names[key]
        return given(name)

    def bind(self, name: str, value: Value, macro: str = "") -> None:
        """One more thing that a name can be."""
        key = (macro, name)
        self.names[key] = united([self.names[key], value]) if key in self.names else value

    def bind_target(self, target: nodes.Node, value: Value, place: Place) -> None:
        """As ``bind`` for whatever stands left of an equals sign."""
        if isinstance(target, nodes.Name):
            self.bind(target.name, value, place.macro)
        elif isinstance(target, nodes.NSRef):
            self.bind(f"{target.name}.{target.attr}", value)
        elif isinstance(target, nodes.Tuple):
            for item in target.items:
                self.bind_target(item, Value((), value.taints - {Taint.CONTENT}), place)


def given(name: str) -> Value:
    """What a name that the template does not set holds, judging by the name."""
    if name in _CONTENT_NAMES:
        return Value((), frozenset({Taint.CONTENT}))
    if name in _MESSAGE_NAMES:
        return Value((), frozenset({Taint.MESSAGE}))
    return Value((), frozenset({Taint.DATE})) if name in _DATE_NAMES else UNKNOWN
