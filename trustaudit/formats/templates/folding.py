"""Fills a Memory from a syntax tree, from the bottom up and in the order of the document."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes

from trustaudit.formats.templates.expressions import EXPRESSIONS, apply_filter
from trustaudit.formats.templates.memory import Memory, given
from trustaudit.formats.templates.traversal import Place, Step
from trustaudit.formats.templates.values import MAX_TEXT, MAX_VARIANTS, Value

LEARNING_PASSES = 2
"""So that loops know what they run over, and macros what they are called with, before they are judged."""


def learned(steps: Sequence[Step]) -> Memory:
    """What is known of every expression and name of a traversed tree."""
    memory = Memory()
    for _ in range(LEARNING_PASSES):
        for leaving, node, place in steps:
            visit(memory, node, place, leaving=leaving)
    return memory


def visit(memory: Memory, node: nodes.Node, place: Place, *, leaving: bool) -> None:
    """Take note of one node of a traversal."""
    if not leaving:
        _enter(memory, node, place)
        return
    fold = EXPRESSIONS.get(type(node))
    if fold is not None:
        memory.values[id(node)] = fold(memory, node, place)
    else:
        _leave(memory, node, place)


def _enter(memory: Memory, node: nodes.Node, place: Place) -> None:
    if isinstance(node, nodes.Macro):
        memory.macros[node.name] = tuple(argument.name for argument in node.args)
        for argument in node.args:
            memory.bind(argument.name, given(argument.name), node.name)
    elif isinstance(node, nodes.For):
        memory.bind_target(node.target, _element(memory.of(node.iter)), place)


def _element(several: Value) -> Value:
    """What a loop over these takes up one after the other."""
    items = [item for many in several.constants if isinstance(many, tuple | list | dict) for item in many]
    return Value(tuple(items[:MAX_VARIANTS]), several.taints)


def _leave(memory: Memory, node: nodes.Node, place: Place) -> None:
    if isinstance(node, nodes.Assign):
        memory.bind_target(node.target, memory.of(node.node), place)
        _note_namespace(memory, node)
    elif isinstance(node, nodes.AssignBlock):
        memory.bind_target(node.target, filtered_text(memory, node.body, node.filter), place)
    elif isinstance(node, nodes.FilterBlock):
        memory.values[id(node)] = filtered_text(memory, node.body, node.filter)
    elif isinstance(node, nodes.With):
        for target, value in zip(node.targets, node.values, strict=False):
            memory.bind_target(target, memory.of(value), place)


def _note_namespace(memory: Memory, node: nodes.Assign) -> None:
    """``namespace(x=…)``: its fields are names of the document."""
    call, target = node.node, node.target
    if isinstance(call, nodes.Call) and isinstance(target, nodes.Name) and isinstance(call.node, nodes.Name):
        for keyword in call.kwargs if call.node.name == "namespace" else ():
            memory.bind(f"{target.name}.{keyword.key}", memory.of(keyword.value))


def filtered_text(memory: Memory, body: Sequence[nodes.Node], last: nodes.Filter | None) -> Value:
    """What a block writes, as far as it is constant, behind the filters put around the block."""
    value = _static_text(memory, body)
    chain: list[nodes.Filter] = []
    node: nodes.Node | None = last
    while isinstance(node, nodes.Filter):
        chain.append(node)
        node = node.node
    for step in reversed(chain):
        value = apply_filter(step.name, value, memory.all_of(step.args))
    return value


def _static_text(memory: Memory, body: Sequence[nodes.Node]) -> Value:
    written = [node.nodes if isinstance(node, nodes.Output) else [node] for node in body]
    parts = memory.all_of([part for several in written for part in several])
    text = "".join(next(part.texts(), "") for part in parts)
    taints = frozenset().union(*(part.taints for part in parts))
    return Value((text,) if text and len(text) <= MAX_TEXT else (), taints)
