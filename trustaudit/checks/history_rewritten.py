"""History was rewritten or is a copy

## What it does
Reports histories that were squashed into one commit, that begin with a copy of another repository, that begin
long after the repository was created, or that are empty. With an earlier audit (`--previous FILE`) it says whether the
commit that was audited then is still part of the history, and whether that has become shorter.

## Why it matters
What the repository was before can no longer be seen: who changed the weights, and when. Commits that people
pinned are gone. A copy carries over files whose authors never touched this repository; its co-authors are no
endorsement. All of it is also ordinary housekeeping, so it weighs little.

## Example
`Super-squash branch 'main' using huggingface_hub`, or `Duplicate from openai-community/gpt2`.

## How to fix
Compare the listed SHA-256 of the weights with those of the original, or use the original.

## References
- https://huggingface.co/docs/huggingface_hub/guides/repository
- https://huggingface.co/docs/hub/repositories-settings
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks._owner import days_between, found_id, owner_of
from trustaudit.checks._text import shortened
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Commit, History, Snapshot

META = CheckMeta(
    id="history-rewritten",
    title="History was rewritten or is a copy",
    severity=Severity.LOW,
    category=Category.HISTORY,
    needs=frozenset({Need.HISTORY}),
)

_DUPLICATE = re.compile(r"Duplicate from (\S{1,200})", re.IGNORECASE)
_SQUASH = re.compile(r"(?:super-?)?squash(?:ed)?\b", re.IGNORECASE)
_LATE_DAYS = 2
"""The Hub writes the first commit when it creates a repository; a day is left for clocks and zones."""


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """At most one finding per oddity of the oldest commit."""
    history: History | None = value_of(snapshot.history)
    if history is None:
        return
    yield from _since_last_audit(snapshot, history)
    if not history.commits:
        yield _finding("the history is empty", Severity.LOW, "empty")
    elif history.complete:
        yield from _oldest(snapshot, history.commits[-1])


def _since_last_audit(snapshot: Snapshot, history: History) -> Iterator[Finding]:
    """What was pinned must still be there; a history only grows unless somebody rewrites it."""
    previous: Snapshot | None = value_of(snapshot.previous)
    if previous is None or previous.ref != snapshot.ref:
        return
    before: History | None = value_of(previous.history)
    ids = {commit.id for commit in history.commits}
    if history.complete and previous.commit and previous.commit not in ids:
        day = previous.collected_at.date()
        message = f"commit {previous.commit[:12]}, audited on {day}, is no longer in the history"
        yield _finding(message, Severity.MEDIUM, "audited commit gone")
    elif before and before.total is not None and history.total is not None and history.total < before.total:
        message = f"the history has {history.total} commits and had {before.total} on {previous.collected_at.date()}"
        yield _finding(message, Severity.MEDIUM, "shorter")


def _oldest(snapshot: Snapshot, oldest: Commit) -> Iterator[Finding]:
    copied = _DUPLICATE.match(oldest.title)
    if copied:
        yield _copy(snapshot, copied[1], oldest)
    elif _SQUASH.match(oldest.title):
        yield _finding("the history was squashed into one commit", Severity.LOW, "squashed", oldest)
    elif _begins_late(snapshot, oldest):
        yield _finding(
            "the history begins after the repository: earlier commits are gone", Severity.LOW, "late", oldest
        )


def _copy(snapshot: Snapshot, source: str, oldest: Commit) -> Finding:
    same_owner = owner_of(source).casefold() == owner_of(found_id(snapshot)).casefold()
    message = f"a copy of {shortened(source)}: what came before is not in this history"
    return _finding(message, Severity.INFO if same_owner else Severity.LOW, "copy", oldest)


def _begins_late(snapshot: Snapshot, oldest: Commit) -> bool:
    created = snapshot.repo_info.created_at if snapshot.repo_info else None
    if created is None or oldest.date is None:
        return False
    return days_between(created, oldest.date) > _LATE_DAYS


def _finding(message: str, severity: Severity, key: str, oldest: Commit | None = None) -> Finding:
    return META.found(
        message,
        location=Location(field="commits"),
        severity=severity,
        confidence=Confidence.MEDIUM,
        evidence=f"oldest commit {oldest.id[:12]}: {shortened(oldest.title)}" if oldest else "",
        remediation="compare the SHA-256 of the weights with those of the original",
        key=key,
    )
