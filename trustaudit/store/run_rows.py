"""Runs and their results as flat rows, for tables, notebooks and other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from trustaudit.errors import UsageError
from trustaudit.report.model import TrustReport
from trustaudit.store.connection import Connection
from trustaudit.store.history import unpack

_PAGE: Final = 500
"""Results in memory at a time."""

_SHARED: Final = (
    "SELECT results.position, work_items.requested, results.policy_digest, results.ruleset, results.finished_at,"
    " results.trouble, COALESCE(results.body, reports.body)"
    " FROM results JOIN work_items ON work_items.run_id = results.run_id AND work_items.position = results.position"
    " LEFT JOIN reports ON reports.id = results.report_id"
    " WHERE results.run_id = ? AND results.position >= ? AND results.position < ? ORDER BY results.position"
)
_KEPT: Final = (
    "SELECT run_items.position, run_items.requested, reports.policy_digest, reports.ruleset, reports.audited_at, '',"
    " reports.body FROM run_items JOIN reports ON reports.id = run_items.report_id"
    " WHERE run_items.run_id = ? AND run_items.position >= ? AND run_items.position < ? ORDER BY run_items.position"
)


class RunRow(Struct, frozen=True):
    """One run. ``state`` of a shared one is finished or unfinished; others are not resumed from here."""

    id: str
    command: str
    started_at: str
    ruleset: str
    items: int
    done: int
    state: str

    @property
    def is_shared(self) -> bool:
        """Whether its items are in the database too."""
        return bool(self.state)


def runs(connection: Connection) -> list[RunRow]:
    """Newest first."""
    found = connection.execute(
        "SELECT runs.id, runs.command, runs.started_at, runs.ruleset, work_runs.items, work_runs.finished_at,"
        " (SELECT COUNT(*) FROM results WHERE results.run_id = runs.id),"
        " (SELECT COUNT(*) FROM run_items WHERE run_items.run_id = runs.id)"
        " FROM runs LEFT JOIN work_runs ON work_runs.run_id = runs.id ORDER BY runs.started_at DESC, runs.id"
    )
    return [_run(row) for row in found.fetchall()]


def _run(row: Sequence[Any]) -> RunRow:
    name, command, started, ruleset, items, finished, results, kept = row
    if items is None:
        return RunRow(name, command, started, ruleset, kept, kept, "")
    return RunRow(name, command, started, ruleset, items, results, "finished" if finished else "unfinished")


def chosen_runs(rows: Sequence[RunRow], name: str) -> list[RunRow]:
    """``latest``, ``all``, or those whose id begins so. Raises UsageError when there is none."""
    if name == "all" and rows:
        return list(rows)
    found = rows[:1] if name == "latest" else [row for row in rows if row.id.startswith(name.lower())]
    if not found:
        raise UsageError(f"no run fits {name!a}", advice="trustaudit runs list")
    return list(found)


def flat_rows(connection: Connection, run: RunRow, *, whole: bool = False) -> Iterator[dict[str, Any]]:
    """A row per result, in the order of the list; with ``whole``, the report as JSON text too."""
    sql, position = _SHARED if run.is_shared else _KEPT, 0
    last = _last(connection, run)
    while position <= last:
        for row in connection.execute(sql, (run.id, position, position + _PAGE)).fetchall():
            yield _flat(run, row, whole=whole)
        position += _PAGE


def _last(connection: Connection, run: RunRow) -> int:
    table = "results" if run.is_shared else "run_items"
    sql = f"SELECT COALESCE(MAX(position), -1) FROM {table} WHERE run_id = ?"  # noqa: S608 - one of two names
    return int(connection.execute(sql, (run.id,)).fetchone()[0])


def _flat(run: RunRow, row: Sequence[Any], *, whole: bool) -> dict[str, Any]:
    position, requested, policy, ruleset, finished_at, trouble, body = row
    text = unpack(body)
    report = TrustReport.model_validate_json(text)
    repo, cost = report.repo, report.cost
    values = {
        "run": run.id,
        "position": position,
        "requested": requested,
        "repo_type": repo.type,
        "repo_id": repo.id,
        "revision": repo.revision,
        "commit": repo.commit,
        "verdict": str(report.verdict),
        "score": report.score,
        "headline": report.headline,
        "rules": list(dict.fromkeys(finding.rule for finding in report.findings)),
        "worst_severity": str(report.findings[0].severity) if report.findings else None,
        "publisher": report.publisher.name,
        "policy_digest": policy,
        "ruleset": ruleset,
        "api_requests": cost.api_requests,
        "file_requests": cost.file_requests,
        "bytes": cost.bytes,
        "repo_bytes": cost.repo_bytes,
        "seconds": cost.seconds,
        "finished_at": finished_at,
        "trouble": trouble,
    }
    return {**values, "report": text.decode()} if whole else values
