"""Signs in the syntax tree that somebody hides or tampers: replaced functions, spelled names, walks over objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trustaudit.formats.python_code.facts import Fact
from trustaudit.formats.python_code.model import Phase, Store
from trustaudit.knowledge.python_calls import python_calls

if TYPE_CHECKING:
    from trustaudit.formats.python_code.analysis import Analysis, Seen

_DANGEROUS = frozenset({"process", "execute", "install", "native", "shellcode", "credential"})
_RUNNING = frozenset({"process", "execute", "install"})
_HOOKS = frozenset({"sys.meta_path", "sys.path_hooks"})
_UPWARD = frozenset({"__base__", "__bases__", "__mro__", "mro"})
_INNER = frozenset({"__globals__", "__builtins__", "f_globals", "f_builtins", "gi_frame", "cr_frame"})
_BLOB_CHARS = 2_000
_BLOBS = 20
_CHAIN = 12


def signs_of(analysis: Analysis, calls: list[Seen]) -> Iterator[Fact]:
    """All signs of one file."""
    for store in analysis.code.stores:
        yield from _patched(analysis, store)
        yield from _kept_under_another_name(analysis, store)
    for seen in calls:
        yield from _set_attribute(analysis, seen)
        yield from _hooked(analysis, seen)
        yield from _spelled(seen)
        yield from _put_together(analysis, seen)
        yield from _loads_module(seen)
    yield from _object_walks(analysis)
    yield from _blobs(analysis)
    if analysis.names.unsettled:
        yield Fact("obfuscation", "alias-chain", 1, Phase.IMPORT)
    for seen in calls:
        yield from _pty(calls, seen)


def _patched(analysis: Analysis, store: Store) -> Iterator[Fact]:
    """``torch.load = mine``, ``sys.modules["torch"] = mine``."""
    phase = analysis.code.scopes[store.region].phase
    if isinstance(store.target, ast.Attribute):
        bases = analysis.names.resolve(store.target.value, store.scope)
        names = [f"{base}.{store.target.attr}" for base in bases if "()" not in base]
    elif isinstance(store.target, ast.Subscript):
        bases = analysis.names.resolve(store.target.value, store.scope)
        keys = analysis.texts.fold(store.target.slice, store.scope)
        names = [f"{base}.{key}" for base in bases if base in ("sys.modules", "builtins") for key in keys]
    else:
        return
    yield from (
        Fact("patch", name, store.target.lineno, phase)
        for name in sorted(names)
        if name in python_calls().patched or name.startswith("sys.modules.")
    )


def _kept_under_another_name(analysis: Analysis, store: Store) -> Iterator[Fact]:
    """``builtins.print = os.system``: whoever calls that from now on starts programs."""
    if not isinstance(store.target, ast.Attribute) or not _starts(analysis, store.value, store.scope):
        return
    bases = analysis.names.resolve(store.target.value, store.scope)
    if bases:
        name = f"{min(bases)}.{store.target.attr} by what starts programs or runs code"
        yield Fact("patch", name, store.target.lineno, analysis.code.scopes[store.region].phase)


def _starts(analysis: Analysis, value: ast.expr | None, scope: int) -> bool:
    """Whether a bare name may mean a function that starts programs or runs code."""
    if not isinstance(value, ast.Name | ast.Attribute):
        return False
    names = analysis.names.resolve(value, scope)
    return any(_RUNNING.intersection(python_calls().capabilities(name)) for name in names)


def _set_attribute(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """``setattr(torch, "load", mine)``."""
    node = seen.node
    if not isinstance(node.func, ast.Name) or node.func.id != "setattr" or len(node.args) < 2:  # noqa: PLR2004 - object and name
        return
    bases = analysis.names.resolve(node.args[0], seen.call.scope)
    for base in sorted(bases):
        for name in analysis.texts.fold(node.args[1], seen.call.scope):
            if f"{base}.{name}" in python_calls().patched:
                yield seen.fact("patch", f"{base}.{name}")
    value = node.args[2] if len(node.args) > 2 else None  # noqa: PLR2004 - object, name and value
    if bases and _starts(analysis, value, seen.call.scope):
        yield seen.fact("patch", f"an attribute of {min(bases)} by what starts programs or runs code")


def _hooked(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """``sys.meta_path.insert(0, mine)``."""
    function = seen.node.func
    if isinstance(function, ast.Attribute) and function.attr in ("insert", "append", "extend"):
        for name in sorted(_HOOKS & analysis.names.resolve(function.value, seen.call.scope)):
            yield seen.fact("patch", name)


def _put_together(analysis: Analysis, seen: Seen) -> Iterator[Fact]:
    """``getattr(builtins, "ex" + "ec")``, wherever the result is called."""
    node = seen.node
    if "builtins.getattr" not in seen.names or len(node.args) < 2 or isinstance(node.args[1], ast.Constant | ast.Name):  # noqa: PLR2004 - object and name
        return
    for name in sorted(analysis.names.resolve(node, seen.call.scope)):
        if _DANGEROUS.intersection(python_calls().capabilities(name)):
            yield seen.fact("obfuscation", "spelled-name", text=f"{name} through getattr")


def _spelled(seen: Seen) -> Iterator[Fact]:
    """A dangerous function that is not called by its name but looked up by text."""
    if "computed" in seen.groups:
        yield seen.fact("obfuscation", "computed-name", text=seen.what)
    if not seen.groups & _DANGEROUS:
        return
    function = seen.node.func
    how = _look_up(function)
    if how:
        yield seen.fact("obfuscation", "spelled-name", text=f"{seen.what} through {how}")


def _look_up(function: ast.expr) -> str:
    """How a called expression finds its function, when that is not a plain dotted name."""
    part: ast.expr = function
    for _ in range(_CHAIN):
        if isinstance(part, ast.Attribute):
            part = part.value
        elif isinstance(part, ast.Subscript):
            return "an item"
        elif isinstance(part, ast.Call):
            name = part.func.id if isinstance(part.func, ast.Name) else ""
            return name if name in ("getattr", "__import__", "vars", "globals") else ""
        else:
            return ""
    return "a long chain"


def _loads_module(seen: Seen) -> Iterator[Fact]:
    """``spec.loader.exec_module(module)`` on whatever loader."""
    if isinstance(seen.node.func, ast.Attribute) and seen.node.func.attr == "exec_module":
        yield seen.fact("load-file", "exec_module")


def _object_walks(analysis: Analysis) -> Iterator[Fact]:
    for node, _, region in analysis.code.attributes:
        phase = analysis.code.scopes[region].phase
        if (node.attr == "__subclasses__" and _chain(node) & _UPWARD) or (
            node.attr in _INNER and _chain(node) & {"__init__", "__class__", "__func__", "__subclasses__"}
        ):
            yield Fact("obfuscation", "object-walk", node.lineno, phase)


def _chain(node: ast.expr) -> set[str]:
    """Attributes below a node."""
    found: set[str] = set()
    part: ast.expr = node
    for _ in range(_CHAIN):
        if isinstance(part, ast.Attribute):
            found.add(part.attr)
            part = part.value
        elif isinstance(part, ast.Call):
            part = part.func
        elif isinstance(part, ast.Subscript):
            part = part.value
        else:
            break
    return found


def _blobs(analysis: Analysis) -> Iterator[Fact]:
    found = 0
    for node, scope, region in analysis.code.strings:
        del scope
        text = str(node.value)
        if len(text) >= _BLOB_CHARS and found < _BLOBS and _is_blob(text):
            found += 1
            phase = analysis.code.scopes[region].phase
            yield Fact("obfuscation", "blob", node.lineno, phase, data=(("length", str(len(text))),))


def _is_blob(text: str) -> bool:
    """One long run of an encoding's alphabet: no blanks, mixed characters."""
    sample = text[:4000]
    plain = sum(char.isalnum() or char in "+/=_-\n" for char in sample)
    return plain >= len(sample) * 0.98 and " " not in sample and len(set(sample)) > 14  # noqa: PLR2004 - hexadecimal has 16


def _pty(calls: list[Seen], seen: Seen) -> Iterator[Fact]:
    """A terminal started in a file that also connects somewhere."""
    if "pty.spawn" in seen.names and any(name.startswith("socket.") for other in calls for name in other.names):
        yield seen.fact("flow", "reverse-shell", sink="pty.spawn")
