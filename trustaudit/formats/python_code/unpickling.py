"""Whether a call that unpickles restricts, by its own arguments, what may be loaded."""

from __future__ import annotations

import ast
from collections.abc import Collection

_UNSAFE_LOADERS = frozenset({"UnsafeLoader", "Loader", "CLoader", "CUnsafeLoader"})


def is_restricted(node: ast.Call, names: Collection[str]) -> bool:
    """``weights_only=True``, a YAML loader that makes plain data only, arrays without pickles."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if _is_true(given.get("weights_only")) or "torch.jit.load" in names:
        return True
    if "numpy.load" in names:
        return not _is_true(given.get("allow_pickle"))
    loader = given.get("Loader") or (node.args[1] if len(node.args) > 1 else None)
    return "yaml.load" in names and loader is not None and _last_name(loader) not in _UNSAFE_LOADERS


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True
