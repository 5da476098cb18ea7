"""Uses in everything that is no Python: configuration, container recipes, scripts, notebooks, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from trustaudit.discover.python_calls import python_uses
from trustaudit.discover.uses import Use, as_ref
from trustaudit.refs import RepoType

_MAX_LINE = 2_000
_VALUE = r"['\"]?((?:datasets/|spaces/|hf://)?[\w.-]+/[\w.-]+(?:@[\w./-]+)?)['\"]?"
_MODEL_KEY = re.compile(
    r"(?:^|[\s{,;'\"-])(?:[\w-]*_)?(?:model|model_id|model_name|model_name_or_path|model_path|base_model|repo_id|repo|tokenizer|"
    r"tokenizer_name|adapter|lora|checkpoint|pretrained|pretrained_model_name_or_path|embedding_model|hf_model_id|"
    r"MODEL|MODEL_ID|MODEL_NAME|HF_MODEL_ID|HF_MODEL|EMBEDDING_MODEL)['\"]?\s*[:=]\s*" + _VALUE + r"\s*(?:[,}#;]|$)",
    re.ASCII,
)
_DATASET_KEY = re.compile(
    r"(?:^|[\s{,'\"-])(?:dataset|dataset_name|dataset_id|train_dataset|eval_dataset|hf_dataset)['\"]?\s*[:=]\s*"
    + _VALUE
    + r"\s*(?:[,}#]|$)",
    re.ASCII,
)
_COMMAND = re.compile(
    r"(?:\b(?:huggingface-cli|hf)\s+(?:download|repo-files)|\bvllm\s+serve|--(?:model|model-id|model_id|hf-repo|repo-id|"
    r"model_name_or_path|tokenizer)[ =]|-hfr?\s)\s*" + _VALUE,
    re.ASCII,
)
_ADDRESS = re.compile(r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)|hf:/)/[\w./@%+-]+", re.ASCII)
_REVISION = re.compile(r"--revision[ =]['\"]?([\w./-]+)|['\"]?revision['\"]?\s*[:=]\s*['\"]?([\w./-]+)", re.ASCII)
_DATASET_COMMAND = re.compile(r"--repo-type[ =]dataset|--type[ =]dataset")
_PAGES = frozenset(
    {"docs", "blog", "papers", "join", "settings", "learn", "tasks", "pricing", "collections", "posts", "new", "models"}
)


def text_uses(text: str, path: str) -> Iterator[Use]:
    """Uses in configuration, recipes and scripts, by line."""
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) <= _MAX_LINE:
            yield from _line(line, path, number)


def notebook_uses(text: str, path: str) -> Iterator[Use]:
    """Uses in the code cells of a notebook; lines are those of the cell, as the file has one line per string."""
    try:
        cells = json.loads(text).get("cells", [])
    except (ValueError, AttributeError, RecursionError):
        return
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            joined = (
                "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else str(source)
            )
            code = "\n".join("" if line.lstrip().startswith(("!", "%")) else line for line in joined.splitlines())
            yield from python_uses(code, path)
            yield from text_uses("\n".join(line for line in joined.splitlines() if line.lstrip().startswith("!")), path)


def _line(line: str, path: str, number: int) -> Iterator[Use]:
    revision = _revision(line)
    for pattern, kind, how in (
        (_MODEL_KEY, RepoType.MODEL, "setting"),
        (_DATASET_KEY, RepoType.DATASET, "setting"),
        (_COMMAND, RepoType.DATASET if _DATASET_COMMAND.search(line) else RepoType.MODEL, "command"),
    ):
        for found in pattern.finditer(line):
            ref = as_ref(found.group(1), kind, revision)
            if ref is not None:
                yield Use(ref, path, number, how)
    for address in _ADDRESS.finditer(line):
        yield from _address(address.group().rstrip(".,)/"), path, number)


def _address(text: str, path: str, number: int) -> Iterator[Use]:
    first = text.split("//", 1)[-1].split("/")[1:2]
    if first and first[0] in _PAGES:
        return
    ref = as_ref(text)
    if ref is not None and ref.namespace is not None:
        yield Use(ref, path, number, "address")


def _revision(line: str) -> str | None:
    found = _REVISION.search(line)
    return (found.group(1) or found.group(2)) if found else None
