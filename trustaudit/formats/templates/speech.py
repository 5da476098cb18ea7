"""What a template says of its own, and what it makes that depend on.

An instruction hidden in a template is a text of the template's own; one that shows only
sometimes hangs on a comparison with what the user wrote, or with the date.
"""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import nodes

from trustaudit.formats.hidden_text import hidden_in
from trustaudit.formats.templates.memory import Memory
from trustaudit.formats.templates.notes import Notes
from trustaudit.formats.templates.traversal import Place
from trustaudit.formats.templates.values import Taint, Value
from trustaudit.formats.templates.wording import is_sentence, is_wording, requests_in

_SPEAKING = (
    nodes.TemplateData,
    nodes.Const,
    nodes.Concat,
    nodes.Add,
    nodes.Mod,
    nodes.Name,
    nodes.Getitem,
    nodes.Getattr,
)
_SPEAKING_TOO = (nodes.Filter, nodes.Call)
_DECISIONS = {Taint.TRIGGER: "content", Taint.CLOCK: "date"}
_DECIDING = frozenset(_DECISIONS)
_MAX_CALLED = 200
_LONGEST_REPLACED = 80
"""Templates take whole boilerplate paragraphs out of a system prompt; words that a user wrote are short."""

_SHORTEST_SIGN = 8


class Speech:
    """Looks at one node at a time, after its parts were folded."""

    def __init__(self, memory: Memory, notes: Notes, guarded_macros: dict[str, frozenset[Taint]]) -> None:
        self._memory = memory
        self._notes = notes
        self._guarded_macros = guarded_macros
        self._quoted: set[int] = set()
        self._heard: set[tuple[str, frozenset[Taint]]] = set()

    def enter(self, node: nodes.Node) -> None:
        """Texts that are only compared with, or replaced, are not said."""
        if isinstance(node, nodes.Compare):
            self._quote(node.expr, *(operand.expr for operand in node.ops))
        elif isinstance(node, nodes.Test) or (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr)):
            self._quote(*node.args)
        elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "raise_exception":
            self._quote(*_inside(node))

    def look(self, node: nodes.Node, place: Place) -> None:
        """Note what this node alone shows."""
        guards = self._guards(place)
        if isinstance(node, nodes.Compare | nodes.Test | nodes.Filter | nodes.Call | nodes.Getitem):
            self._decision(node)
        if isinstance(node, nodes.Call | nodes.Filter):
            self._replaced(node)
        if isinstance(node, _SPEAKING + _SPEAKING_TOO) and id(node) not in self._quoted:
            self._said(node, guards)

    def _quote(self, *parts: nodes.Node) -> None:
        self._quoted.update(id(part) for part in parts)

    def _guards(self, place: Place) -> frozenset[Taint]:
        taints = (self._memory.of(guard).taints for guard in place.guards)
        around = self._guarded_macros.get(place.macro, frozenset())
        return frozenset().union(around, *taints) & _DECIDING

    def _decision(self, node: nodes.Expr) -> None:
        """A comparison of content with wording, or of the clock: noted where it is made."""
        made = self._memory.of(node).taints & _DECIDING
        for part in node.iter_child_nodes():
            made -= self._memory.of(part.expr if isinstance(part, nodes.Operand) else part).taints
        for taint in made:
            words = [text for text in self._operands(node) if taint is Taint.CLOCK or is_wording(text)]
            subject = "what the date is" if taint is Taint.CLOCK else "what the user wrote"
            told = f"decides by {subject}: {words[0] if words else ''!r}"
            self._notes.add("template-trigger", told, node.lineno, on=_DECISIONS[taint], text=", ".join(words[:8]))

    def _operands(self, node: nodes.Expr) -> Iterable[str]:
        parts = [part.expr if isinstance(part, nodes.Operand) else part for part in node.iter_child_nodes()]
        values = [self._memory.of(part) for part in parts]
        if isinstance(node, nodes.Filter):  # the second argument names a test
            values = values[:2] + values[3:] if node.name.endswith("attr") else values[:1] + values[2:]
        values = [value for value in values if not value.taints & {Taint.CONTENT, Taint.DATE}]
        return [text for value in values for text in (*value.all_texts(), *map(str, value.numbers()))]

    def called(self, node: nodes.Node, place: Place) -> None:
        """What a macro says, it says under the conditions of its calls. To be learned before anything is looked at."""
        guards = self._guards(place)
        callee = node.node if isinstance(node, nodes.Call) else None
        if guards and isinstance(callee, nodes.Name) and len(self._guarded_macros) < _MAX_CALLED:
            known = self._guarded_macros.get(callee.name, frozenset())
            self._guarded_macros[callee.name] = known | guards

    def _replaced(self, node: nodes.Call | nodes.Filter) -> None:
        base, arguments = self._replacement(node)
        if Taint.CONTENT not in base.taints:
            return
        words = [text for value in arguments for text in value.texts() if is_wording(text)]
        if words and len(words[0]) < _LONGEST_REPLACED:
            told = f"changes words of the conversation: {words[0]!r}"
            self._notes.add("template-replace", told, node.lineno, text=", ".join(words))

    def _replacement(self, node: nodes.Call | nodes.Filter) -> tuple[Value, list[Value]]:
        if isinstance(node, nodes.Filter):
            inner = node.node if node.name == "replace" else None
        else:
            inner = node.node.node if isinstance(node.node, nodes.Getattr) and node.node.attr == "replace" else None
        return self._memory.of(inner), self._memory.all_of(node.args[:2])

    def _said(self, node: nodes.Node, guards: frozenset[Taint]) -> None:
        value = self._memory.of(node)
        if isinstance(node, nodes.Getitem | nodes.Call):  # looking an answer up by what the user wrote
            guards |= value.taints & _DECIDING
        for text in value.all_texts():
            if (text, guards) in self._heard:
                continue
            self._heard.add((text, guards))
            self._text(text, node, guards, folded=not isinstance(node, nodes.TemplateData | nodes.Const))

    def _text(self, text: str, node: nodes.Node, guards: frozenset[Taint], *, folded: bool) -> None:
        under = ",".join(sorted(_DECISIONS[taint] for taint in guards))
        if guards and is_sentence(text):
            told = f"says {text.strip()[:120]!r} depending on the {under.replace('content', 'conversation')}"
            self._notes.add("template-guarded-text", told, node.lineno, on=under, text=" ".join(text.split()))
        for sign, excerpt in requests_in(text) if len(text) >= _SHORTEST_SIGN else ():
            told = f"says {excerpt!r}"
            self._notes.add("template-text", told, node.lineno, sign=sign, text=excerpt, on=under)
        if folded or isinstance(node, nodes.Const):
            self._hidden(text, node)

    def _hidden(self, text: str, node: nodes.Node) -> None:
        """An escape of an invisible character can be seen in the source, and not in what is said."""
        for hidden in hidden_in(text):
            told = f"writes {hidden.count} invisible characters ({hidden.name}, {hidden.code})"
            data = {"class": hidden.name, "count": str(hidden.count), "code": hidden.code, "how": "escape"}
            self._notes.add("template-hidden-character", told, node.lineno, **data)


def _inside(root: nodes.Node) -> list[nodes.Node]:
    """All nodes below one, without recursion."""
    found: list[nodes.Node] = []
    pending = [root]
    while pending:
        children = list(pending.pop().iter_child_nodes())
        found += children
        pending += children
    return found
