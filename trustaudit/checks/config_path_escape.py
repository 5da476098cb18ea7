"""Configuration that names a path outside the repository

## What it does
Reports paths in configurations that loaders join to the folder of the model and that lead out of it: folders of
sentence-transformers modules and of pipeline components.

## Why it matters
A path with `..`, or an absolute one, makes a loader read somebody else's files as part of the model.

## Example
`modules.json`: `{"path": "../../other", "type": "sentence_transformers.models.Transformer"}`

## How to fix
Do not load the model. Honest exporters write plain names of folders inside the repository.

## References
- https://cwe.mitre.org/data/definitions/22.html
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._config import CERTAIN, ODD, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="config-path-escape",
    title="Configuration that names a path outside the repository",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_LEAVES = frozenset({"parent", "absolute", "drive", "home", "nul"})


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per path."""
    return bounded(META, weighed(META, snapshot, ("config-path",), _weigh, "do not load this model"))


def _weigh(_file: FileFacts, note: Observation) -> tuple[Weight, str]:
    leaves = note.get("escape") in _LEAVES
    return (
        CERTAIN if leaves else ODD
    ), "which leads out of the folder of the model" if leaves else "which is no plain path"
