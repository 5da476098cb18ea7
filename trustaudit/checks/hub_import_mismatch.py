"""Hub's import list differs from the file

## What it does
Compares the imports that the Hub's pickle scanner lists for a file with those that were seen in the file itself,
where it was read far enough. Names of plain data and of libraries are left out: only a difference that could run
code counts.

## Why it matters
Two readers of the same bytes should see the same imports. When they do not, one of them was misled, and files that
mislead a scanner are usually made to. It can also mean that the list belongs to another revision of the file.

## Example
The Hub lists `posix.system` for `model.bin`; the file that was read holds no such import.

## How to fix
Do not load the file before the difference is explained.

## References
- https://huggingface.co/docs/hub/security-pickle
- https://github.com/mmaitre314/picklescan/security/advisories (files that scanners read differently)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._imports import HARMLESS, Opinion, opinion_of
from trustaudit.checks._scans import scanned_files
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import FileEntry, FileScans, Snapshot

META = CheckMeta(
    id="hub-import-mismatch",
    title="Hub's import list differs from the file",
    severity=Severity.MEDIUM,
    category=Category.CONTENT,
    needs=frozenset({Need.FILES}),
)

_READ = frozenset({Coverage.COMPLETE, Coverage.STRUCTURE})


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """Findings per file; not applicable where no file has both lists."""
    read = {facts.path: facts for facts in snapshot.file_facts if facts.coverage in _READ}
    both = [
        (entry, scans, read[entry.path])
        for entry, scans in scanned_files(snapshot)
        if entry.path in read and any(verdict.imports for verdict in scans.scanners)
    ]
    if not both:
        return CheckResult.not_applicable(META.id, "no file has both lists of imports")
    found = (finding for entry, scans, facts in both for finding in _compare(entry, scans, facts, context))
    return CheckResult.of(META.id, tuple(bounded(META, found)))


def _compare(entry: FileEntry, scans: FileScans, facts: FileFacts, context: Context) -> Iterator[Finding]:
    theirs = {(item.module, item.name) for verdict in scans.scanners for item in verdict.imports}
    ours = {(seen.module or "", seen.name or "") for seen in facts.globals}
    spelled = {seen.spelled for seen in facts.globals}
    only_theirs = {pair for pair in theirs - ours if ".".join(pair) not in spelled and " ".join(pair) not in spelled}
    hidden = _worrying(only_theirs, context)
    if hidden:
        yield _finding(entry.path, f"the Hub lists {listed(hidden)}, which was not seen in the file", "unseen", hidden)
    missed = _worrying(ours - theirs, context, denied_only=True)
    if missed:
        yield _finding(
            entry.path, f"the file brings in {listed(missed)}, which the Hub does not list", "unlisted", missed
        )


def _worrying(pairs: set[tuple[str, str]], context: Context, *, denied_only: bool = False) -> list[str]:
    opinions = ((pair, opinion_of(*pair, context)) for pair in pairs)
    return sorted(
        f"{module}.{name}"
        for (module, name), opinion in opinions
        if opinion is Opinion.DENIED or (not denied_only and opinion not in HARMLESS)
    )


def _finding(path: str, message: str, key: str, names: list[str]) -> Finding:
    return META.found(
        message,
        location=Location(path=path),
        confidence=Confidence.LOW,
        evidence=listed(names, 20),
        remediation="do not load this file before the difference is explained",
        key=key,
    )
