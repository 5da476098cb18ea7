"""A pickle lies under a name that promises something else

## What it does
Reports pickles, and archives that hold pickles, in files whose name says safetensors, JSON, text, an image or nothing
at all. What the bytes are was decided from the bytes.

## Why it matters
Scanners that go by file names skip such files; a loader that is pointed at them does not. Honest repositories name
pickles as pickles.

## Example
`notes.txt` is a pickle that names `posix.system`; `model.safetensors` starts with a pickle header.

## How to fix
Do not load the file. Ask the publisher what it is for.

## References
- CVE-2025-1889 (odd extensions), CVE-2025-10155 (plain pickles under `.bin`)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.knowledge.pickle_globals import GlobalsTable, Level
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="hidden-pickle",
    title="A pickle lies under a name that promises something else",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_PROMISES_SAFETY = frozenset(
    {
        FileKind.TENSORS,
        FileKind.GRAPH,
        FileKind.CONFIG,
        FileKind.TEXT,
        FileKind.TEMPLATE,
        FileKind.PYTHON,
        FileKind.MEDIA,
        FileKind.DOCUMENT,
        FileKind.LOG,
        FileKind.VCS,
        FileKind.SIGNATURE,
        FileKind.WEB,
        FileKind.SOURCE,
    }
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per disguised file."""
    table = context.knowledge.pickle_globals
    for file in snapshot.file_facts:
        if _is_pickle(file) and kind_of(file.path) in (*_PROMISES_SAFETY, FileKind.UNKNOWN):
            yield _finding(file, table)


def _is_pickle(file: FileFacts) -> bool:
    """A pickle by its bytes that imports something; one without imports is data in an odd wrapping."""
    return bool(file.globals)


def _finding(file: FileFacts, table: GlobalsTable) -> Finding:
    data_only = all(table.judge(used.module, used.name).level is Level.DATA for used in file.globals)
    promised = kind_of(file.path) in _PROMISES_SAFETY
    severity = Severity.MEDIUM if data_only else Severity.HIGH
    if not promised:
        severity = Severity.LOW if data_only else Severity.MEDIUM
    names = ", ".join(dict.fromkeys(used.qualified for used in file.globals[:5]))
    return META.found(
        f"is a pickle ({file.format}) although its name promises something else",
        location=Location(path=file.path),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=f"brings in {names}",
        remediation="do not load this file; ask the publisher what it is for",
        key="hidden-pickle",
    )
