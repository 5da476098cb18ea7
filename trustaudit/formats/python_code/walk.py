"""One walk over the trees of a file. Iterative: depth is chosen by whoever wrote the file."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Final

from trustaudit.formats.python_code.model import ATTRIBUTES, RETURNS, Binding, Call, Code, Phase, Scope, Store

MAX_SCOPES: Final = 20_000

_LOAD_NAMES: Final = frozenset(
    {"__init__", "__new__", "__post_init__", "from_pretrained", "from_config", "_from_config", "__setstate__"}
    | {
        "post_init",
        "load_state_dict",
        "_load_from_state_dict",
        "setup",
        "_build_tokenizer",
        "_init_weights",
        "__reduce__",
    }
)
_IMPORT_NAMES: Final = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__"})
_PACKAGERS: Final = ("setuptools", "distutils", "wheel.bdist_wheel")
_COMMAND_NAMES: Final = frozenset(
    {"run", "initialize_options", "finalize_options", "build_extension", "build_extensions"}
)
_MUTATORS: Final = frozenset({"append", "extend", "add", "update", "insert", "appendleft", "put", "write"})

Where = tuple[int, int]
"""(scope for names, scope whose running runs the code)."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def walk(statements: Iterable[ast.stmt]) -> Code:
    """Everything a file binds, calls and imports."""
    code = Code(scopes=[Scope(0, "module", "", -1, Phase.IMPORT)])
    _Walker(code).run(statements)
    return code


class _Walker:
    """Holds the stack of nodes still to be seen, each with where it stands."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.stack: list[tuple[ast.AST, Where]] = []
        self.commands: set[int] = set()
        self.handlers: dict[type[ast.AST], Callable[[ast.AST, Where], bool]] = {}
        for name in dir(self):
            if name.startswith("_see_"):
                self.handlers[getattr(ast, name.removeprefix("_see_"))] = getattr(self, name)

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Walk to the end."""
        self._push_body(list(statements), (0, 0))
        while self.stack:
            node, where = self.stack.pop()
            handler = self.handlers.get(type(node))
            if handler is None or not handler(node, where):
                self.push(ast.iter_child_nodes(node), where)

    def push(self, nodes: Iterable[ast.AST | None], where: Where) -> None:
        """See these next, in their order."""
        self.stack += [(node, where) for node in reversed([node for node in nodes if node is not None])]

    def _push_body(self, body: list[ast.stmt], where: Where) -> None:
        """Statements without the docstring: text that nothing uses."""
        first = body[0] if body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            body = body[1:]
        self.push(body, where)

    def _scope(self, kind: str, name: str, parent: int, phase: Phase) -> Scope:
        if len(self.code.scopes) >= MAX_SCOPES:
            self.code.limits.add("python-scopes")
            return self.code.scopes[0]
        scope = Scope(len(self.code.scopes), kind, name, parent, phase)
        self.code.scopes.append(scope)
        return scope

    def _see_FunctionDef(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - named for the node, as ast.NodeVisitor does
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - narrows the type
        self._decorated(node, where)
        scope = self._function(node, node.name, where)
        self._bind_name(node.name, where, None)
        self.code.functions.setdefault(node.name, []).append(scope.number)
        self.code.methods.setdefault((where[0], node.name), []).append(scope.number)
        self._push_body(node.body, (scope.number, scope.number))
        return True

    _see_AsyncFunctionDef = _see_FunctionDef  # noqa: N815 - as above

    def _see_Lambda(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        """Runs when it is called, which may be anywhere: taken to run where it stands."""
        assert isinstance(node, ast.Lambda)  # noqa: S101 - narrows the type
        scope = self._function(node, "<lambda>", where)
        self.code.lambdas[id(node)] = scope.number
        self.code.bind((RETURNS, str(scope.number)), Binding(scope.number, node.body))
        self.push([node.body], (scope.number, where[1]))
        return True

    def _function(self, node: _Function, name: str, where: Where) -> Scope:
        arguments = node.args
        self.push([*arguments.defaults, *arguments.kw_defaults], where)
        listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if not isinstance(node, ast.Lambda):
            self.push([node.returns, *(argument.annotation for argument in listed)], where)
        scope = self._scope("function", name, where[0], self._phase_of(name, where))
        scope.parameters = tuple(argument.arg for argument in listed)
        extra = [argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
        scope.bound.update(scope.parameters, extra)
        self._bind_defaults(arguments, scope, where[0])
        return scope

    def _bind_defaults(self, arguments: ast.arguments, scope: Scope, outside: int) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            if default is not None:
                self.code.bind((scope.number, argument.arg), Binding(outside, default))

    def _phase_of(self, name: str, where: Where) -> Phase:
        parent = self.code.scopes[where[0]]
        if parent.kind == "class":
            if name in _IMPORT_NAMES or (parent.number in self.commands and name in _COMMAND_NAMES):
                return Phase.IMPORT
            return Phase.LOAD if name in _LOAD_NAMES else Phase.CALL
        return Phase.IMPORT if name == "__getattr__" and parent.kind == "module" else Phase.CALL

    def _decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, where: Where) -> None:
        """``@os.system`` calls it, with what the decorators below make of the function."""
        made: ast.expr = ast.copy_location(ast.Name(node.name, ast.Load()), node)
        for decorator in reversed(node.decorator_list):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(target, ast.Name):
                self.code.uses.append((target.id, where[1]))
            if not isinstance(decorator, ast.Call):
                made = ast.copy_location(ast.Call(decorator, [made], []), decorator)
                self.code.calls.append(Call(made, *where))
        self.push(node.decorator_list, where)

    def _see_ClassDef(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.ClassDef)  # noqa: S101 - narrows the type
        self._decorated(node, where)
        self.push([*node.bases, *(keyword.value for keyword in node.keywords)], where)
        metaclasses = [keyword.value for keyword in node.keywords if keyword.arg == "metaclass"]
        self.code.uses += [(base.id, where[1]) for base in metaclasses if isinstance(base, ast.Name)]
        scope = self._scope("class", node.name, where[0], self.code.scopes[where[1]].phase)
        self.code.classes.setdefault(node.name, []).append(scope.number)
        if any(map(self._is_command, node.bases)):
            self.commands.add(scope.number)
        self._bind_name(node.name, where, None)
        self._push_body(node.body, (scope.number, where[1]))
        return True

    def _is_command(self, base: ast.expr) -> bool:
        """A command of setuptools: an installation runs it, as the module level of its ``setup.py``."""
        first = base
        while isinstance(first, ast.Attribute):
            first = first.value
        bindings = self.code.bindings.get((0, first.id), []) if isinstance(first, ast.Name) else []
        return any(binding.imported.startswith(_PACKAGERS) for binding in bindings if binding.imported)

    def _see_If(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.If)  # noqa: S101 - narrows the type
        if not _asks_for_main(node.test):
            return False
        region = self._scope("block", "__main__", where[0], Phase.MAIN).number
        self.push(node.orelse, where)
        self.push(node.body, (where[0], region))
        return True

    def _see_Import(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Import)  # noqa: S101 - narrows the type
        for alias in node.names:
            self._imported(alias.name, 0, node.lineno, where)
            name = alias.asname or alias.name.partition(".")[0]
            self._bind_import(name, alias.name if alias.asname else name, where)
        return True

    def _see_ImportFrom(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.ImportFrom)  # noqa: S101 - narrows the type
        module = node.module or ""
        if node.level and not module:
            for alias in node.names:
                self._imported(alias.name, node.level, node.lineno, where)
            return True
        self._imported(module, node.level, node.lineno, where)
        for alias in node.names:
            if not node.level:
                dotted = module if alias.name == "*" else f"{module}.{alias.name}"
                self._bind_import(alias.asname or alias.name, dotted, where)
        return True

    def _imported(self, module: str, level: int, line: int, where: Where) -> None:
        self.code.imports.append((module, level, line, self.code.scopes[where[1]].phase))

    def _bind_import(self, name: str, dotted: str, where: Where) -> None:
        self.code.scopes[where[0]].bound.add(name)
        self.code.bind(self.code.key_of(where[0], name), Binding(where[0], imported=dotted))

    def _see_Global(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Global | ast.Nonlocal)  # noqa: S101 - narrows the type
        self.code.scopes[where[0]].outer.update(node.names)
        return True

    _see_Nonlocal = _see_Global  # noqa: N815 - as above

    def _see_Assign(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Assign)  # noqa: S101 - narrows the type
        for target in node.targets:
            self._bind_target(target, node.value, where)
        return False

    def _see_AnnAssign(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr)  # noqa: S101 - narrows the type
        if node.value is not None:
            self._bind_target(node.target, node.value, where)
        return False

    _see_AugAssign = _see_AnnAssign  # noqa: N815 - as above
    _see_NamedExpr = _see_AnnAssign  # noqa: N815 - as above

    def _see_For(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)  # noqa: S101 - narrows the type
        self._bind_target(node.target, node.iter, where)
        self.code.iterated.add(id(node.iter))
        return False

    _see_AsyncFor = _see_For  # noqa: N815 - as above
    _see_comprehension = _see_For

    def _see_withitem(self, node: ast.AST, where: Where) -> bool:
        assert isinstance(node, ast.withitem)  # noqa: S101 - narrows the type
        if node.optional_vars is not None:
            self._bind_target(node.optional_vars, node.context_expr, where)
        return False

    def _see_Return(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)  # noqa: S101 - narrows the type
        if node.value is not None and self.code.scopes[where[0]].kind == "function":
            self.code.bind((RETURNS, str(where[0])), Binding(where[0], node.value))
        return False

    _see_Yield = _see_Return  # noqa: N815 - as above
    _see_YieldFrom = _see_Return  # noqa: N815 - as above

    def _see_Call(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Call)  # noqa: S101 - narrows the type
        self.code.calls.append(Call(node, *where))
        self._bind_mutation(node, where)
        return False

    def _bind_mutation(self, node: ast.Call, where: Where) -> None:
        """``parts.append(x)`` makes ``parts`` stand for ``x`` too."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _MUTATORS and isinstance(function.value, ast.Name):
            for argument in node.args:
                self.code.bind(self.code.key_of(where[0], function.value.id), Binding(where[0], argument))

    def _see_Attribute(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Attribute)  # noqa: S101 - narrows the type
        self.code.identifiers.add(node.attr)
        if node.attr.startswith("__"):
            self.code.attributes.append((node, *where))
        return False

    def _see_Name(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        del where
        assert isinstance(node, ast.Name)  # noqa: S101 - narrows the type
        self.code.identifiers.add(node.id)
        return True

    def _see_Constant(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        assert isinstance(node, ast.Constant)  # noqa: S101 - narrows the type
        if isinstance(node.value, str) and len(node.value) > 3:  # noqa: PLR2004 - too short to name anything
            self.code.strings.append((node, *where))
        return True

    def _see_Expr(self, node: ast.AST, where: Where) -> bool:  # noqa: N802 - as above
        """A string as a statement is a comment."""
        del where
        assert isinstance(node, ast.Expr)  # noqa: S101 - narrows the type
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    def _bind_target(self, target: ast.expr, value: ast.expr, where: Where) -> None:
        todo = [target]
        while todo:
            item = todo.pop()
            if isinstance(item, ast.Name):
                self._bind_name(item.id, where, value)
            elif isinstance(item, ast.Tuple | ast.List):
                todo += item.elts
            elif isinstance(item, ast.Starred):
                todo.append(item.value)
            elif isinstance(item, ast.Attribute | ast.Subscript):
                self._store(item, value, where)

    def _store(self, target: ast.Attribute | ast.Subscript, value: ast.expr, where: Where) -> None:
        self.code.stores.append(Store(target, value, *where))
        if isinstance(target, ast.Attribute):
            self.code.bind((ATTRIBUTES, target.attr), Binding(where[0], value))
        elif isinstance(target.value, ast.Name):
            self.code.bind(self.code.key_of(where[0], target.value.id), Binding(where[0], value))

    def _bind_name(self, name: str, where: Where, value: ast.expr | None) -> None:
        scope = self.code.scopes[where[0]]
        scope.bound.add(name)
        self.code.identifiers.add(name)
        self.code.bind(self.code.key_of(where[0], name), Binding(where[0], value))
        if scope.kind == "class" and value is not None:
            self.code.bind((ATTRIBUTES, name), Binding(where[0], value))


def _asks_for_main(test: ast.expr) -> bool:
    """``__name__ == "__main__"``, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, *test.comparators]
    named = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return named and any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
