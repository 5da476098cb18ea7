"""Shared runs: opened, joined, watched and closed. What a command does while workers do the work."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from trustaudit.batch.rows import Row
from trustaudit.batch.worklist import Item, Worklist
from trustaudit.errors import StoreError
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.report.model import TrustReport, Verdict
from trustaudit.store.connection import Connection, transaction
from trustaudit.store.database import stamp
from trustaudit.store.history import insert_run, unpack


class WorkRun(Struct, frozen=True):
    """A run that was opened: ``done`` items had a result before we came; ``joined`` when others began it."""

    id: str
    crew: str
    done: frozenset[int] = frozenset()
    joined: bool = False


def open_run(connection: Connection, work: Worklist, endpoint: str, *, resume: bool) -> WorkRun:
    """The unfinished run of this list under these rules when ``resume`` finds one, else a new one.

    One at a time: of two commands that start together and both resume, one opens and the other joins.
    """
    with transaction(connection, alone=True):
        run = _unfinished(connection, work.digest, endpoint) if resume else None
        joined = run is not None
        if run is None:
            run = _new_run(connection, work, endpoint)
        crew = uuid.uuid4().hex
        connection.execute("INSERT INTO crews (id, run_id, stopped) VALUES (?, ?, 0)", (crew, run))
        done = _done(connection, run)
    return WorkRun(run, crew, done, joined)


def done_so_far(connection: Connection, work: Worklist, endpoint: str) -> frozenset[int]:
    """Positions that the run which ``open_run`` would resume has finished; none without such a run."""
    run = _unfinished(connection, work.digest, endpoint)
    return _done(connection, run) if run else frozenset()


def _done(connection: Connection, run: str) -> frozenset[int]:
    found = connection.execute("SELECT position FROM results WHERE run_id = ?", (run,)).fetchall()
    return frozenset(row[0] for row in found)


def _unfinished(connection: Connection, digest: str, endpoint: str) -> str | None:
    row = connection.execute(
        "SELECT runs.id FROM work_runs JOIN runs ON runs.id = work_runs.run_id"
        " WHERE list_digest = ? AND endpoint = ? AND finished_at IS NULL AND runs.ruleset = ?"
        " ORDER BY runs.started_at DESC LIMIT 1",
        (digest, endpoint, ruleset_id()),
    ).fetchone()
    return None if row is None else str(row[0])


def _new_run(connection: Connection, work: Worklist, endpoint: str) -> str:
    run = insert_run(connection, "batch", datetime.now(UTC))
    connection.execute(
        "INSERT INTO work_runs (run_id, endpoint, list_digest, items) VALUES (?, ?, ?, ?)",
        (run, endpoint, work.digest, len(work.items)),
    )
    digests = {id(item.policy): item.policy.digest for item in work.items}
    policies = {digests[id(item.policy)]: item.policy for item in work.items}
    connection.executemany(
        "INSERT INTO work_policies (digest, body) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING",
        [(digest, policies[digest].model_dump_json()) for digest in sorted(policies)],
    )
    connection.executemany(
        "INSERT INTO work_items (run_id, position, item_key, requested, owner, place, policy_digest, own_policy,"
        " state, attempts, trouble) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, '')",
        [
            (
                run,
                at,
                item.key,
                item.requested,
                _owner(item),
                item.place,
                digests[id(item.policy)],
                int(item.own_policy),
            )
            for at, item in enumerate(work.items)
        ],
    )
    return run


def _owner(item: Item) -> str:
    return (item.ref.namespace or "").casefold() if item.ref is not None else ""


def rows_from(connection: Connection, run: str, position: int, limit: int) -> dict[int, Row]:
    """Results by position, of ``limit`` positions from that one on."""
    sql = (
        "SELECT position, name, verdict, score, worst, api_requests, file_requests FROM results"
        " WHERE run_id = ? AND position >= ? AND position < ?"
    )
    return {row[0]: _row(row[1:]) for row in connection.execute(sql, (run, position, position + limit))}


def _row(values: Sequence[Any]) -> Row:
    name, verdict, *rest = values
    return Row(name, Verdict(verdict), *rest)


def report_at(connection: Connection, run: str, position: int) -> TrustReport:
    """A whole report. Raises StoreError when it is not there or does not hold."""
    row = connection.execute(
        "SELECT COALESCE(results.body, reports.body) FROM results LEFT JOIN reports ON reports.id = results.report_id"
        " WHERE results.run_id = ? AND results.position = ?",
        (run, position),
    ).fetchone()
    if row is None or row[0] is None:
        raise StoreError(f"run {run[:8]} has no report at position {position}")
    return TrustReport.model_validate_json(unpack(row[0]))


def forget_run(connection: Connection, run: str) -> None:
    """Remove a shared run with its results. Audits stay in the history, until ``pruning`` forgets them too."""
    with transaction(connection):
        for table in ("crews", "results", "work_items", "work_runs"):
            connection.execute(f"DELETE FROM {table} WHERE run_id = ?", (run,))  # noqa: S608 - one of these names
        connection.execute("DELETE FROM run_items WHERE run_id = ?", (run,))
        connection.execute("DELETE FROM runs WHERE id = ?", (run,))
        connection.execute("DELETE FROM work_policies WHERE digest NOT IN (SELECT policy_digest FROM work_items)")


def stop_crew(connection: Connection, crew: str) -> None:
    """Ask the processes that this command called in to end."""
    connection.execute("UPDATE crews SET stopped = 1 WHERE id = ?", (crew,))


def finish_run(connection: Connection, run: str) -> None:
    """Everything is done and told: nobody shall resume it."""
    connection.execute(
        "UPDATE work_runs SET finished_at = ? WHERE run_id = ? AND finished_at IS NULL", (stamp(datetime.now(UTC)), run)
    )
