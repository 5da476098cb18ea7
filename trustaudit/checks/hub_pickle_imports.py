"""Imports that the Hub's scanner found in pickles

## What it does
Takes the list of imports that the Hub's own pickle scanner publishes for a file and judges it by our tables, not
by the Hub's words for it: known ways to run code are high, functions that nobody knows are medium where the file
itself was not read, unknown classes low. Plain data and library classes are not mentioned.

## Why it matters
The list is there without downloading a byte, also for files that are too large or gated. It is not proof: it
does not tell whether an import is called, and the Hub's scanner can be evaded. What the file itself shows is judged
by other rules.

## Example
`posix.system` in the list of `pytorch_model.bin`: loading it most likely runs a command.

## How to fix
Do not load the file. Use safetensors of the same model, or ask the publisher what the import is for.

## References
- https://huggingface.co/docs/hub/security-pickle
- https://github.com/mmaitre314/picklescan
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from trustaudit.checks._imports import Opinion, is_function, opinion_of
from trustaudit.checks._scans import scanned_files
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Unavailable
from trustaudit.filefacts import Coverage
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import FileEntry, FileScans, HubPickleImport, Snapshot

META = CheckMeta(
    id="hub-pickle-imports",
    title="Imports that the Hub's scanner found in pickles",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.FILES}),
)

_READ = frozenset({Coverage.COMPLETE, Coverage.STRUCTURE})
_INNOCUOUS = "innocuous"
_WORDS = {Opinion.UNKNOWN: "no table knows", Opinion.INDIRECT: "can hand on to anything else"}


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """Up to one finding per file and opinion; unavailable where no file has scan results."""
    scanned = tuple(scanned_files(snapshot))
    absent = next((entry.scans for entry in snapshot.entries if isinstance(entry.scans, Unavailable)), None)
    if not scanned and absent is not None:
        return CheckResult.unavailable(META.id, absent)
    read = {facts.path for facts in snapshot.file_facts if facts.coverage in _READ}
    findings = (f for entry, scans in scanned for f in _of_file(entry, scans, context, was_read=entry.path in read))
    return CheckResult.of(META.id, tuple(bounded(META, findings)))


def _of_file(entry: FileEntry, scans: FileScans, context: Context, *, was_read: bool) -> Iterator[Finding]:
    imports = {item for verdict in scans.scanners for item in verdict.imports}
    judged = sorted((opinion_of(item.module, item.name, context), _name(item), item.safety) for item in imports)
    for opinion, group in groupby(judged, key=lambda row: row[0]):
        rows = [(name, safety) for _, name, safety in group]
        if opinion is Opinion.DENIED:
            yield _denied(entry, rows)
        elif opinion in _WORDS:
            yield _doubtful(entry, opinion, [name for name, _ in rows], was_read=was_read)


def _name(item: HubPickleImport) -> str:
    return f"{item.module}.{item.name}"


def _denied(entry: FileEntry, rows: list[tuple[str, str]]) -> Finding:
    names = [name for name, _ in rows]
    # Where the Hub itself calls all of them harmless, one of both tables is wrong.
    agreed = any(safety != _INNOCUOUS for _, safety in rows)
    return META.found(
        f"the Hub's scanner lists {listed(names)}: a way to run code while the file is loaded",
        location=Location(path=entry.path),
        severity=Severity.HIGH,
        confidence=Confidence.HIGH if agreed else Confidence.MEDIUM,
        evidence="; ".join(f"{name} ({safety or 'no opinion'})" for name, safety in rows[:20]),
        remediation="do not load this file; use safetensors of the same model",
        key=f"denied:{listed(names)}"[:200],
    )


def _doubtful(entry: FileEntry, opinion: Opinion, names: list[str], *, was_read: bool) -> Finding:
    functions = [name for name in names if opinion is Opinion.INDIRECT or is_function(name)]
    return META.found(
        f"the Hub's scanner lists {listed(functions or names)}, which {_WORDS[opinion]}",
        location=Location(path=entry.path),
        severity=Severity.MEDIUM if functions and not was_read else Severity.LOW,
        confidence=Confidence.LOW,
        evidence=listed(names, 20),
        remediation="find out what these imports are for, or use safetensors of the same model",
        key=str(opinion),
    )
