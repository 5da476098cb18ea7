"""Copy that differs from its original

## What it does
Compares a repository that says it is a copy with the original, file by file, by the hashes that the Hub lists:
one whose history begins with `Duplicate from …`, or whose card names a base model of the same name without saying
how it was derived. Weights, code, templates and data that differ are named. A difference inside the commit that
calls itself the duplicate, while the original has not changed since, was put there by hand. Changes by later
commits are there for everybody to see, and a card that names the original as its base model explains them, except for
code. Equal files are said to be equal.

## Why it matters
The name and the card of a copy are the original's, and so is the trust. One swapped shard among thirty equal ones,
or one changed line in `modeling.py`, is all that an attack needs.

## Example
`someone/encoder-base`, "Duplicate from acme/encoder-base": 11 of 12 files equal, `model-00003-of-00004.safetensors`
is another file.

## How to fix
Use the original. Publishers: name what you changed in the card (`base_model`, `base_model_relation`).

## References
- https://huggingface.co/docs/hub/repositories-next-steps (duplicating a repository)
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05: copies with a loader added)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from trustaudit.checks._owner import found_id, is_known_publisher, owner_of
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Unavailable, value_of
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.lineage.copies import (
    Comparison,
    changed_since,
    compare_files,
    duplicated_from,
    last_change,
)
from trustaudit.refs import RepoType
from trustaudit.snapshot import Commit, CopySource, FileEntry, History, Snapshot

META = CheckMeta(
    id="altered-copy",
    title="Copy that differs from its original",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
    needs=frozenset({Need.COPY_SOURCE}),
)


class _Case(Struct, frozen=True):
    """What the judgement of a difference rests on. ``close``: the publisher is known, or belongs to the original."""

    snapshot: Snapshot
    source: CopySource
    comparison: Comparison
    close: bool


class _Said(Struct, frozen=True):
    """The words of a finding and the files it is about, the first of which is its place."""

    key: str
    message: str
    paths: Sequence[str]


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """At most one finding per way in which files came to differ, or the note that none does."""
    if isinstance(snapshot.files, Unavailable):
        return CheckResult.unavailable(META.id, snapshot.files)
    return CheckResult.of(META.id, tuple(_findings(snapshot, context)))


def _findings(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    source: CopySource | None = value_of(snapshot.copy_source)
    if source is None:
        return
    owner = owner_of(found_id(snapshot))
    same_owner = owner.casefold() == owner_of(source.info.id).casefold()
    known = same_owner or is_known_publisher(owner, context) or context.knowledge.names.is_reuploader(owner)
    case = _Case(snapshot, source, compare_files(snapshot.entries, source.files.entries), known)
    if not case.comparison.changed_content:
        yield from _equal(case)
    elif source.claimed_in == "history":
        yield from _against_history(case)
    else:
        yield from _against_card(case)


def _equal(case: _Case) -> Iterator[Finding]:
    same = case.comparison.same_content
    if same:
        message = f"{counted(len(same), 'file')} of content, all with the hashes of {case.source.info.id}: a true copy"
        yield _finding(case, _Said("equal", message, same), Severity.INFO)


def _against_history(case: _Case) -> Iterator[Finding]:
    """Each changed file by when it came to differ: in the copy itself, in the original since, or here later."""
    history: History | None = value_of(case.snapshot.history)
    copied = duplicated_from(history) if history else None
    by_when = _by_when(case, copied[1] if copied else None)
    origin = case.source.info.id
    if forged := by_when.get("forged"):
        message = f"{listed(forged)} came with the copy and is not what {origin} has, nor had then"
        severity = Severity.MEDIUM if case.snapshot.ref.type is RepoType.SPACE else Severity.HIGH
        yield _finding(case, _Said("forged", message, forged), severity)
    if unclear := by_when.get("unclear"):
        message = f"{listed(unclear)} came with the copy and is not what {origin} has today"
        yield _finding(case, _Said("unclear", message, unclear), Severity.MEDIUM, Confidence.LOW)
    if stale := by_when.get("stale"):
        message = f"{listed(stale)}: {origin} has changed this since the copy was made"
        yield _finding(case, _Said("stale", message, stale), Severity.LOW)
    if later := by_when.get("later"):
        yield _changed_later(case, later)


def _by_when(case: _Case, copied: Commit | None) -> dict[str, list[str]]:
    entries = {entry.path: entry for entry in case.snapshot.entries}
    found: dict[str, list[str]] = {}
    for path in case.comparison.changed_content:
        found.setdefault(_when(case, entries[path], copied), []).append(path)
    return found


def _when(case: _Case, entry: FileEntry, copied: Commit | None) -> str:
    if entry.last_commit is not None and copied is not None and entry.last_commit.id != copied.id:
        return "later"
    moment = copied.date if copied else None
    if not changed_since(case.source, moment):
        return "forged"
    since = last_change(case.source, entry.path, moment)
    return "unclear" if since is None else "stale" if since else "forged"


def _changed_later(case: _Case, paths: list[str]) -> Finding:
    """Anyone may change a copy. Without a word in the card it keeps the original's promises over other files."""
    origin = case.source.info.id
    said = _Said("later", f"{listed(paths)} was changed after {origin} was copied", paths)
    if case.close or case.snapshot.ref.type is RepoType.SPACE:
        return _finding(case, said, Severity.LOW)
    if _declares(case.snapshot, origin):
        return _finding(case, said, Severity.MEDIUM if any(_is_source(path) for path in paths) else Severity.LOW)
    # Low confidence: that it was changed is there for everybody to see, what for is not.
    return _finding(case, said, Severity.HIGH, Confidence.LOW)


def _declares(snapshot: Snapshot, origin: str) -> bool:
    """Whether the card names the original as its base: a card that was copied names the original's own."""
    info = snapshot.repo_info
    bases = info.card.base_models if info and info.card else ()
    return origin.casefold() in {base.casefold() for base in bases}


def _is_source(path: str) -> bool:
    return kind_of(path) in (FileKind.PYTHON, FileKind.TEMPLATE)


def _against_card(case: _Case) -> Iterator[Finding]:
    """Same name, named as base model: files that are all different are a model made from it; a few are not."""
    changed, same = case.comparison.changed_content, case.comparison.same_content
    if not case.comparison.same_weights:
        return
    few = len(changed) <= len(same)
    severity = Severity.LOW if case.close else Severity.HIGH if few else Severity.MEDIUM
    message = f"has the name of {case.source.info.id} and {counted(len(same), 'file')} of it, but not {listed(changed)}"
    yield _finding(case, _Said("card", message, changed), severity, Confidence.LOW if few else Confidence.MEDIUM)


def _finding(case: _Case, said: _Said, severity: Severity, confidence: Confidence = Confidence.HIGH) -> Finding:
    seen = case.comparison
    counts = (("equal", seen.same), ("different", seen.different), ("only here", seen.only_here))
    more = (("only there", seen.only_there), ("not comparable", seen.unknown))
    origin = case.source.info.id
    return META.found(
        said.message,
        location=Location(path=said.paths[0]),
        severity=severity,
        confidence=confidence,
        evidence="files: " + ", ".join(f"{len(paths)} {word}" for word, paths in (*counts, *more) if paths),
        remediation="" if severity is Severity.INFO else f"use {origin}, or ask what was changed and why",
        key=f"{said.key}:{origin.casefold()}"[:200],
        others=said.paths[1:],
    )
