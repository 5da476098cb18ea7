"""Pickle added beside safe weights

## What it does
Looks for files in a format that can run code which came into a folder later than safetensors or another safe format
did, and later than half a year of silence or from somebody who never committed before. What is left over from
training is not counted, nor are files of the commit that brought the safe weights.

## Why it matters
A model that is already safe needs no pickle. Loaders that prefer `.bin`, or fall back to it when a download fails,
read the newcomer.

## Example
`model.safetensors` from 2023; `pytorch_model.bin` from last week, by an account that never committed here.

## How to fix
Load with `use_safetensors=True`, leave the file out of the download, and ask the publisher what it is for.

## References
- https://huggingface.co/docs/hub/security-pickle
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._history import Change, days_of_silence, is_bot_change, last_changes
from trustaudit.checks._owner import found_id, owner_of
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.identity.occasions import SILENT_DAYS, is_newcomer
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.refs import RepoType
from trustaudit.snapshot import History, Snapshot

META = CheckMeta(
    id="pickle-added",
    title="Pickle added beside safe weights",
    severity=Severity.MEDIUM,
    category=Category.HISTORY,
    needs=frozenset({Need.FILES, Need.HISTORY}),
    applies_to=frozenset({RepoType.MODEL}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per commit that brought such files, where something about the commit is unusual."""
    history: History | None = value_of(snapshot.history)
    if history is None:
        return
    files = seen_files(snapshot)
    order = {commit.id: place for place, commit in enumerate(history.commits)}
    found = (
        _finding(change, late, why)
        for change in last_changes(files, history)
        if (late := _late(change, files, order)) and (why := _unusual(change, snapshot))
    )
    yield from bounded(META, found)


def _late(change: Change, files: tuple[SeenFile, ...], order: dict[str, int]) -> list[str]:
    """Pickles of the commit in folders whose safe weights are older."""
    mine = order[change.commit.id]
    older = {seen.folder for seen in files if seen.kind.is_safe_weights and _place(seen, order) > mine}
    return [seen.path for seen in change.files if _runs(seen) and seen.folder in older]


def _runs(seen: SeenFile) -> bool:
    return seen.kind.runs_on_load and seen.kind is not FileKind.TRAINING_STATE


def _place(seen: SeenFile, order: dict[str, int]) -> int:
    """Larger is older; files of commits that are not listed are older than all that are."""
    last = seen.entry.last_commit
    return -1 if last is None else order.get(last.id, len(order))


def _unusual(change: Change, snapshot: Snapshot) -> str:
    """What makes the addition more than an upload: empty when nothing does."""
    owners = (owner_of(found_id(snapshot)), owner_of(snapshot.ref.id))
    if not is_bot_change(change) and is_newcomer(change.commit, change.before, owners):
        return f"by {listed(author.name for author in change.commit.authors)}, who never committed here before"
    silence = days_of_silence(change)
    return f"after {int(silence)} days of silence" if silence is not None and silence > SILENT_DAYS else ""


def _finding(change: Change, paths: list[str], why: str) -> Finding:
    return META.found(
        f"{listed(paths)} can run code and came later than the safe weights beside it, {why}",
        location=Location(path=paths[0]),
        confidence=Confidence.MEDIUM,
        evidence=f"commit {change.commit.id[:12]}: {change.commit.title}"[:200],
        remediation="load with use_safetensors=True and leave the file out of the download",
        key=change.commit.title.casefold()[:200],
        others=paths[1:],
    )
