"""Which Python files would really run, and why: from what configurations name, along the imports between files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from posixpath import dirname, join, normpath

from msgspec import Struct

from trustaudit.asked_again import once_per_snapshot
from trustaudit.checks._code_references import code_references
from trustaudit.filefacts import FileFacts
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

_MOST = 2_000


class Standing(StrEnum):
    """Who runs a file. Ordered from the loader to nobody."""

    LOADED = "loaded"
    TOOL = "tool"
    TOLD = "told"
    HOSTED = "hosted"
    LOOSE = "loose"


class RunFile(Struct, frozen=True):
    """A file that runs. ``digest`` is ``sha256:…`` of its bytes where they were read, else the listed identity."""

    path: str
    standing: Standing
    why: str
    digest: str = ""


_TOOLS = {
    "handler.py": "Inference Endpoints runs it when the model is deployed",
    "hubconf.py": "torch.hub runs it",
    "setup.py": "pip runs it to install the folder",
    "pipeline.py": "diffusers runs it as custom_pipeline",
    "custom_generate/generate.py": "generate(custom_generate=…) runs it",
    "conftest.py": "pytest runs it",
    "sitecustomize.py": "every Python runs it whose path holds the folder",
    "usercustomize.py": "every Python runs it whose path holds the folder",
    "code/inference.py": "SageMaker runs it when the model is deployed",
}
_ENTRY = re.compile(r"[\w./-]{1,200}")


def files_that_run(snapshot: Snapshot) -> tuple[RunFile, ...]:
    """Every file that somebody's loader or tool would run, or the card tells to run; loaders' first, then by path.

    In a Space, which is itself a program, this is every Python file.
    """
    order = list(Standing)
    found = [item for item in standings(snapshot).values() if item.standing is not Standing.LOOSE]
    return tuple(sorted(found, key=lambda item: (order.index(item.standing), item.path)))


@once_per_snapshot
def standings(snapshot: Snapshot) -> dict[str, RunFile]:
    """The standing of every source file and notebook, by path."""
    paths = _sources(snapshot)
    facts = {file.path: file for file in snapshot.file_facts}
    started: dict[str, tuple[Standing, str]] = {}
    for path, standing, why in _entries(snapshot, paths):
        started.setdefault(path, (standing, why))
    for path, standing, why in _imported(started, paths, facts):
        started.setdefault(path, (standing, why))
    digests = _digests(snapshot, facts)
    others = (_rest(snapshot, paths), "nothing names it")
    return {path: RunFile(path, *started.get(path, others), digest=digests.get(path, "")) for path in sorted(paths)}


def _sources(snapshot: Snapshot) -> frozenset[str]:
    listed = {entry.path for entry in snapshot.entries if kind_of(entry.path) in (FileKind.PYTHON, FileKind.NOTEBOOK)}
    return frozenset(listed | {file.path for file in snapshot.file_facts if file.format in ("python", "notebook")})


def _digests(snapshot: Snapshot, facts: dict[str, FileFacts]) -> dict[str, str]:
    """What identifies the bytes of each file."""
    known = {entry.path: entry.content_key for entry in snapshot.entries}
    for path, file in facts.items():
        sha256 = next((note.get("sha256") for note in file.observations if note.kind == "python-source"), "")
        if sha256:
            known[path] = f"sha256:{sha256}"
    return known


def _rest(snapshot: Snapshot, paths: frozenset[str]) -> Standing:
    """The standing of files that nothing names."""
    if snapshot.ref.type is RepoType.SPACE and snapshot.origin == "hub":
        return Standing.HOSTED
    if snapshot.origin == "local" and len(snapshot.entries) == 1 and paths:
        return Standing.TOOL
    return Standing.LOOSE


def _entries(snapshot: Snapshot, paths: frozenset[str]) -> Iterator[tuple[str, Standing, str]]:
    """Files that something outside of Python names, the strongest reason first."""
    yield from _of_loader(snapshot, paths)
    for path in sorted(paths):
        why = _TOOLS.get(path) or _TOOLS.get(path.rpartition("/")[2], "")
        if why and "/" not in path.removeprefix("custom_generate/").removeprefix("code/"):
            yield path, Standing.TOOL, why
    yield from _of_targets(snapshot, paths)
    yield from _of_text(snapshot, paths)


def _of_targets(snapshot: Snapshot, paths: frozenset[str]) -> Iterator[tuple[str, Standing, str]]:
    """Files of classes that a configuration has its reader import and call (``_target_``)."""
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind in ("config-target", "metadata-target"):
                name = note.get("target") or note.get("excerpt")
                why = f"{file.path} names {name[:80]}"
                found = _found(paths, dirname(file.path), [name] if "." in name else [], why)
                yield from ((path, Standing.TOOL, why) for path, *_ in found)


def _of_loader(snapshot: Snapshot, paths: frozenset[str]) -> Iterator[tuple[str, Standing, str]]:
    info = snapshot.repo_info
    references = code_references(snapshot)
    for reference in references:
        if not reference.repo:
            why = f"{reference.path or 'auto_map'} names {reference.text[:80]}"
            yield from _found(paths, dirname(reference.path), [reference.target], why)
    for file in snapshot.file_facts:
        yield from _of_configuration(file, paths)
    if snapshot.ref.type is RepoType.DATASET:
        name = snapshot.ref.name.casefold()
        for path in sorted(paths):
            if path.casefold() == f"{name}.py":
                yield path, Standing.LOADED, "datasets before 4.0 runs it as the loading script"
    if info is not None and not references and "custom_code" in info.tags:
        for path in sorted(path for path in paths if "/" not in path and path.endswith(".py")):
            yield path, Standing.LOADED, "the repository is tagged custom_code"


def _of_configuration(file: FileFacts, paths: frozenset[str]) -> Iterator[tuple[str, Standing, str]]:
    folder = dirname(file.path)
    for load in file.loads:
        why = f"{file.path} names {load.what[:80]}"
        if not load.source:
            yield from _found(paths, folder, [load.what], why)
        if load.trigger == "always" and _ENTRY.fullmatch(load.what):  # a folder that is put on the path
            inside = f"{normpath(join(folder, load.what))}/"
            yield from ((path, Standing.TOOL, why) for path in sorted(paths) if path.startswith(inside))
    for note in file.observations:
        if note.kind == "config-import":
            inside = note.get("field").rpartition(".")[2]
            names = [note.get("name"), f"{inside}.{note.get('name')}"]
            yield from _found(paths, folder, names, f"{file.path} names {note.get('name')[:80]}")


def _found(paths: frozenset[str], folder: str, names: Iterable[str], why: str) -> Iterator[tuple[str, Standing, str]]:
    """Files that a dotted or slashed name means, from the folder of the configuration or the root."""
    for name in names:
        if not _ENTRY.fullmatch(name):
            continue
        for base in dict.fromkeys((folder, "")):
            for path in _candidates(base, name):
                if path in paths:
                    yield path, Standing.LOADED, why


def _candidates(folder: str, name: str) -> Iterator[str]:
    if name.endswith(".py"):
        yield normpath(join(folder, name))
        return
    parts = name.strip(".").split(".")
    for count in range(len(parts), 0, -1):
        module = join(folder, *parts[:count])
        yield f"{module}.py"
        yield join(module, "__init__.py")


def _of_text(snapshot: Snapshot, paths: frozenset[str]) -> Iterator[tuple[str, Standing, str]]:
    """Files that a card or a script tells to run."""
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind in ("card-runs", "script-runs"):
                named = note.get("file").removeprefix("./")
                for path in dict.fromkeys((normpath(join(dirname(file.path), named)), named)):
                    if path in paths:
                        yield path, Standing.TOLD, f"{file.path} says to run it"


def _imported(
    started: dict[str, tuple[Standing, str]], paths: frozenset[str], facts: dict[str, FileFacts]
) -> list[tuple[str, Standing, str]]:
    """Files that the started ones bring in, transitively."""
    found: list[tuple[str, Standing, str]] = []
    seen = set(started)
    todo = [(path, standing) for path, (standing, _) in started.items()]
    while todo and len(found) < _MOST:
        path, standing = todo.pop(0)
        for other in _imports_of(path, facts.get(path), standing):
            if other in paths and other not in seen:
                seen.add(other)
                found.append((other, standing, f"imported by {path}"))
                todo.append((other, standing))
    return found


def _imports_of(path: str, file: FileFacts | None, standing: Standing) -> Iterator[str]:
    """Where the imports of a file may lead inside the repository."""
    if file is None:
        return
    folder = dirname(path)
    loads_files = any(note.kind in ("python-load-file", "python-execute") for note in file.observations)
    for note in file.observations:
        if note.kind == "python-relative-import":
            yield from _relative(folder, int(note.get("level") or "1"), note.get("module"))
        elif note.kind == "python-import" and note.get("text").startswith("."):
            module = note.get("text").lstrip(".")
            yield from _relative(folder, len(note.get("text")) - len(module), module)
        elif note.kind == "python-imports" and standing is not Standing.LOADED:
            for name in note.get("modules").split():
                yield from _candidates(folder, name)
        elif note.kind == "python-file-names" and loads_files:
            for name in note.get("names").split("\n"):
                yield normpath(join(folder, name.rpartition("/")[2]))


def _relative(folder: str, level: int, module: str) -> Iterator[str]:
    """Where ``from ..module import x`` leads, with two dots as the level."""
    yield from _candidates(normpath(join(folder, *[".."] * (level - 1))).removeprefix("."), module)
