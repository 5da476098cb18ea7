"""What a walk over syntax trees collects: scopes, bindings, calls. No meaning yet."""

from __future__ import annotations

import ast
from enum import StrEnum

from msgspec import Struct, field

Key = tuple[int, str]
"""A name in a scope. Scope -1 holds attributes of objects (``self.x``), -2 what functions return."""

MAX_BINDINGS = 2_000
"""Meanings of one name in one scope: above it names are dropped, and the file is not seen whole."""

ATTRIBUTES = -1
RETURNS = -2


class Phase(StrEnum):
    """When code runs. ``load``: while a model, tokenizer or configuration is being made."""

    IMPORT = "import"
    LOAD = "load"
    CALL = "call"
    MAIN = "main"


class Scope(Struct):
    """A module, class or function. ``phase`` of a function is settled once its callers are known."""

    number: int
    kind: str
    name: str
    parent: int
    phase: Phase
    parameters: tuple[str, ...] = ()
    bound: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    """Names declared ``global`` or ``nonlocal``."""


class Call(Struct, frozen=True):
    """A call, the scope it stands in, and the function whose running runs it."""

    node: ast.Call
    scope: int
    region: int


class Binding(Struct, frozen=True):
    """Something that a name may stand for: an expression in its scope, or a dotted name that was imported."""

    scope: int
    expression: ast.expr | None = None
    imported: str = ""


class Store(Struct, frozen=True):
    """An assignment to an attribute or an item: ``torch.load = mine``."""

    target: ast.expr
    value: ast.expr | None
    scope: int
    region: int


class Code(Struct):
    """One file."""

    scopes: list[Scope] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    bindings: dict[Key, list[Binding]] = field(default_factory=dict)
    stores: list[Store] = field(default_factory=list)
    functions: dict[str, list[int]] = field(default_factory=dict)
    """Scopes of functions by their bare name."""
    methods: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    """Scopes of methods by class and name."""
    lambdas: dict[int, int] = field(default_factory=dict)
    """Scopes of lambdas by the identity of their node."""
    classes: dict[str, list[int]] = field(default_factory=dict)
    strings: list[tuple[ast.Constant, int, int]] = field(default_factory=list)
    """String constants that are no docstrings, with scope and region."""
    imports: list[tuple[str, int, int, Phase]] = field(default_factory=list)
    """(module, level of a relative import, line, phase of the importing scope)."""
    uses: list[tuple[str, int]] = field(default_factory=list)
    """(local function or class, region that runs it without a plain call): decorators, base classes."""
    attributes: list[tuple[ast.Attribute, int, int]] = field(default_factory=list)
    iterated: set[int] = field(default_factory=set)
    """Identities of expressions that loops go over: what is bound to one of them is an item of it."""
    identifiers: set[str] = field(default_factory=set)
    limits: set[str] = field(default_factory=set)

    def bind(self, key: Key, binding: Binding) -> None:
        """Note a meaning of a name. One value for many targets (``a = b = x``) counts once for each name."""
        known = self.bindings.setdefault(key, [])
        if known and binding.expression is not None and known[-1].expression is binding.expression:
            return
        if len(known) >= MAX_BINDINGS:
            self.limits.add("python-bindings")
            return
        known.append(binding)

    def key_of(self, scope: int, name: str) -> Key:
        """The binding a name refers to, by Python's scoping; classes are skipped from inside functions."""
        first = True
        while scope > 0:
            here = self.scopes[scope]
            visible = first or here.kind != "class"
            if visible and name in here.bound and name not in here.outer:
                return (scope, name)
            first, scope = False, here.parent
        return (0, name)
