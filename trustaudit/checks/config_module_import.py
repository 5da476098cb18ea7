"""Configuration that has a loader import a module

## What it does
Reports dotted names that loaders import because a file says so, outside of what that loader ships:
`modules.json` and activation functions of sentence-transformers, components of `model_index.json`, the parent library
of a PEFT adapter, `loader_module` of MLflow, steps of LeRobot, the pipeline of pyannote.audio.

## Why it matters
Importing a module runs it, and activation functions are called as well. Some of these loaders import any name they
are given, without asking for trust.

## Example
`modules.json`: `[{"idx": 0, "name": "0", "path": "", "type": "os.system"}]`

## How to fix
Do not load the model. If the module is part of the repository, read it and pin the commit.

## References
- https://github.com/advisories/GHSA-98h9-4798-4q5v (diffusers)
- https://sbert.net/docs/sentence_transformer/usage/custom_models.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from trustaudit.checks._config import CERTAIN, DEFINITE, LIKELY, MINOR, ODD, POSSIBLE, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.knowledge.import_targets import Target, import_targets
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="config-module-import",
    title="Configuration that has a loader import a module",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

# What each loader ships itself: importing it is what the loader is for.
_OWN: dict[str, tuple[str, ...]] = {
    "sentence-transformers": ("sentence_transformers.", "pylate.", "torch.nn."),
    "sentence-transformers CrossEncoder": ("torch.nn.", "sentence_transformers."),
    "PEFT": (
        "transformers.",
        "transformers_modules.",
        "diffusers.",
        "timm.",
        "peft.",
        "sentence_transformers.",
        "megatron.",
        "__main__.",
    ),
    "MLflow": ("mlflow.",),
    "LeRobot": ("lerobot.",),
    "pyannote.audio": ("pyannote.",),
}
# Of a package that is not known: what these loaders import without asking, and what waits for a script.
_UNKNOWN: dict[str, Weight] = {
    "sentence-transformers": LIKELY,
    "sentence-transformers CrossEncoder": ODD,
    "MLflow": LIKELY,
}


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per name and file."""
    weigh = _weigher({entry.path for entry in snapshot.entries})
    return bounded(
        META, weighed(META, snapshot, ("config-import",), weigh, "do not load this model before you know the module")
    )


def _weigher(paths: set[str]) -> Callable[[FileFacts, Observation], tuple[Weight, str] | None]:
    def weigh(file: FileFacts, note: Observation) -> tuple[Weight, str] | None:
        loader, name = note.get("loader"), note.get("name")
        if "--" in name or name.startswith(_OWN.get(loader, ())):
            return None  # code of another repository is the matter of third-party-code
        target, why = import_targets().judge(name)
        module = name.rpartition(".")[0]
        if loader == "diffusers" and module in import_targets().diffusers:
            return None
        if _lies_here(module, file.path, note, paths):
            return ODD, "a file of this repository, imported with trust_remote_code or from a local folder"
        if target is Target.DENIED:
            return DEFINITE, why
        return _unknown(loader, name, target, why)

    return weigh


def _unknown(loader: str, name: str, target: Target, why: str) -> tuple[Weight, str]:
    if loader == "diffusers":
        library = name.partition(".")[0]
        if target is Target.ORDINARY and library not in ("", "None"):
            return MINOR, "a library that pipelines seldom have components of"
        return POSSIBLE, "no part of diffusers, and no file of this repository"
    if target is Target.ORDINARY:
        return ODD, "a known package, but none that this loader imports"
    if target in (Target.FORWARDING, Target.STDLIB):
        return CERTAIN, why
    return _UNKNOWN.get(loader, POSSIBLE), why


def _lies_here(module: str, path: str, note: Observation, paths: set[str]) -> bool:
    """``custom_st`` in the root, ``unet/my_unet`` for the component ``unet``."""
    file = f"{module.replace('.', '/')}.py"
    folder = path.rpartition("/")[0]
    component = note.get("field")
    return bool({file, f"{folder}/{file}", f"{component}/{file}", f"{folder}/{component}/{file}".lstrip("/")} & paths)
