"""Private repository

## What it does
Notes that the repository is only visible with the token in use.

## Why it matters
Colleagues and build machines without that token get "does not exist" from the Hub, and a report about it
cannot be checked by others. A private repository can be made public, or deleted, without notice.

## Example
`"private": true` in the info answer.

## How to fix
Nothing to fix. Pin the commit and keep the report if others depend on it.

## References
- https://huggingface.co/docs/hub/repositories-settings
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="private-repository",
    title="Private repository",
    severity=Severity.INFO,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.INFO}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One note when the flag is set."""
    if snapshot.repo_info and snapshot.repo_info.private:
        yield META.found(
            "private: only visible with the token in use",
            location=Location(field="private"),
            evidence="private: true",
        )
