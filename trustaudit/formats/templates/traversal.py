"""A syntax tree in the order of the document, with the conditions and loops around each node.

Without recursion: how deep expressions nest is up to the template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jinja2 import nodes
from msgspec import Struct
from msgspec.structs import replace

_MAX_GUARDS = 32


class Place(Struct, frozen=True):
    """What is around a node: the conditions it depends on, outermost first, the loops, and the macro."""

    guards: tuple[nodes.Node, ...] = ()
    loops: tuple[nodes.For, ...] = ()
    macro: str = ""

    @property
    def is_conditional(self) -> bool:
        """Whether the node may be skipped."""
        return bool(self.guards or self.loops)

    def under(self, *guards: nodes.Node | None) -> Place:
        """The place behind further conditions."""
        added = tuple(guard for guard in guards if guard is not None)
        return replace(self, guards=(self.guards + added)[-_MAX_GUARDS:])


Placed = tuple[nodes.Node, Place]
Step = tuple[bool, nodes.Node, Place]
"""Whether the node is left (else entered), the node, and its place."""


def traverse(root: nodes.Node) -> Iterator[Step]:
    """Two steps for each node: when it is entered, and when all inside it was seen."""
    pending: list[Step] = [(False, root, Place())]
    while pending:
        leaving, node, place = pending.pop()
        yield leaving, node, place
        if not leaving:
            pending.append((True, node, place))
            pending += [(False, child, where) for child, where in reversed(list(_children(node, place)))]


def _children(node: nodes.Node, place: Place) -> Iterable[Placed]:
    special = _SPECIAL.get(type(node))
    return special(node, place) if special else ((child, place) for child in node.iter_child_nodes())


def _of_if(node: nodes.If, place: Place) -> Iterator[Placed]:
    yield node.test, place
    yield from ((child, place.under(node.test)) for child in node.body)
    yield from ((child, place.under(node.test)) for child in node.elif_)
    otherwise = place.under(node.test, *(other.test for other in node.elif_[:_MAX_GUARDS]))
    yield from ((child, otherwise) for child in node.else_)


def _of_condition(node: nodes.CondExpr, place: Place) -> Iterator[Placed]:
    yield node.test, place
    yield node.expr1, place.under(node.test)
    if node.expr2 is not None:
        yield node.expr2, place.under(node.test)


def _of_logic(node: nodes.BinExpr, place: Place) -> Iterator[Placed]:
    """``condition and text or other``: the right side depends on the left."""
    yield node.left, place
    yield node.right, place.under(node.left)


def _of_for(node: nodes.For, place: Place) -> Iterator[Placed]:
    inside = replace(place.under(node.iter, node.test), loops=(*place.loops, node)[-_MAX_GUARDS:])
    yield node.iter, place
    yield node.target, place
    if node.test is not None:
        yield node.test, place
    yield from ((child, inside) for child in node.body)
    yield from ((child, place) for child in node.else_)


def _of_macro(node: nodes.Macro, place: Place) -> Iterator[Placed]:
    yield from ((child, place) for child in node.defaults)
    inside = Place(macro=node.name)
    yield from ((child, inside) for child in (*node.args, *node.body))


def _of_assignment(node: nodes.Assign, place: Place) -> Iterator[Placed]:
    yield node.node, place
    yield node.target, place


_SPECIAL: dict[type[nodes.Node], Callable[..., Iterator[Placed]]] = {
    nodes.If: _of_if,
    nodes.CondExpr: _of_condition,
    nodes.And: _of_logic,
    nodes.Or: _of_logic,
    nodes.For: _of_for,
    nodes.Macro: _of_macro,
    nodes.Assign: _of_assignment,
}
