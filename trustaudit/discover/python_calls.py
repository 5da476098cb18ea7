"""Uses in Python: calls of the Hub's libraries, with constants that flow to them. Parsed, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from trustaudit.discover.uses import Use, as_ref
from trustaudit.refs import RepoType

_MAX_SOURCE = 2_000_000

# Function or method → name of the argument that holds the id; the first positional one does too.
_CALLS: dict[str, str] = {
    "from_pretrained": "pretrained_model_name_or_path",
    "from_hub": "repo_id",
    "pipeline": "model",
    "hf_hub_download": "repo_id",
    "snapshot_download": "repo_id",
    "load_dataset": "path",
    "load_dataset_builder": "path",
    "SentenceTransformer": "model_name_or_path",
    "CrossEncoder": "model_name_or_path",
    "SparseEncoder": "model_name_or_path",
    "InferenceClient": "model",
    "LLM": "model",
    "load_lora_weights": "pretrained_model_name_or_path_or_dict",
    "HuggingFaceEmbeddings": "model_name",
    "HuggingFaceEmbedding": "model_name",
    "cached_file": "path_or_repo_id",
    "model_info": "repo_id",
    "create_model": "model_name",
}
_DATASETS = frozenset({"load_dataset", "load_dataset_builder"})
_SECOND_POSITION = frozenset({"pipeline"})
_ID_KEYWORDS = (
    "repo_id",
    "model",
    "model_id",
    "model_name",
    "model_name_or_path",
    "path",
    "pretrained_model_name_or_path",
)
_TYPES = {str(kind): kind for kind in RepoType}


def python_uses(source: str, path: str, first_line: int = 1) -> Iterator[Use]:
    """Every call in ``source`` that names a repository. Source that does not parse has none."""
    if len(source) > _MAX_SOURCE:
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node, constants, path, first_line)


def _constants(tree: ast.AST) -> dict[str, str]:
    """Texts by the name they are given anywhere; a name given two different texts is unknown."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        for target, value in _assignments(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.setdefault(target, set()).add(value.value)
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from ((name, node.value) for name in _target_names(target))
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield from ((name, value) for name in _target_names(node.target) for value in (node.value,))
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        yield from zip([a.arg for a in positional][len(positional) - len(node.defaults) :], node.defaults, strict=True)
        yield from (
            (a.arg, value) for a, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value is not None
        )


def _target_names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr


def _call(node: ast.Call, constants: dict[str, str], path: str, first_line: int) -> Iterator[Use]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name not in _CALLS:
        return
    keywords = {word.arg: _text(word.value, constants) for word in node.keywords if word.arg}
    text = _wanted(node, name, keywords, constants)
    kind = RepoType.DATASET if name in _DATASETS else _TYPES.get(keywords.get("repo_type") or "model", RepoType.MODEL)
    ref = as_ref(text, kind, keywords.get("revision")) if text else None
    if ref is not None:
        yield Use(ref, path, first_line + node.lineno - 1, name)


def _wanted(node: ast.Call, name: str, keywords: dict[str, str | None], constants: dict[str, str]) -> str | None:
    for keyword in (_CALLS[name], *_ID_KEYWORDS):
        if keywords.get(keyword):
            return keywords[keyword]
    position = 1 if name in _SECOND_POSITION else 0
    return _text(node.args[position], constants) if len(node.args) > position else None


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.Attribute):
        return constants.get(node.attr)
    if isinstance(node, ast.BoolOp):
        return next((text for text in (_text(value, constants) for value in node.values) if text), None)
    return None
