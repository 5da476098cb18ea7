"""Dataset with a loading script

## What it does
Reports a dataset repository that holds a Python file of its own name in the root: the loading script that
`datasets` before 4.0 downloads and runs. Other Python files are a note.

## Why it matters
Before 2.20 the script ran without a question, from 2.20 with `trust_remote_code=True`; 4.0 and newer refuse.
A study of 176,000 datasets found nine whose script was malicious.

## Example
`datasets/org/squad_copy` with `squad_copy.py`: `load_dataset("org/squad_copy")` runs it.

## How to fix
Use `datasets` 4.0 or newer, or the Parquet copy that the Hub makes (`revision="refs/convert/parquet"`).

## References
- https://huggingface.co/docs/datasets/about_dataset_load
- https://arxiv.org/abs/2409.09368 (MalHug)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._files import seen_files
from trustaudit.checks._owner import found_id
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.refs import RepoType
from trustaudit.snapshot import Refs, Snapshot

META = CheckMeta(
    id="dataset-script",
    title="Dataset with a loading script",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.FILES}),
    applies_to=frozenset({RepoType.DATASET}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """The script, and one note for all other Python files."""
    names = {repo_id.rpartition("/")[2].casefold() for repo_id in (snapshot.ref.id, found_id(snapshot))}
    sources = [seen.path for seen in seen_files(snapshot) if seen.kind is FileKind.PYTHON]
    scripts = [path for path in sources if path.casefold().removesuffix(".py") in names]
    for path in scripts:
        yield _script(path, converted=_has_parquet_copy(snapshot))
    others = [path for path in sources if path not in scripts]
    if others:
        yield _others(others)


def _has_parquet_copy(snapshot: Snapshot) -> bool:
    refs: Refs | None = value_of(snapshot.refs)
    return refs is not None and any("parquet" in ref.name or "parquet" in ref.ref for ref in refs.converts)


def _script(path: str, *, converted: bool) -> Finding:
    copy = "; the Hub holds a Parquet copy that needs no script" if converted else ""
    return META.found(
        f"datasets before 4.0 runs this script to load the data{copy}",
        location=Location(path=path),
        severity=Severity.LOW if converted else Severity.MEDIUM,
        confidence=Confidence.HIGH,
        remediation='use datasets 4.0 or newer, or revision="refs/convert/parquet"',
        key="script",
    )


def _others(paths: list[str]) -> Finding:
    return META.found(
        f"{counted(len(paths), 'Python file')} beside the data; loading does not run them",
        location=Location(path=paths[0]),
        severity=Severity.INFO,
        evidence=listed(paths),
        key="others",
    )
