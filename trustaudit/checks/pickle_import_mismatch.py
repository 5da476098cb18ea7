"""The Hub's list of pickle imports differs from ours

## What it does
Compares the imports that the Hub's pickle scanner lists for a file with the callables found by our own reading of the
same bytes.

## Why it matters
When two parsers disagree about one file, one of them is wrong, and a file made to be read in two ways looks exactly
like this.

## Example
The Hub lists `collections.OrderedDict` only; the bytes also name `posix.system`.

## How to fix
Treat the file by the longer list. Report it if the difference persists.

## References
- https://huggingface.co/docs/hub/security-pickle
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.pickle_globals import GlobalsTable, Level
from trustaudit.snapshot import FileEntry, FileScans, Snapshot

META = CheckMeta(
    id="pickle-import-mismatch",
    title="The Hub's list of pickle imports differs from ours",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
)

_SHOWN = 5


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file with a difference that matters."""
    facts = {file.path: file for file in snapshot.file_facts}
    for entry in snapshot.entries:
        listed = _listed(entry)
        file = facts.get(entry.path)
        if listed and file is not None and file.coverage in (Coverage.COMPLETE, Coverage.STRUCTURE):
            yield from _difference(entry, listed, file, context.knowledge.pickle_globals)


def _listed(entry: FileEntry) -> set[str]:
    scans: FileScans | None = value_of(entry.scans)
    verdicts = scans.scanners if scans else ()
    return {f"{item.module}.{item.name}" for scan in verdicts for item in scan.imports}


def _difference(entry: FileEntry, listed: set[str], file: FileFacts, table: GlobalsTable) -> Iterator[Finding]:
    ours = {name for used in file.globals for name in (used.qualified, used.spelled) if name}
    hidden = sorted(name for name in ours - listed if _matters(name, table))
    extra = sorted(name for name in listed - ours if _matters(name, table))
    if not hidden and not extra:
        return
    yield META.found(
        "the Hub's scanner and this program read different imports from the same file",
        location=Location(path=entry.path),
        severity=Severity.HIGH if extra and not ours else Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        evidence=f"only here: {_some(hidden)}; only in the Hub's list: {_some(extra)}",
        remediation="treat the file by the longer list",
        key="difference",
    )


def _matters(qualified: str, table: GlobalsTable) -> bool:
    """Differences among tensor code and spellings of it say little; the rest does."""
    module, _, name = qualified.rpartition(".")
    return table.judge(module, name).level in (Level.DENY, Level.UNKNOWN)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "nothing") + more
