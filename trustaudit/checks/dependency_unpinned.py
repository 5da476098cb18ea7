"""Packages without a fixed version

## What it does
Counts the packages of requirement files that name no single version.

## Why it matters
What is installed tomorrow is not what was looked at today. Nearly everybody writes requirements this way, so it is only
a note.

## Example
`torch` or `torch>=2` in `requirements.txt`

## How to fix
Install from a lock file of your own.

## References
- https://pip.pypa.io/en/stable/topics/repeatable-installs/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._dependencies import Asked, asked_for
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="dependency-unpinned",
    title="Packages without a fixed version",
    severity=Severity.INFO,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One note per file."""
    by_file: dict[str, list[Asked]] = {}
    for asked in asked_for(snapshot, "name", "conda", "direct"):
        if asked.note.get("source") == "file" and not asked.note.get("pinned"):
            by_file.setdefault(asked.file.path, []).append(asked)
    for path, loose in sorted(by_file.items()):
        yield META.found(
            f"{counted(len(loose), 'package')} without a fixed version",
            location=Location(path=path),
            confidence=Confidence.HIGH,
            evidence=listed(dict.fromkeys(asked.name or asked.value for asked in loose)),
            key="unpinned",
        )
