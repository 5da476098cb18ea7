"""File list is not whole

## What it does
Reports a file list that stops before the end, that names one path twice, or that had to be taken from the info
answer because the tree could not be read.

## Why it matters
A file that is not listed was not looked at. Padding a repository with thousands of files until an auditor
stops paging is a cheap way to hide one. Two entries for one path mean that two readers can see two files.

## Example
A model repository with 30,000 files of which the audit saw the first 2,000.

## How to fix
Raise the page limit of the audit, or download with `allow_patterns` so that only audited files are fetched.

## References
- https://huggingface.co/docs/hub/api
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.refs import RepoType
from trustaudit.snapshot import FileList, Snapshot

META = CheckMeta(
    id="incomplete-listing",
    title="File list is not whole",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """Up to three findings, one per way of not being whole."""
    listing: FileList | None = value_of(snapshot.files)
    if listing is None:
        return
    if not listing.complete:
        yield _cut_off(snapshot, len(listing.entries))
    if listing.source == "siblings":
        why = f": {listing.problem.detail}" if listing.problem and listing.problem.detail else ""
        yield _finding(
            "only names and hashes of files are known, the tree could not be read", Severity.LOW, "no-tree", why
        )
    repeated = sorted(path for path, count in Counter(entry.path for entry in listing.entries).items() if count > 1)
    if repeated:
        message = f"{counted(len(repeated), 'path')} listed more than once, so readers can disagree on the content"
        yield _finding(message, Severity.MEDIUM, "repeated", listed(repeated))


def _cut_off(snapshot: Snapshot, seen: int) -> Finding:
    # Datasets of 100,000 files are everyday; a model's loader, by contrast, may take any file that is there.
    severity = Severity.LOW if snapshot.ref.type is RepoType.DATASET else META.severity
    return _finding(
        f"the file list was cut off after {counted(seen, 'file')}; the rest is unknown", severity, "cut-off"
    )


def _finding(message: str, severity: Severity, key: str, evidence: str = "") -> Finding:
    return META.found(
        message,
        location=Location(field="files"),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=evidence.removeprefix(": "),
        remediation="fetch only audited files (allow_patterns), at the audited commit",
        key=key,
    )
