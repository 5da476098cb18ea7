"""Which known function an expression means, through import aliases, assignments and look-ups by text.

Flow-insensitive and therefore generous: a name that was once ``os.system`` may be it anywhere
in its scope. Names that lead to nothing in the table of ``knowledge`` are dropped at once,
so ordinary tensor code costs next to nothing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable

from trustaudit.formats.python_code.model import ATTRIBUTES, RETURNS, Binding, Code, Key
from trustaudit.formats.python_code.texts import Texts
from trustaudit.knowledge.python_calls import python_calls

Dotted = frozenset[str]

_NOTHING: Dotted = frozenset()
_ROUNDS = 25
"""Passes until aliases of aliases are known; chains in the order of the file need one."""

_MOST = 8
_DEPTH = 60
_LONGEST = 160
_BUILTINS = frozenset(dir(builtins)) | {"__builtins__"}
_IMPORTERS = frozenset({"builtins.__import__", "importlib.import_module", "pydoc.locate", "pkgutil.resolve_name"})
_MODULES = frozenset({"os", "subprocess", "sys", "builtins", "importlib", "ctypes", "socket", "pty"})
"""Modules that others have imported and so can be reached through them: ``shutil.os``."""

_TABLES = frozenset({"globals", "locals", "vars"})


class Names:
    """The names of one file. ``resolve`` answers with canonical dotted names."""

    def __init__(self, code: Code, texts: Texts) -> None:
        self._code, self._texts, self._calls = code, texts, python_calls()
        self._known: dict[Key, Dotted] = {}
        self.unsettled = not self._settle()

    def _settle(self) -> bool:
        """Repeat until no name gains a meaning. False when the rounds did not suffice."""
        return any(not self._round() for _ in range(_ROUNDS))

    def _round(self) -> bool:
        changed = False
        for key, bindings in self._code.bindings.items():
            known = self._known.get(key, _NOTHING)
            found = known.union(*(self._meaning(binding) for binding in bindings))
            if found != known and len(known) < _MOST:
                self._known[key] = found
                changed = True
        return changed

    def _meaning(self, binding: Binding) -> Dotted:
        if binding.imported:
            last = binding.imported.rpartition(".")[2]
            return self._kept([binding.imported, last] if last in _MODULES else [binding.imported])
        return self.resolve(binding.expression, binding.scope) if binding.expression is not None else _NOTHING

    def _kept(self, names: Iterable[str]) -> Dotted:
        canonical = (self._calls.canonical(name) for name in names if len(name) < _LONGEST)
        return frozenset(name for name in canonical if self._calls.leads_somewhere(name))

    def resolve(self, node: ast.AST, scope: int, depth: int = 0) -> Dotted:
        """Every known meaning of an expression."""
        if depth > _DEPTH:
            return _NOTHING
        match node:
            case ast.Name():
                return self._name(node.id, scope)
            case ast.Attribute():
                return self._attribute(node, scope, depth)
            case ast.Call():
                return self._call(node, scope, depth)
            case ast.Subscript():
                return self._subscript(node, scope, depth)
            case _:
                parts = _parts(node)
                return _NOTHING.union(*(self.resolve(part, scope, depth + 1) for part in parts[:_MOST]))

    def _name(self, name: str, scope: int) -> Dotted:
        key = self._code.key_of(scope, name)
        if key in self._code.bindings:
            return self._known.get(key, _NOTHING)
        if key[0] == 0 and name not in self._code.scopes[0].bound and name in _BUILTINS:
            return self._kept(["builtins" if name == "__builtins__" else f"builtins.{name}"])
        return self._starred(name) if key[0] == 0 else _NOTHING

    def _starred(self, name: str) -> Dotted:
        """``from os import *`` may have brought it."""
        stars = self._known.get((0, "*"), _NOTHING)
        return self._kept(f"{star}.{name}" for star in stars)

    def _attribute(self, node: ast.Attribute, scope: int, depth: int) -> Dotted:
        bases = self.resolve(node.value, scope, depth + 1)
        if node.attr in ("__dict__", "__func__", "__wrapped__", "__call__"):
            return bases
        found = self._kept(f"{base}.{node.attr}" for base in bases)
        if found:
            return found
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        if node.attr in _MODULES and not own:
            return frozenset({node.attr})
        return self._known.get((ATTRIBUTES, node.attr), _NOTHING)

    def _call(self, node: ast.Call, scope: int, depth: int) -> Dotted:
        functions = self.resolve(node.func, scope, depth + 1)
        looked_up = self._looked_up(node, functions, scope, depth)
        if looked_up:
            return looked_up
        results = self._kept(f"{name}()" for name in functions)
        if "functools.partial" in functions and node.args:
            results |= self.resolve(node.args[0], scope, depth + 1)
        return results | self._returned(node)

    def _returned(self, node: ast.Call) -> Dotted:
        """What local functions of that name return."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        scopes = self._code.functions.get(name, [])[-_MOST:]
        return _NOTHING.union(*(self._known.get((RETURNS, str(number)), _NOTHING) for number in scopes))

    def _looked_up(self, node: ast.Call, functions: Dotted, scope: int, depth: int) -> Dotted:
        """``getattr(os, "system")``, ``__import__("os")``, ``operator.attrgetter("system")(os)``."""
        if not node.args:
            return self._kept(["builtins"]) if "builtins.globals" in functions else _NOTHING
        by_text = self._by_text(node, functions, scope, depth)
        if by_text:
            return by_text
        if not _IMPORTERS.isdisjoint(functions):
            return self._imported(self._texts.fold(node.args[0], scope))
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            return self._item(node.func.value, node.args[0], scope, depth)
        if isinstance(node.func, ast.Call) and node.func.args:
            return self._by_getter(node, node.func, scope, depth)
        return _NOTHING

    def _by_text(self, node: ast.Call, functions: Dotted, scope: int, depth: int) -> Dotted:
        """``getattr`` and what does the same."""
        if "builtins.getattr" in functions and len(node.args) > 1:
            return self._attribute_by_text(node.args[0], node.args[1], scope, depth)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "__getattribute__":
            base = node.args[0] if len(node.args) > 1 else node.func.value
            return self._attribute_by_text(base, node.args[-1], scope, depth)
        if "functools.reduce" in functions and len(node.args) == len(("function", "names", "first")):
            return self._reduced(node, scope, depth)
        return _NOTHING

    def _attribute_by_text(self, base: ast.expr, name: ast.expr, scope: int, depth: int) -> Dotted:
        bases = self.resolve(base, scope, depth + 1)
        names = (self._texts.fold(name, scope) or ("?",)) if bases else ()
        return self._kept(f"{base}.{name}" for base in bases for name in names)

    def _reduced(self, node: ast.Call, scope: int, depth: int) -> Dotted:
        """``reduce(getattr, ["path", "join"], os)``."""
        function, names, first = node.args
        if "builtins.getattr" not in self.resolve(function, scope, depth + 1):
            return _NOTHING
        parts = names.elts[:_MOST] if isinstance(names, ast.List | ast.Tuple) else []
        last = ".".join(text for part in parts for text in self._texts.fold(part, scope)[:1])
        return self._kept(f"{base}.{last}" for base in self.resolve(first, scope, depth + 1))

    def _by_getter(self, node: ast.Call, getter: ast.Call, scope: int, depth: int) -> Dotted:
        if "operator.attrgetter" not in self.resolve(getter.func, scope, depth + 1):
            return _NOTHING
        bases = self.resolve(node.args[0], scope, depth + 1)
        return self._kept(f"{base}.{name}" for base in bases for name in self._texts.fold(getter.args[0], scope))

    def called_method(self, node: ast.Call, scope: int) -> Dotted:
        """What ``operator.methodcaller("system", …)(os)`` calls."""
        caller = node.func
        if not (isinstance(caller, ast.Call) and caller.args and node.args):
            return _NOTHING
        if "operator.methodcaller" not in self.resolve(caller.func, scope):
            return _NOTHING
        bases = self.resolve(node.args[0], scope)
        return self._kept(f"{base}.{name}" for base in bases for name in self._texts.fold(caller.args[0], scope))

    def _imported(self, texts: Iterable[str]) -> Dotted:
        return self._kept(part for text in texts for part in (text.replace(":", "."), text.partition(".")[0]))

    def _subscript(self, node: ast.Subscript, scope: int, depth: int) -> Dotted:
        return self._item(node.value, node.slice, scope, depth)

    def _item(self, container: ast.expr, index: ast.expr, scope: int, depth: int) -> Dotted:
        """``sys.modules["os"]``, ``globals()["eval"]``, ``vars(os)["system"]``; of other containers any element."""
        bases = self.resolve(container, scope, depth + 1)
        tables = isinstance(container, ast.Call) and _bare(container.func) in _TABLES
        if not bases and not tables:
            return _NOTHING
        names = self._texts.fold(index, scope)
        if "sys.modules" in bases:
            return self._imported(names)
        if isinstance(container, ast.Call) and _bare(container.func) in _TABLES and not container.args:
            own = [self._name(name, scope) for name in names]
            found = ("builtins" if name == "__builtins__" else f"builtins.{name}" for name in names)
            return _NOTHING.union(*own, self._kept(found))
        if isinstance(container, ast.Call) and _bare(container.func) == "vars":
            bases = self.resolve(container.args[0], scope, depth + 1) if container.args else bases
        listed = self._kept(f"{base}.{name}" for base in bases for name in names if name.isidentifier())
        inside = frozenset(name for name in listed if name in self._calls.prefixes or self._calls.capabilities(name))
        return inside or frozenset(base for base in bases if base not in ("os.environ", "builtins"))


def _bare(function: ast.expr) -> str:
    """The last part of the name that is called."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _parts(node: ast.AST) -> list[ast.expr]:
    """What an expression may evaluate to, where it chooses between others or holds them."""
    match node:
        case ast.IfExp():
            parts = [node.body, node.orelse]
        case ast.BoolOp() | ast.Dict():
            parts = node.values
        case ast.Tuple() | ast.List() | ast.Set():
            parts = node.elts
        case ast.BinOp(op=ast.Div()):
            parts = [node.left]
        case ast.Await() | ast.Starred() | ast.NamedExpr():
            parts = [node.value]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            parts = [node.elt]
        case _:
            parts = []
    return parts
