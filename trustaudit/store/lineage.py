"""Who descends from whom, over all audits of this machine: rows in and out of the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from trustaudit.lineage.edges import Descent, ParentEdge
from trustaudit.store.connection import Connection
from trustaudit.store.database import stamp


def put_descents(connection: Connection, descents: Iterable[Descent]) -> None:
    """Add entries inside the caller's transaction. The newest stays; an own audit outranks a passing look."""
    for descent in sorted(descents, key=lambda entry: entry.id.casefold()):  # one order for all: no deadlock
        if _is_news(connection, descent):
            _put(connection, descent)


def all_descents(connection: Connection) -> tuple[Descent, ...]:
    """Every entry, by id."""
    parents: dict[str, list[ParentEdge]] = {}
    sql = "SELECT child_key, parent_id, relation, declared_in FROM parents ORDER BY child_key, position"
    for child, parent, relation, place in connection.execute(sql):
        parents.setdefault(child, []).append(ParentEdge(id=parent, relation=relation, declared_in=place))
    rows = connection.execute("SELECT repo_key, repo_id, commit_sha, seen_at, audited FROM descents ORDER BY repo_key")
    return tuple(
        Descent(
            id=name,
            commit=commit,
            seen_at=datetime.fromisoformat(seen),
            parents=tuple(parents.get(key, ())),
            audited=bool(audited),
        )
        for key, name, commit, seen, audited in rows
    )


def _is_news(connection: Connection, descent: Descent) -> bool:
    known = connection.execute(
        "SELECT seen_at, audited FROM descents WHERE repo_key = ?", (descent.id.casefold(),)
    ).fetchone()
    if known is None or (descent.audited and not known[1]):
        return True
    return descent.audited == bool(known[1]) and stamp(descent.seen_at) >= known[0]


def _put(connection: Connection, descent: Descent) -> None:
    key = descent.id.casefold()
    connection.execute(
        "INSERT INTO descents (repo_key, repo_id, commit_sha, seen_at, audited) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (repo_key) DO UPDATE SET repo_id = excluded.repo_id, commit_sha = excluded.commit_sha,"
        " seen_at = excluded.seen_at, audited = excluded.audited",
        (key, descent.id, descent.commit, stamp(descent.seen_at), int(descent.audited)),
    )
    connection.execute("DELETE FROM parents WHERE child_key = ?", (key,))
    connection.executemany(
        "INSERT INTO parents (child_key, position, parent_id, relation, declared_in) VALUES (?, ?, ?, ?, ?)",
        [(key, at, edge.id, edge.relation, edge.declared_in) for at, edge in enumerate(descent.parents)],
    )
