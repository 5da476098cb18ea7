"""Items of a run, leased and finished: the statements. Each function is one transaction and may be called twice.

A lease is a random token and an end by the clock of the database. Whoever brings a result must still hold the
lease: a worker that was asleep for an hour finds that somebody else has done its work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from trustaudit.batch.engines.interface import TRIES, Grant, Lease, Outcome
from trustaudit.batch.rows import Row
from trustaudit.batch.worklist import Item
from trustaudit.errors import RefError, StoreError
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.policy.model import Policy
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings, parse_ref
from trustaudit.store.connection import Connection, database_now, dialect_of, transaction
from trustaudit.store.database import stamp
from trustaudit.store.history import Audit, History, pack

_WANTED: Final = (
    "SELECT position, requested, place, policy_digest, own_policy, item_key, attempts, trouble FROM work_items"
)
_TAKE: Final = (
    "UPDATE work_items SET state = 'leased', attempts = attempts + 1, lease = ?, expires_at = {now} + ?"
    " WHERE run_id = ? AND position = ?"
)


class Share(Struct, frozen=True):
    """One worker's part in a run."""

    run: str
    crew: str
    seconds: float
    settings: Settings
    policies: Mapping[str, Policy]
    """By digest, all that the run names."""


def lease(  # noqa: PLR0913 - whose run, for whom, how many, and which
    connection: Connection, share: Share, token: str, wanted: int, *, alone: bool, owner: str = ""
) -> Grant:
    """Items for that token: those it has already, else fresh ones, else one that was tried in vain.

    Preferably of ``owner``, else of one whose items nobody else has: who asked about an owner once need not ask again.
    """
    with transaction(connection):
        if _is_stopped(connection, share):
            return Grant(stopped=True)
        rows = _held(connection, share, token)
        if not rows:
            rows = _fresh(connection, share, wanted, owner) or (_suspect(connection, share) if alone else [])
            sql = _TAKE.format(now=dialect_of(connection).now)
            connection.executemany(sql, [(token, share.seconds, share.run, row[0]) for row in rows])
            rows = [(*row[:6], row[6] + 1, row[7]) for row in rows]
        finished = not rows and not _is_left(connection, share.run)
    return Grant(tuple(_leased(row, token, share) for row in rows), finished=finished)


def _is_stopped(connection: Connection, share: Share) -> bool:
    row = connection.execute("SELECT stopped FROM crews WHERE id = ?", (share.crew,)).fetchone()
    return row is None or bool(row[0])


def _held(connection: Connection, share: Share, token: str) -> list[Any]:
    sql = f"{_WANTED} WHERE run_id = ? AND lease = ? AND state = 'leased' ORDER BY position"
    return connection.execute(sql, (share.run, token)).fetchall()


def _fresh(connection: Connection, share: Share, wanted: int, owner: str) -> list[Any]:
    untaken = "owner NOT IN (SELECT owner FROM work_items WHERE run_id = ? AND state = 'leased')"
    ways = (("owner = ?", (owner,)), (untaken, (share.run,)), ("1 = 1", ()))
    for which, values in ways if owner else ways[1:]:
        where = f"WHERE run_id = ? AND state = 'waiting' AND attempts = 0 AND {which} ORDER BY position LIMIT ?"
        sql = f"{_WANTED} {where}{dialect_of(connection).skip_locked}"
        if rows := connection.execute(sql, (share.run, *values, wanted)).fetchall():
            return rows
    return []


def ahead(connection: Connection, share: Share, limit: int) -> list[RepoRef]:
    """What is going to be asked for soon, by this worker or by others."""
    sql = (
        "SELECT requested FROM work_items WHERE run_id = ? AND state = 'waiting' AND attempts = 0"
        " ORDER BY position LIMIT ?"
    )
    found = [_parsed(row[0], share)[0] for row in connection.execute(sql, (share.run, limit))]
    return [ref for ref in found if ref is not None]


def _suspect(connection: Connection, share: Share) -> list[Any]:
    """One that failed, or whose lease ran out. While the database was away nobody could renew: it counts as no time."""
    words = dialect_of(connection)
    past = f"expires_at <= {words.now} AND COALESCE({words.up_since} + ?, 0) <= {words.now}"
    where = f"WHERE run_id = ? AND ((state = 'waiting' AND attempts > 0) OR (state = 'leased' AND {past}))"
    sql = f"{_WANTED} {where} ORDER BY attempts, position LIMIT 1{words.skip_locked}"
    return connection.execute(sql, (share.run, share.seconds)).fetchall()


def _is_left(connection: Connection, run: str) -> bool:
    sql = "SELECT 1 FROM work_items WHERE run_id = ? AND state IN ('waiting', 'leased') LIMIT 1"
    return connection.execute(sql, (run,)).fetchone() is not None


def _leased(row: Any, token: str, share: Share) -> Lease:  # noqa: ANN401 - a row of _WANTED
    position, requested, place, digest, own, key, attempts, trouble = row
    ref, problem = _parsed(requested, share)
    item = Item(requested, share.policies[digest], key, ref, problem, place, own_policy=bool(own))
    return Lease(item, position, attempts, token, trouble)


def _parsed(requested: str, share: Share) -> tuple[RepoRef | None, RefError | None]:
    try:
        return parse_ref(requested, share.settings), None
    except RefError as error:
        return None, error


def renew(connection: Connection, share: Share, held: Iterable[tuple[int, str]]) -> bool:
    """Hold these items, by position and token, for another while. Whether we shall stop."""
    sql = (
        f"UPDATE work_items SET expires_at = {dialect_of(connection).now} + ?"  # noqa: S608 - a constant
        " WHERE run_id = ? AND position = ? AND lease = ? AND state = 'leased'"
    )
    with transaction(connection):
        # In one order for all workers, so that no two of them wait for each other.
        connection.executemany(sql, [(share.seconds, share.run, *one) for one in sorted(held)])
        return _is_stopped(connection, share)


def complete(connection: Connection, share: Share, lease: Lease, outcome: Outcome) -> bool:
    """Keep a result, once. False when the item is no longer ours."""
    state = "failed" if outcome.trouble else "done"
    with transaction(connection):
        changed = connection.execute(
            "UPDATE work_items SET state = ?, expires_at = NULL, trouble = ?, attempts = ?"
            " WHERE run_id = ? AND position = ? AND lease = ? AND state = 'leased'",
            (state, outcome.trouble, min(lease.attempts, TRIES), share.run, lease.position, lease.token),
        ).rowcount
        if changed:
            _put_result(connection, share, lease, outcome)
    return bool(changed)


def _put_result(connection: Connection, share: Share, lease: Lease, outcome: Outcome) -> None:
    report, item = outcome.report, lease.item
    row = Row.of(report)
    kept = _kept(connection, share, outcome)
    digest = outcome.policy.digest
    connection.execute(
        "INSERT INTO results (run_id, repo_type, repo_key, revision, commit_sha, ruleset, policy_digest, position,"
        " name, verdict, score, worst, api_requests, file_requests, trouble, finished_at, report_id, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            share.run,
            *_identity(item),
            report.repo.commit or "",
            ruleset_id(),
            digest,
            lease.position,
            row.name,
            str(row.verdict),
            row.score,
            row.worst,
            row.api_requests,
            row.file_requests,
            outcome.trouble,
            _now(connection),
            kept,
            None if kept else pack(report.model_dump_json().encode()),
        ),
    )


def _now(connection: Connection) -> str:
    return stamp(datetime.fromtimestamp(database_now(connection), UTC))


def _identity(item: Item) -> tuple[str, str, str]:
    """Type, id and revision as they were asked for."""
    if item.ref is None:
        return "", item.key, ""
    return str(item.ref.type), item.ref.id.casefold(), item.ref.revision or ""


def _kept(connection: Connection, share: Share, outcome: Outcome) -> str | None:
    """The report in the history, where there are facts and a history is wanted."""
    if outcome.snapshot is None or not share.settings.history or share.settings.offline:
        return None
    return History(connection).put(Audit.of(outcome.snapshot, outcome.report, outcome.policy))


def give_back(connection: Connection, share: Share, lease: Lease, trouble: str) -> None:
    """Let others try; without ``trouble`` this attempt never was."""
    connection.execute(
        "UPDATE work_items SET state = 'waiting', lease = NULL, expires_at = NULL, attempts = ?, trouble = ?"
        " WHERE run_id = ? AND position = ? AND lease = ? AND state = 'leased'",
        (lease.attempts - (not trouble), trouble or lease.trouble, share.run, lease.position, lease.token),
    )


def policies_of(connection: Connection, run: str) -> dict[str, Policy]:
    """The policies of a run by digest. Raises StoreError when one is not what was stored."""
    sql = (
        "SELECT digest, body FROM work_policies WHERE digest IN (SELECT policy_digest FROM work_items WHERE run_id = ?)"
    )
    found = {digest: Policy.model_validate_json(body) for digest, body in connection.execute(sql, (run,))}
    for digest, policy in found.items():
        if policy.digest != digest:
            raise StoreError(f"the policy {digest[:8]} of this run was changed in the database")
    return found
