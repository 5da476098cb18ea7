"""Who calls whom inside one file: arguments reach parameters, and import-time code reaches functions."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from trustaudit.formats.python_code.model import Binding, Call, Code, Phase
from trustaudit.formats.python_code.names import Names
from trustaudit.knowledge.python_calls import python_calls

_MADE_BY = ("__init__", "__new__", "__post_init__", "__enter__", "__call__", "__prepare__")
_CANDIDATES = 32
"""Functions of one name that a call may mean: of more, the last ones, as the last definition counts."""


def link_parameters(code: Code) -> None:
    """Bind the parameters of local functions to what they are called with."""
    _name_lambdas(code)
    for call in code.calls:
        for number in local_functions(code, call.node.func):
            _bind_arguments(code, call, number)


def _name_lambdas(code: Code) -> None:
    """``run = lambda x: …`` is a function called run."""
    for (_, name), bindings in code.bindings.items():
        for binding in bindings:
            if isinstance(binding.expression, ast.Lambda) and id(binding.expression) in code.lambdas:
                code.functions.setdefault(name, []).append(code.lambdas[id(binding.expression)])


def _bind_arguments(code: Code, call: Call, number: int) -> None:
    parameters = code.scopes[number].parameters
    in_class = code.scopes[code.scopes[number].parent].kind == "class" if code.scopes[number].parent >= 0 else False
    if in_class and parameters and parameters[0] in ("self", "cls", "mcs", "mcls"):
        parameters = parameters[1:]
    for name, argument in zip(parameters, call.node.args, strict=False):
        code.bind((number, name), Binding(call.scope, argument))
    for keyword in call.node.keywords:
        if keyword.arg in parameters:
            code.bind((number, keyword.arg), Binding(call.scope, keyword.value))


def local_functions(code: Code, function: ast.expr) -> list[int]:
    """Scopes of the local functions that a call may run: by plain name, by ``self.name``, by making an object."""
    if isinstance(function, ast.Lambda):
        return [code.lambdas[id(function)]] if id(function) in code.lambdas else []
    if isinstance(function, ast.Name):
        return code.functions.get(function.id, [])[-_CANDIDATES:] + _makers(code, function.id)
    if isinstance(function, ast.Attribute):
        return [number for number in code.functions.get(function.attr, [])[-_CANDIDATES:] if _is_method(code, number)]
    return []


def _is_method(code: Code, number: int) -> bool:
    parent = code.scopes[number].parent
    return parent > 0 and code.scopes[parent].kind == "class"


def _makers(code: Code, name: str) -> list[int]:
    """Methods that run when an object of a local class is made."""
    return [
        number
        for owner in code.classes.get(name, [])[-_CANDIDATES:]
        for method in _MADE_BY
        for number in code.methods.get((owner, method), [])[-1:]
    ]


def settle_phases(code: Code, names: Names) -> None:
    """Give every function the earliest phase in which something runs it."""
    if (0, "__name__") in code.bindings:
        _distrust_main(code)
    reached = _edges(code, names)
    for phase in (Phase.IMPORT, Phase.LOAD):
        starts = [scope.number for scope in code.scopes if scope.phase is phase and scope.kind != "class"]
        for number in _closure(starts, reached):
            if _ORDER[code.scopes[number].phase] > _ORDER[phase]:
                code.scopes[number].phase = phase


_ORDER = {Phase.IMPORT: 0, Phase.LOAD: 1, Phase.CALL: 2, Phase.MAIN: 3}


def _distrust_main(code: Code) -> None:
    """A file that sets ``__name__`` itself decides what the comparison gives."""
    for scope in code.scopes:
        if scope.phase is Phase.MAIN:
            scope.phase = Phase.IMPORT


def _edges(code: Code, names: Names) -> dict[int, set[int]]:
    edges: dict[int, set[int]] = defaultdict(set)
    for call in code.calls:
        edges[call.region].update(local_functions(code, call.node.func), _handed_over(code, call, names))
    for name, region in code.uses:
        edges[region].update(code.functions.get(name, []), _makers(code, name))
    return edges


def _handed_over(code: Code, call: Call, names: Names) -> Iterator[int]:
    """Local functions given to something that will run them: a thread, ``atexit``, ``map``."""
    arguments = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
    given = [argument for argument in arguments if isinstance(argument, ast.Name | ast.Attribute)]
    local = [number for argument in given for number in local_functions(code, argument)]
    if not local:
        return
    known = names.resolve(call.node.func, call.scope)
    if any("runner" in python_calls().capabilities(name) for name in known):
        yield from local


def _closure(starts: Iterable[int], edges: dict[int, set[int]]) -> set[int]:
    seen = set(starts)
    todo = list(seen)
    while todo:
        for number in edges.get(todo.pop(), ()):
            if number not in seen:
                seen.add(number)
                todo.append(number)
    return seen
