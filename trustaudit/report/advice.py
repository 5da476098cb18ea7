"""Which versions of which loaders matter for what a repository holds. Conditions, never verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from trustaudit.checks._code_graph import Standing, files_that_run
from trustaudit.knowledge.file_kinds import FileKind, kind_of, kind_of_format
from trustaudit.knowledge.loader_advisories import LoaderAdvisory, loader_advisories
from trustaudit.refs import RepoType
from trustaudit.report.model import CodeToRun
from trustaudit.snapshot import Snapshot

_SHOWN: Final = 40
_MOST: Final = 1_000
"""Files told of in all. A Space can hold any number of Python files, and each of them runs."""


def advice_for(snapshot: Snapshot) -> tuple[LoaderAdvisory, ...]:
    """The advisories that matter for this repository, in the order of the table."""
    return tuple(entry for entry in loader_advisories() if _HOLDS[entry.when](snapshot))


def code_that_would_run(snapshot: Snapshot) -> str:
    """``modeling_x.py (sha256:…)`` of what trust_remote_code=True would run; empty when nothing."""
    loaded = [item for item in files_that_run(snapshot) if item.standing is Standing.LOADED]
    shown = ", ".join(f"{item.path} ({item.digest})" if item.digest else item.path for item in loaded[:_SHOWN])
    return f"{shown} and {len(loaded) - _SHOWN} more" if len(loaded) > _SHOWN else shown


def code_to_run(snapshot: Snapshot) -> tuple[CodeToRun, ...]:
    """Every file of the repository that would run, whoever runs it; loaders' first."""
    return tuple(
        CodeToRun(path=item.path, by=item.standing, why=item.why, digest=item.digest)
        for item in files_that_run(snapshot)[:_MOST]
    )


def _ends(*suffixes: str) -> Callable[[Snapshot], bool]:
    def holds(snapshot: Snapshot) -> bool:
        return any(entry.path.lower().endswith(suffixes) for entry in snapshot.entries)

    return holds


def _is_format(*formats: str) -> Callable[[Snapshot], bool]:
    def holds(snapshot: Snapshot) -> bool:
        return any(file.format in formats for file in snapshot.file_facts)

    return holds


def _pickles(snapshot: Snapshot) -> bool:
    formats = {file.path: file.format for file in snapshot.file_facts}
    seen = (kind_of_format(formats.get(entry.path, "")) or kind_of(entry.path) for entry in snapshot.entries)
    return FileKind.PICKLE in seen


def _training_state(snapshot: Snapshot) -> bool:
    return any(kind_of(entry.path) is FileKind.TRAINING_STATE for entry in snapshot.entries)


def _custom_code(snapshot: Snapshot) -> bool:
    declared = any(load.trigger == "trust_remote_code" for file in snapshot.file_facts for load in file.loads)
    return declared or bool(snapshot.repo_info and snapshot.repo_info.auto_map)


def _overriding(snapshot: Snapshot) -> bool:
    return any(note.kind == "config-override" for file in snapshot.file_facts for note in file.observations)


def _custom_pipeline(snapshot: Snapshot) -> bool:
    paths = {entry.path for entry in snapshot.entries}
    return "model_index.json" in paths and any(path.endswith(".py") for path in paths)


def _script(snapshot: Snapshot) -> bool:
    script = f"{snapshot.ref.name}.py".casefold()
    is_dataset = snapshot.ref.type is RepoType.DATASET
    return is_dataset and any(entry.path.casefold() == script for entry in snapshot.entries)


_HOLDS: Final[dict[str, Callable[[Snapshot], bool]]] = {
    "pickle": _pickles,
    "training-state": _training_state,
    "custom-code": _custom_code,
    "overriding-config": _overriding,
    "custom-pipeline": _custom_pipeline,
    "dataset-script": _script,
    "keras": _ends(".keras"),
    "onnx": _ends(".onnx"),
    "gguf": _ends(".gguf"),
    "nemo": _ends(".nemo"),
    "skops": _ends(".skops"),
    "lightgbm": _is_format("lightgbm"),
}
