"""Entries for tests: what an audit of a builder's snapshot pins."""

from __future__ import annotations

from typing import Any

from tests.builders import make_snapshot
from trustaudit.engine import judge
from trustaudit.lockfile.entry import Audited, entry_of
from trustaudit.lockfile.model import Lock, LockEntry
from trustaudit.policy.model import load_policy
from trustaudit.snapshot import Snapshot

POLICY = load_policy("default")


def audited(snapshot: Snapshot) -> Audited:
    """The snapshot, judged by the default policy."""
    return Audited(snapshot, judge(snapshot, POLICY))


def make_entry(snapshot: Snapshot | None = None, **changes: Any) -> LockEntry:  # noqa: ANN401 - any field
    """The entry of an ordinary honest model, with some fields changed."""
    return entry_of(audited(snapshot or make_snapshot()), POLICY).model_copy(update=changes)


def make_lock(*entries: LockEntry) -> Lock:
    """A lock of these entries."""
    return Lock().with_entries(entries or (make_entry(),))
