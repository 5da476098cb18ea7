"""The text an expression is, as far as constants tell: concatenation, formatting, joins, reversals, look-ups."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from trustaudit.formats.python_code.model import RETURNS, Binding, Code

UNKNOWN = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a folded text for a part that is not constant."""

_MOST = 4
_DEPTH = 40
_LONGEST = 4_000
_STEPS = 1_500
_ALL_STEPS = 2_000_000
"""Steps for all questions about one file, some seconds; modelling files take a few thousand."""

_Reader = Callable[[ast.AST, int, int], Iterator[str]]


class Texts:
    """Folds expressions of one file. Each question has a budget of steps: answers may be empty, never late."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._steps = 0
        self._left = _ALL_STEPS
        self._open: set[tuple[int, str]] = set()
        self._readers: dict[type[ast.AST], _Reader] = {
            ast.Name: self._name,
            ast.BinOp: self._operation,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.GeneratorExp: _comprehended,
            ast.ListComp: _comprehended,
            **dict.fromkeys((ast.JoinedStr, ast.List, ast.Tuple, ast.IfExp, ast.NamedExpr, ast.Starred), self._parts),
        }

    def fold(self, node: ast.AST, scope: int) -> tuple[str, ...]:
        """Candidate texts without unknown parts."""
        return tuple(text for text in self.shape(node, scope) if UNKNOWN not in text)

    def shape(self, node: ast.AST, scope: int) -> tuple[str, ...]:
        """Candidate texts, with ``UNKNOWN`` where a part is not constant."""
        if self._left <= 0:
            self._code.limits.add("python-text-steps")
            return (UNKNOWN,)
        self._steps = _STEPS
        self._open = set()
        found = dict.fromkeys(text[:_LONGEST] for text in islice(self._texts(node, scope, 0), _MOST))
        self._left -= _STEPS - self._steps
        return tuple(found)

    def _texts(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        self._steps -= 1
        if depth > _DEPTH or self._steps < 0:
            yield UNKNOWN
            return
        if isinstance(node, ast.Constant):
            yield _constant(node.value)
            return
        reader = self._readers.get(type(node))
        if reader is None:
            yield UNKNOWN
        else:
            yield from reader(node, scope, depth)

    def _parts(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        """Expressions that are texts put together, or one of several."""
        match node:
            case ast.JoinedStr():
                parts = (part.value if isinstance(part, ast.FormattedValue) else part for part in node.values)
                yield from self._joined(list(parts), scope, depth, "")
            case ast.List() | ast.Tuple():
                yield from self._joined(node.elts, scope, depth, " ")
            case ast.IfExp():
                yield from self._texts(node.body, scope, depth + 1)
                yield from self._texts(node.orelse, scope, depth + 1)
            case ast.NamedExpr() | ast.Starred():
                yield from self._texts(node.value, scope, depth + 1)

    def _name(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        key = self._code.key_of(scope, node.id if isinstance(node, ast.Name) else "")
        if key in self._open:
            yield UNKNOWN
            return
        yield from self._bound(key, depth)

    def _bound(self, key: tuple[int, str], depth: int) -> Iterator[str]:
        """The texts of everything the name is bound to. A name without bindings is unknown."""
        bindings = self._code.bindings.get(key, [])
        known = [binding for binding in bindings[: _MOST * 4] if binding.expression is not None]
        self._open.add(key)
        try:
            for binding in known:
                yield from self._binding(binding, depth)
        finally:
            self._open.discard(key)
        if not known or (key[0] > 0 and key[1] in self._code.scopes[key[0]].parameters):
            yield UNKNOWN

    def _binding(self, binding: Binding, depth: int) -> Iterator[str]:
        if binding.expression is not None:
            yield from islice(self._texts(binding.expression, binding.scope, depth + 1), _MOST)

    def _first(self, node: ast.AST, scope: int, depth: int) -> str:
        return next(self._texts(node, scope, depth + 1), UNKNOWN)

    def _operation(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        if not isinstance(node, ast.BinOp):
            return
        left, right = self._first(node.left, scope, depth), self._first(node.right, scope, depth)
        if isinstance(node.op, ast.Add):
            yield (left + right)[:_LONGEST]
        elif isinstance(node.op, ast.Div):
            yield f"{left}/{right}"
        elif isinstance(node.op, ast.Mod):
            yield _substituted(left, right)
        elif (
            isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
        ):
            yield (left * min(max(node.right.value, 0), 64))[:_LONGEST]
        else:
            yield UNKNOWN

    def _joined(self, parts: list[ast.expr], scope: int, depth: int, glue: str) -> Iterator[str]:
        texts = (self._first(part, scope, depth) for part in parts[:200])
        yield glue.join(texts)

    def _call(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        if not isinstance(node, ast.Call):
            return
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in _METHODS and isinstance(node.func, ast.Attribute):
            base = self._first(node.func.value, scope, depth)
            if base == UNKNOWN and node.args and method in _PATH_FUNCTIONS:
                yield from self._joined(node.args, scope, depth, "/")
                return
            arguments = [self._first(part, scope, depth) for part in node.args[:8]]
            yield _METHODS[method](base, arguments)[:_LONGEST]
            return
        yield from self._function(node, method, scope, depth)

    def _function(self, node: ast.Call, method: str, scope: int, depth: int) -> Iterator[str]:
        name = node.func.id if isinstance(node.func, ast.Name) else method
        if name in ("bytes", "bytearray") and node.args and _codes(node.args[0], "") != UNKNOWN:
            yield _codes(node.args[0], "")
        elif (
            name in ("str", "Path", "PurePath", "expanduser", "expandvars", "abspath", "quote", "fsdecode", "bytes")
            and node.args
        ):
            yield from self._texts(node.args[0], scope, depth + 1)
        elif name == "joinpath":
            yield from self._joined(node.args, scope, depth, "/")
        elif name == "chr" and node.args and isinstance(node.args[0], ast.Constant):
            yield _chr(node.args[0].value)
        elif name == "map" and len(node.args) > 1 and isinstance(node.args[0], ast.Name) and node.args[0].id == "chr":
            yield _codes(node.args[1], _BETWEEN)
        elif name in self._code.functions:
            for number in self._code.functions[name][-2:]:
                key = (RETURNS, str(number))
                yield from self._bound(key, depth) if key not in self._open else (UNKNOWN,)
        else:
            yield UNKNOWN

    def _subscript(self, node: ast.AST, scope: int, depth: int) -> Iterator[str]:
        if not isinstance(node, ast.Subscript):
            return
        if isinstance(node.slice, ast.Slice):
            text = self._first(node.value, scope, depth)
            yield _sliced(text, node.slice)
        elif isinstance(node.value, ast.List | ast.Tuple):
            index = _integer(node.slice)
            known = type(index) is int and -len(node.value.elts) <= index < len(node.value.elts)
            yield from self._texts(node.value.elts[index or 0], scope, depth + 1) if known else (UNKNOWN,)
        else:
            yield UNKNOWN


def _constant(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, int) and abs(value) < 1 << 64 else UNKNOWN


def _comprehended(node: ast.AST, _scope: int, _depth: int) -> Iterator[str]:
    """``chr(c) for c in [104, 105]``, the parts kept apart: a blank may be one of them."""
    if not isinstance(node, ast.GeneratorExp | ast.ListComp) or len(node.generators) != 1:
        yield UNKNOWN
        return
    element = node.elt
    is_chr = isinstance(element, ast.Call) and isinstance(element.func, ast.Name) and element.func.id == "chr"
    yield _codes(node.generators[0].iter, _BETWEEN) if is_chr else UNKNOWN


def _codes(node: ast.expr, glue: str) -> str:
    """The text of a literal list of character codes."""
    if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
        return UNKNOWN
    return glue.join(_chr(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in node.elts[:_LONGEST])


def _chr(value: object) -> str:
    return chr(value) if isinstance(value, int) and 0 <= value < 0x110000 else UNKNOWN  # noqa: PLR2004 - Unicode


def _sliced(text: str, part: ast.Slice) -> str:
    """``[::-1]`` and plain constant bounds."""
    bounds = [_integer(bound) for bound in (part.lower, part.upper, part.step)]
    if UNKNOWN in text or any(bound is False for bound in bounds):
        return UNKNOWN
    try:
        return text[slice(*bounds)]
    except ValueError:
        return UNKNOWN


def _integer(node: ast.expr | None) -> int | bool | None:
    """None where nothing stands, False for what is no constant integer."""
    if node is None:
        return None
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(inner, ast.Constant) and type(inner.value) is int:
        return -inner.value if negative else inner.value
    return False


def _substituted(template: str, value: str) -> str:
    return template.replace("%s", value.replace("%", "%%"), 1) if "%s" in template else template + UNKNOWN


def _formatted(template: str, arguments: Iterable[str]) -> str:
    for argument in arguments:
        template = template.replace("{}", argument, 1)
    return template


def _joined_by(glue: str, parts: str) -> str:
    return glue.join(parts.split(_BETWEEN if _BETWEEN in parts else " "))


def _replaced(base: str, arguments: list[str]) -> str:
    if len(arguments) < 2 or not arguments[0] or UNKNOWN in arguments[0]:  # noqa: PLR2004 - old and new
        return base
    return base.replace(arguments[0], arguments[1])[:_LONGEST]


_BETWEEN = "\ue000"
"""Keeps characters apart that were given one by one; of no text, being for private use."""

_PATH_FUNCTIONS = frozenset({"join", "expanduser"})
"""Methods of texts or paths that are functions of ``os.path`` too."""

_METHODS: dict[str, Callable[[str, list[str]], str]] = {
    "format": _formatted,
    "replace": _replaced,
    "join": lambda base, arguments: _joined_by(base, arguments[0]) if arguments and base != UNKNOWN else UNKNOWN,
    "strip": lambda base, _: base.strip(),
    "lower": lambda base, _: base.lower(),
    "upper": lambda base, _: base.upper(),
    "encode": lambda base, _: base,
    "decode": lambda base, _: base,
    "split": lambda base, _: base,
    "expanduser": lambda base, _: base,
    "resolve": lambda base, _: base,
    "as_posix": lambda base, _: base,
    "absolute": lambda base, _: base,
}
"""String methods whose result on constants is plain to see."""
