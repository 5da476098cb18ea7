"""Forgetting old audits. The newest of each repository and revision stays: the inventory is made of these."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from trustaudit.store.connection import SQLITE, Connection, dialect_of, transaction
from trustaudit.store.database import stamp


def prune(connection: Connection, *, keep: int, before: datetime | None = None) -> int:
    """Remove audits beyond the newest ``keep`` (at least one) of each repository and revision; how many there were.

    With ``before`` only those of facts collected earlier. What the shared runs of several machines refer to stays.
    """
    with transaction(connection, alone=True):
        doomed = _doomed(connection, max(1, keep), stamp(before) if before is not None else None)
        connection.executemany("DELETE FROM run_items WHERE report_id = ?", doomed)
        connection.executemany("DELETE FROM reports WHERE id = ?", doomed)
        connection.execute("DELETE FROM snapshots WHERE id NOT IN (SELECT snapshot_id FROM reports)")
        connection.execute(
            "DELETE FROM runs WHERE id NOT IN (SELECT run_id FROM run_items)"
            " AND id NOT IN (SELECT run_id FROM work_runs)"
        )
    if doomed and dialect_of(connection) is SQLITE:
        connection.execute("VACUUM")  # a server gives room back by itself, a file does not
    return len(doomed)


def _doomed(connection: Connection, keep: int, before: str | None) -> list[tuple[str]]:
    rows = connection.execute(
        "SELECT id, repo_type, repo_key, revision, audited_at FROM reports"
        " WHERE id NOT IN (SELECT report_id FROM results WHERE report_id IS NOT NULL) ORDER BY audited_at DESC, id"
    ).fetchall()
    seen: Counter[tuple[str, str, str]] = Counter()
    found: list[tuple[str]] = []
    for identity, kind, name, revision, moment in rows:
        seen[kind, name, revision] += 1
        if seen[kind, name, revision] > keep and (before is None or moment < before):
            found.append((identity,))
    return found
