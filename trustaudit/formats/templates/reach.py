"""Attributes, calls and tags: what a template reaches for besides its conversation."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import nodes

from trustaudit.formats.templates import values as v
from trustaudit.formats.templates.memory import Memory
from trustaudit.formats.templates.notes import Notes
from trustaudit.formats.templates.traversal import Place
from trustaudit.knowledge.template_words import template_words

_BY_ATTRIBUTE = frozenset({"map", "selectattr", "rejectattr", "groupby", "sort", "unique", "sum", "min", "max", "join"})
_FIRST_IS_ATTRIBUTE = frozenset({"selectattr", "rejectattr", "groupby"})
_FORMATS = frozenset({"format", "format_map"})
_TAGS: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.ExprStmt: "do",
    nodes.CallBlock: "call",
    nodes.Block: "block",
}


class Reach:
    """Looks at one node at a time, after its parts were folded."""

    def __init__(self, memory: Memory, notes: Notes) -> None:
        self._memory = memory
        self._notes = notes
        self._words = template_words()

    def look(self, node: nodes.Node, place: Place) -> None:
        """Note what this node alone shows."""
        tag = _TAGS.get(type(node))
        if tag:
            self._call(tag, f"uses the tag {tag!r}", node, name=tag)
        elif isinstance(node, nodes.Getattr):
            self._attribute(node.attr, "attribute", node)
            self._object(node.node, node, place)
            self._bound_format(node)
        elif isinstance(node, nodes.Getitem):
            self._names(self._memory.of(node.arg).texts(), "subscript", node)
            self._put_together(node)
            self._object(node.node, node, place)
        elif isinstance(node, nodes.Filter):
            self._filter(node)
        elif isinstance(node, nodes.Test):
            self._test(node)
        elif isinstance(node, nodes.Call):
            self._called(node, place)
        else:
            self._named(node)

    def _named(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.NSRef):
            self._attribute(node.attr, "attribute", node)
        elif isinstance(node, nodes.Keyword):
            self._literal(node.key, "keyword", node)
        elif isinstance(node, nodes.Name):
            self._literal(node.name, "name", node)
        elif isinstance(node, nodes.Const | nodes.Concat | nodes.Add | nodes.Mod):
            for text in self._memory.of(node).texts():
                self._literal(text, "text", node)

    def _names(self, texts: Iterable[str], how: str, node: nodes.Node) -> None:
        for text in texts:
            for part in text.split("."):
                self._attribute(part, how, node)

    def _attribute(self, name: str, how: str, node: nodes.Node) -> None:
        """A leading underscore is private by agreement; what leads to the interpreter is listed."""
        if self._words.is_internal(name):
            self._escape(name, how, "internal", node)
        elif name.startswith("_") and name.strip("_"):
            self._escape(name, how, "private", node)

    def _literal(self, text: str, how: str, node: nodes.Node) -> None:
        """A name of the interpreter that stands about as text, to be looked up by some other way."""
        if text.startswith("__") and text.endswith("__") and text.strip("_").isidentifier():
            self._escape(text, how, "internal", node)

    def _escape(self, name: str, how: str, degree: str, node: nodes.Node) -> None:
        told = f"names {name!r} as {how}, which leads from a value to the interpreter"
        self._notes.add("template-escape", told, node.lineno, name=name, how=how, degree=degree)

    def _put_together(self, node: nodes.Getitem) -> None:
        """``''[a ~ b]``: a name that nobody can read off. An index, a role or a tool's name is looked up as it is."""
        if self._memory.of(node.arg).constants or isinstance(node.arg, nodes.Slice):
            return
        name = type(node.arg).__name__.lower()
        if _is_nothing(node.node):
            self._call("literal-attribute", "looks up a computed attribute of an empty literal", node, name=name)
        elif isinstance(node.arg, nodes.Concat):
            self._call("dynamic-attribute", "looks up a name that is put together", node, name=name)

    def _object(self, base: nodes.Node, node: nodes.Node, place: Place) -> None:
        if (
            isinstance(base, nodes.Name)
            and base.name in self._words.objects
            and not self._memory.is_bound(base.name, place)
        ):
            told = f"reaches into {base.name!r}, an object of the template engine"
            self._notes.add("template-escape", told, node.lineno, name=base.name, how="object", degree="internal")

    def _filter(self, node: nodes.Filter) -> None:
        arguments = [self._memory.of(argument) for argument in node.args]
        if node.name == "attr":
            self._names((text for value in arguments for text in value.texts()), "filter", node)
            known = ", ".join(text for value in arguments for text in value.texts())
            self._call("attr", "looks up an attribute with the filter 'attr'", node, name=known)
        elif node.name == "format":
            self._pattern(node.node, node, "filter")
        elif node.name not in self._words.filters:
            self._call("unknown-filter", f"uses a filter {node.name!r}", node, name=node.name)
        if node.name in _BY_ATTRIBUTE:
            self._by_attribute(node)

    def _by_attribute(self, node: nodes.Filter) -> None:
        given = [keyword.value for keyword in node.kwargs if keyword.key == "attribute"]
        given += node.args[:1] if node.name in _FIRST_IS_ATTRIBUTE else []
        for argument in given:
            value = self._memory.of(argument)
            self._names(value.texts(), "filter", node)
            if not value.constants:
                self._call("dynamic-attribute", f"{node.name!r} by an attribute that is computed", node, name=node.name)
        if node.name == "map":
            self._mapped(node)

    def _mapped(self, node: nodes.Filter) -> None:
        """``map("attr", "__class__")``: a filter by its name, with arguments."""
        named = [text for argument in node.args[:1] for text in self._memory.of(argument).texts()]
        if "attr" in named:
            self._names(
                (text for argument in node.args[1:] for text in self._memory.of(argument).texts()), "filter", node
            )
            self._call("attr", "looks up attributes with map('attr')", node, name="map")

    def _test(self, node: nodes.Test) -> None:
        if node.name not in self._words.tests:
            self._call("unknown-test", f"uses a test {node.name!r}", node, name=node.name)

    def _called(self, node: nodes.Call, place: Place) -> None:
        callee = node.node
        if isinstance(callee, nodes.Name):
            self._function(callee.name, node, place)
        elif isinstance(callee, nodes.Getattr):
            self._method(callee, node)
        elif not self._is_list_of_macros(callee):
            self._call(
                "called-value", "calls the result of another expression", node, name=type(callee).__name__.lower()
            )

    def _is_list_of_macros(self, callee: nodes.Node) -> bool:
        """``macros[index](…)``: one item of a list that the template itself made."""
        if not isinstance(callee, nodes.Getitem):
            return False
        listed = self._memory.of(callee.node).constants
        return any(isinstance(item, tuple) for item in listed) and not any(self._memory.of(callee.arg).texts())

    def _function(self, name: str, node: nodes.Call, place: Place) -> None:
        if name in self._words.functions or self._memory.is_bound(name, place):
            return
        sign = "dangerous" if name in self._words.dangerous else "unknown-function"
        self._call(sign, f"calls {name!r}, which no engine offers to templates", node, name=name)

    def _method(self, callee: nodes.Getattr, node: nodes.Call) -> None:
        name = callee.attr
        if name in _FORMATS:
            self._pattern(callee.node, node, name)
        elif name in self._words.dangerous:
            self._call("dangerous", f"calls a method {name!r}", node, name=name)
        elif name not in self._words.methods:
            self._call("unknown-method", f"calls a method {name!r}", node, name=name)

    def _bound_format(self, node: nodes.Getattr) -> None:
        """``{% set f = "{0.attribute}".format %}``: the call may stand elsewhere. A field may be called format, too."""
        if node.attr in _FORMATS:
            for text in self._memory.of(node.node).texts():
                self._names(v.format_fields(text), "format", node)

    def _pattern(self, pattern: nodes.Node | None, node: nodes.Node, how: str) -> None:
        """``"{0.attribute}".format(…)`` looks up attributes; a pattern that is not constant may hold any."""
        value = self._memory.of(pattern)
        for text in value.texts():
            self._names(v.format_fields(text), "format", node)
        if not value.constants:
            self._call("dynamic-format", f"{how!r} with a pattern that is computed", node, name=how)

    def _call(self, sign: str, told: str, node: nodes.Node, *, name: str) -> None:
        self._notes.add("template-call", told, node.lineno, sign=sign, name=name)


def _is_nothing(base: nodes.Node) -> bool:
    """``''``, ``()``, ``[]``, ``{}`` or a number: there is nothing to be looked up but attributes."""
    if isinstance(base, nodes.Const):
        return not isinstance(base.value, str) or not base.value
    return isinstance(base, nodes.Tuple | nodes.List | nodes.Dict) and not base.items
