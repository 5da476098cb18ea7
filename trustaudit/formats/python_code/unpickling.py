"""Whether a call that unpickles restricts, by its own arguments, what may be loaded."""

from __future__ import annotations

import ast
from collections.abc import Collection


def is_restricted(node: ast.Call, names: Collection[str]) -> bool:
    """``weights_only=True``, a YAML loader of the caller's choice, arrays without pickles."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if _is_true(given.get("weights_only")) or "torch.jit.load" in names:
        return True
    if "numpy.load" in names:
        return not _is_true(given.get("allow_pickle"))
    return "yaml.load" in names and (len(node.args) > 1 or "Loader" in given)


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True
