"""Configurations that name what to import: Hydra and its relatives, YAML tags, MONAI expressions.

Read off the text, line by line, never instantiated: what matters are the names, and those
stand in the file as they are. ``_target_`` is Hydra's key, ``target`` that of latent
diffusion and NeMo, ``class_path`` Lightning's, ``loader_module`` MLflow's.
"""

from __future__ import annotations

import re

from trustaudit.formats.interface import Read, Source
from trustaudit.formats.record import Reading, Record, clip

MAX_BYTES = 4 * 1024 * 1024

_TARGET = re.compile(
    r"(?<![\w.])(_target_|target|class_path|loader_module)[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?([A-Za-z_]\w*(?:\.\w+)+)"
)
_PYTHON_TAG = re.compile(r"!!python/[\w/:.\-]{1,200}|!<tag:yaml\.org,2002:python/[^>\n]{1,200}>")
_EXPRESSION = re.compile(
    r"[:\-\[,][ \t]{0,8}[\"']?\$((?:import |@)?[A-Za-z_@][^\"'\n]{0,300}[(@][^\"'\n]{0,300}|import [^\"'\n]{1,300})"
)
_NAMES = 500
_EXPRESSIONS = 100


def note_config(record: Record, source: Source) -> Reading[None]:
    """Note what a configuration of up to 4 MiB would have imported; of a longer one, its first part."""
    data = yield Read(0, min(source.size, MAX_BYTES))
    record_config_text(record, data.decode("utf-8", "replace"))


def record_config_text(record: Record, text: str) -> None:
    """As ``note_config``, of a text at hand."""
    seen: set[tuple[str, str]] = set()
    for match in _TARGET.finditer(text):
        if (match[1], match[2]) in seen:
            continue
        seen.add((match[1], match[2]))
        if len(seen) > _NAMES:
            record.limit("config-targets")
            break
        told = f"{match[1]} names {clip(match[2], 150)}"
        record.fact("config-target", told, match.start(), key=match[1], target=clip(match[2], 300))
    for match in _PYTHON_TAG.finditer(text):
        told = f"a YAML tag that makes a Python object: {clip(match.group(), 100)}"
        record.anomaly("config-python-tag", told, match.start(), tag=clip(match.group(), 200))
    for index, match in enumerate(_EXPRESSION.finditer(text)):
        if index >= _EXPRESSIONS:
            record.limit("config-expressions")
            break
        record.fact("config-expression", "an expression that MONAI evaluates", match.start(), text=clip(match[1], 200))
