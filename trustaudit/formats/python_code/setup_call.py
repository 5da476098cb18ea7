"""What the ``setup()`` call of a ``setup.py`` asks to be installed, as far as it stands there as constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trustaudit.formats.dependencies.requirements import parse_line, tell_wanted
from trustaudit.formats.python_code.model import Code
from trustaudit.formats.record import Record

_LISTS = frozenset({"install_requires", "setup_requires", "tests_require", "extras_require", "dependency_links"})
_TAKING_APART = frozenset({"split", "splitlines", "strip"})
_COLLECTING = frozenset({"list", "tuple", "set", "sorted", "dict"})
_MOST = 500
_STEPS = 5_000


def tell_setup(record: Record, code: Code) -> None:
    """One fact for each requirement of each ``setup()`` call."""
    for call in code.calls:
        if _called(call.node) == "setup":
            for line, text in list(_requirements(call.node, code))[:_MOST]:
                tell_wanted(record, parse_line(text), line, "file")


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _requirements(node: ast.Call, code: Code) -> Iterator[tuple[int, str]]:
    for keyword in node.keywords:
        if keyword.arg in _LISTS:
            yield from _texts([keyword.value], code)
        elif keyword.arg is None:  # setup(**options)
            yield from _texts(_entries(keyword.value, code), code)


def _entries(node: ast.expr, code: Code) -> list[ast.expr]:
    """The lists in a dictionary of options."""
    tables = [node] if isinstance(node, ast.Dict) else _bound(node, code)
    pairs = (zip(table.keys, table.values, strict=True) for table in tables if isinstance(table, ast.Dict))
    return [value for pair in pairs for key, value in pair if isinstance(key, ast.Constant) and key.value in _LISTS]


def _bound(node: ast.expr, code: Code) -> list[ast.expr]:
    """What a name of the module stands for."""
    bindings = code.bindings.get((0, node.id), []) if isinstance(node, ast.Name) else []
    return [binding.expression for binding in bindings if binding.expression is not None]


def _texts(roots: list[ast.expr], code: Code) -> Iterator[tuple[int, str]]:
    """The constant texts of list expressions, line by line."""
    pending, seen = list(roots), set[int]()
    for _ in range(_STEPS):
        if not pending:
            return
        node = pending.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((node.lineno, line) for line in node.value.splitlines())
        else:
            pending += _parts(node, code)


def _parts(node: ast.expr, code: Code) -> list[ast.expr]:
    match node:
        case ast.List() | ast.Tuple() | ast.Set():
            parts = node.elts
        case ast.Dict():
            parts = node.values
        case ast.BinOp(op=ast.Add()):
            parts = [node.left, node.right]
        case ast.IfExp():
            parts = [node.body, node.orelse]
        case ast.Subscript() | ast.Starred():
            parts = [node.value]
        case ast.ListComp() | ast.GeneratorExp():
            parts = [node.elt, *(part.iter for part in node.generators)]
        case ast.Call():
            parts = _of_call(node)
        case _:
            parts = _bound(node, code)
    return parts


def _of_call(node: ast.Call) -> list[ast.expr]:
    """``"a b".split()`` and ``list(…)``; what other calls return is not known."""
    text = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr in _TAKING_APART else None
    if isinstance(text, ast.Constant) and isinstance(text.value, str) and _called(node) == "split" and not node.args:
        return [ast.Constant(word, lineno=text.lineno, col_offset=0) for word in text.value.split()[:_MOST]]
    if text is not None:
        return [text]
    return list(node.args) if _called(node) in _COLLECTING else []
