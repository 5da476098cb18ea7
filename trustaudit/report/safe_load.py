"""How to load exactly what was audited: which files may come along, and by which call. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from posixpath import basename, splitext
from typing import Final

from msgspec.structs import replace

from trustaudit.facts import Known
from trustaudit.finding import Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of, kind_of_format
from trustaudit.policy.evaluate import Evaluation
from trustaudit.policy.schema import RequiredFact
from trustaudit.refs import RepoType
from trustaudit.report.advice import advice_for, code_that_would_run
from trustaudit.report.load_calls import Call, Target, call_for, dataset_call
from trustaudit.report.model import SafeLoad, Verdict
from trustaudit.snapshot import Snapshot

_PLAIN_KINDS: Final = frozenset(
    {FileKind.TENSORS, FileKind.GRAPH, FileKind.CONFIG, FileKind.TEMPLATE, FileKind.TEXT, FileKind.DATA}
)
"""Kinds that a pinned download may bring along unless a finding names the file."""

_ANSWERED: Final = frozenset({"custom-code", "third-party-code"})
"""Rules about what only trust_remote_code=True would run: the call says False, so the file that asks may stay."""

_OF_PICKLES: Final = frozenset({"pickle", "training-state"})
"""What versions of loaders matter for files that a call with use_safetensors leaves alone."""

_LIBRARY_FILES: Final = (
    ("adapter_config.json", "peft"),
    ("model_index.json", "diffusers"),
    ("modules.json", "sentence-transformers"),
    ("config_sentence_transformers.json", "sentence-transformers"),
    ("config.json", "transformers"),
)


def safe_load(snapshot: Snapshot, evaluation: Evaluation) -> SafeLoad:
    """The call, its patterns and its caveats; ``possible`` is False when there is none to recommend."""
    refusal = _refusal(snapshot, evaluation)
    if refusal:
        return _impossible(snapshot.commit, refusal)
    risky = _risky(evaluation)
    target = _without(snapshot, _target(snapshot, risky), risky)
    call = _call(snapshot, target)
    if not call.text:
        return _impossible(snapshot.commit, _no_way(snapshot, risky))
    return SafeLoad(
        possible=True,
        revision=snapshot.commit,
        call=call.text,
        use_safetensors=call.use_safetensors,
        trust_remote_code=False,
        allow_patterns=target.allow_patterns,
        ignore_patterns=target.ignore_patterns,
        notes=(*call.notes, *_versions(snapshot, call), *_caveats(snapshot, evaluation)),
    )


def _refusal(snapshot: Snapshot, evaluation: Evaluation) -> str:
    """Why nothing should be loaded at all; empty when something may."""
    if evaluation.verdict is Verdict.BLOCK:
        return "do not load it"
    if snapshot.origin == "local":
        return "these files are on this machine already; load only what the findings leave untouched"
    if snapshot.ref.type is RepoType.SPACE:
        return (
            "a Space runs on the Hub; there is nothing to load, and a copy of it runs its code wherever it is started"
        )
    if snapshot.commit is None or not isinstance(snapshot.files, Known):
        return "there is no commit or no list of files to pin a download to"
    if evaluation.verdict is Verdict.INCOMPLETE and not snapshot.file_facts:
        return "not before it was looked into"
    return "" if snapshot.entries else "the repository holds no files"


def _impossible(commit: str | None, why: str) -> SafeLoad:
    return SafeLoad(
        possible=False, revision=commit, call="", use_safetensors=None, trust_remote_code=False, notes=(why,)
    )


def _no_way(snapshot: Snapshot, risky: frozenset[str]) -> str:
    """Why no call is left."""
    weights = [entry.path for entry in snapshot.entries if kind_of(entry.path).is_weights]
    if not weights:
        return "no weights of a known kind, so there is no call to recommend"
    named = [path for path in weights if path in risky]
    if named:
        return f"no safe way: {named[0]} is named by a finding or could not be read, and no other weights are left"
    instead = "skops or ONNX" if _library(snapshot) in ("sklearn", "joblib") else "safetensors"
    return f"no safe way: the loader of these files runs whatever is in them; ask the publisher for {instead}"


def _risky(evaluation: Evaluation) -> frozenset[str]:
    """Files that a finding names, or that could not be read and can run code.

    Configuration is left out for high findings only: nothing loads without it, and what is said
    of it at medium severity (it asks for custom code, say) the call answers by its arguments.
    """
    asked = [item for item in evaluation.findings if item.rule not in _ANSWERED]
    found = {path for item in asked for path in item.paths if item.severity.rank >= _least(path)}
    unread = {gap.seen.path for gap in evaluation.gaps if gap.fact is RequiredFact.CONTENTS}
    return frozenset(path for path in found | unread if path)


def _least(path: str) -> int:
    needed = kind_of(path) in (FileKind.CONFIG, FileKind.TEXT)
    return Severity.HIGH.rank if needed else Severity.MEDIUM.rank


def _target(snapshot: Snapshot, risky: frozenset[str]) -> Target:
    formats = {facts.path: facts.format for facts in snapshot.file_facts}
    left = [entry.path for entry in snapshot.entries if entry.path not in risky]
    info = snapshot.repo_info
    safetensors = any(path.endswith(".safetensors") for path in left)
    pickles = () if safetensors else tuple(path for path in left if _is_pickle(path, formats.get(path, "")))
    return Target(
        repo=snapshot.ref.id,
        commit=snapshot.commit or "",
        task=(info.pipeline_tag or "") if info else "",
        safetensors=safetensors,
        pickles=pickles,
        gguf=tuple(path for path in left if path.lower().endswith(".gguf")),
        keras=tuple(path for path in left if path.lower().endswith(".keras")),
        skops=tuple(path for path in left if path.lower().endswith(".skops")),
        onnx=tuple(path for path in left if path.lower().endswith(".onnx")),
        others=any(kind_of(path).is_safe_weights for path in left),
        allow_patterns=_allowed(left, pickles),
    )


def _is_pickle(path: str, file_format: str) -> bool:
    """What the bytes are, where somebody looked; ``.bin`` is a pickle more often than not."""
    seen = kind_of_format(file_format)
    if seen is not None:
        return seen is FileKind.PICKLE
    kind = kind_of(path)
    return kind is FileKind.PICKLE or (kind is FileKind.AMBIGUOUS and not file_format and path.endswith(".bin"))


def _allowed(paths: Iterable[str], pickles: Iterable[str]) -> tuple[str, ...]:
    """Patterns of the plain files, and of the pickles when these are all the weights there are."""
    plain = [path for path in paths if kind_of(path) in _PLAIN_KINDS]
    return tuple(sorted({_pattern(path) for path in (*plain, *pickles)}))


def _pattern(path: str) -> str:
    ending = splitext(basename(path))[1]
    simple = ending.isascii() and ending[1:].replace("_", "").isalnum()
    return f"*{ending}" if simple else escaped_glob(path)


def escaped_glob(path: str) -> str:
    """A pattern that matches this path only. A name may hold ``*`` or ``[`` to make a pattern mean others."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _without(snapshot: Snapshot, target: Target, risky: frozenset[str]) -> Target:
    """The target, with patterns for all that the allowed ones would let through and that must stay behind."""
    listed = {entry.path for entry in snapshot.entries}
    needless = {path for path in listed if kind_of(path) not in _PLAIN_KINDS and path not in target.pickles}
    let_through = {path for path in listed & (risky | needless) if _is_allowed(path, target.allow_patterns)}
    return replace(
        target, ignore_patterns=tuple(sorted(map(escaped_glob, let_through))), guarded=bool(let_through & risky)
    )


def _is_allowed(path: str, patterns: Iterable[str]) -> bool:
    return any(_matches(path, pattern) for pattern in patterns)


def _matches(path: str, pattern: str) -> bool:
    """As the Hub's client matches, which ignores case on systems that do."""
    return fnmatchcase(path.lower(), pattern.lower())


def _call(snapshot: Snapshot, target: Target) -> Call:
    if snapshot.ref.type is RepoType.DATASET:
        script = f"{snapshot.ref.name}.py"
        return dataset_call(target, script=script if any(e.path == script for e in snapshot.entries) else "")
    return call_for(_library(snapshot), target)


def _library(snapshot: Snapshot) -> str:
    """The library named by the Hub, else the one whose file is there. It only chooses the form of the call."""
    info = snapshot.repo_info
    if info is not None and info.library_name:
        return info.library_name.lower()
    names = {entry.path for entry in snapshot.entries}
    return next((library for name, library in _LIBRARY_FILES if name in names), "")


def _versions(snapshot: Snapshot, call: Call) -> list[str]:
    """The loaders that matter here, but for those of which the call's own notes speak."""
    told = " ".join(call.notes)
    unused = _OF_PICKLES if call.use_safetensors else frozenset[str]()
    return [e.sentence for e in advice_for(snapshot) if e.library not in told and e.when not in unused]


def _caveats(snapshot: Snapshot, evaluation: Evaluation) -> list[str]:
    info = snapshot.repo_info
    notes: list[str] = []
    remote = any(load.trigger == "trust_remote_code" for load in snapshot.loads)
    if remote or (info is not None and info.auto_map):
        notes.append(
            "the configuration names code to run; trust_remote_code=False leaves it out, and where the library does "
            "not know the architecture itself, loading then fails: read that code before you decide otherwise"
        )
    runs = code_that_would_run(snapshot)
    if runs:
        notes.append(f"trust_remote_code=True would run {runs}")
    if evaluation.verdict is Verdict.REVIEW:
        notes.append("look at the findings first")
    if evaluation.verdict is Verdict.INCOMPLETE:
        notes.append("not everything that is required was seen: see what was not, first")
    return notes
