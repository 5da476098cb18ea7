"""Audits in and out of the database. Bodies are compressed JSON; what lists and look-ups need is in columns."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct
from pydantic import ValidationError

import trustaudit
from trustaudit.batch.rows import worst
from trustaudit.errors import FileInputError, StoreError
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lineage.edges import Descent, descents_of
from trustaudit.policy.model import Policy
from trustaudit.refs import DEFAULT_BRANCH, RepoRef
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Snapshot
from trustaudit.store.connection import Connection, transaction
from trustaudit.store.database import stamp
from trustaudit.store.lineage import all_descents, put_descents

MAX_BODY: Final = 512 * 1024 * 1024
_ID_DIGITS: Final = 32
_COLUMNS: Final = (
    "id, snapshot_id, repo_type, repo_id, revision, commit_sha, verdict, score, worst, policy, policy_digest, ruleset,"
    " audited_at"
)


class AuditRow(Struct, frozen=True):
    """One audit without its bodies. ``audited_at`` is when the facts were collected, in UTC."""

    id: str
    snapshot_id: str
    repo_type: str
    repo_id: str
    revision: str
    commit: str | None
    verdict: str
    score: int | None
    worst: str
    policy: str
    policy_digest: str
    ruleset: str
    audited_at: str


class Audit(Struct, frozen=True):
    """One audit as it is stored: the facts, the report, and by which policy and rules."""

    snapshot: Snapshot
    report: TrustReport
    policy: str
    policy_digest: str
    ruleset: str

    @classmethod
    def of(cls, snapshot: Snapshot, report: TrustReport, policy: Policy) -> Audit:
        """An audit of this moment."""
        return cls(snapshot, report, policy.name, policy.digest, ruleset_id())


class History:
    """Reads and writes over an open connection (``database``)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start_run(self, command: str, started: datetime) -> str:
        """A new run of a command; its id."""
        with transaction(self._connection):
            return insert_run(self._connection, command, started)

    def save(self, audit: Audit, *, run: str | None = None, position: int = 0) -> str:
        """Store an audit; the report's id. Storing the same one again changes nothing."""
        with transaction(self._connection):
            report = self.put(audit)
            if run is not None:
                self._connection.execute(
                    "INSERT INTO run_items (run_id, position, requested, report_id) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (run_id, position) DO NOTHING",
                    (run, position, audit.report.repo.requested, report),
                )
        return report

    def put(self, audit: Audit) -> str:
        """``save`` inside the caller's transaction, and in no run."""
        report = self._put(audit)
        put_descents(self._connection, descents_of(audit.snapshot))
        return report

    def audits(self, ref: RepoRef | None = None, *, limit: int = -1) -> list[AuditRow]:
        """Newest first: of one repository (at any revision unless the reference names one), or of all."""
        where, values = _where(ref)
        order = "ORDER BY audited_at DESC, id LIMIT ?"
        sql = f"SELECT {_COLUMNS} FROM reports {where} {order}"  # noqa: S608 - constants and placeholders only
        return [AuditRow(*row) for row in self._connection.execute(sql, (*values, limit if limit >= 0 else _ALL))]

    def latest(self) -> list[AuditRow]:
        """The newest audit of each repository and revision, sorted by id."""
        rows: dict[tuple[str, str, str], AuditRow] = {}
        for row in self.audits():
            rows.setdefault((row.repo_type, row.repo_id.casefold(), row.revision), row)
        return [rows[key] for key in sorted(rows)]

    def load(self, row: AuditRow) -> Audit:
        """The whole audit. Raises StoreError when its bodies do not hold."""
        found = self._connection.execute(
            "SELECT reports.body, snapshots.body FROM reports JOIN snapshots ON snapshots.id = reports.snapshot_id"
            " WHERE reports.id = ?",
            (row.id,),
        ).fetchone()
        if found is None:
            raise StoreError(f"audit {row.id[:8]} is no longer in the history")
        try:
            report = TrustReport.model_validate_json(unpack(found[0]))
            snapshot = Snapshot.from_json(unpack(found[1]))
        except (ValidationError, FileInputError, zlib.error, ValueError) as error:
            raise StoreError(
                f"audit {row.id[:8]} of {row.repo_id} cannot be read",
                cause="the file is damaged, or another version wrote it",
            ) from error
        return Audit(snapshot, report, row.policy, row.policy_digest, row.ruleset)

    def descents(self) -> tuple[Descent, ...]:
        """The parents of every repository that was audited, or passed on the way to an ancestor."""
        return all_descents(self._connection)

    def each(self) -> Iterator[Audit]:
        """Every audit, oldest first, one in memory at a time."""
        for row in reversed(self.audits()):
            yield self.load(row)

    def _put(self, audit: Audit) -> str:
        snapshot, report = audit.snapshot, audit.report
        facts = snapshot.model_dump_json().encode()
        said = report.model_dump_json().encode()
        facts_id = hashlib.sha256(facts).hexdigest()[:_ID_DIGITS]
        identity = f"{facts_id}\n{audit.policy_digest}\n{audit.ruleset}\n".encode()
        report_id = hashlib.sha256(identity + said).hexdigest()[:_ID_DIGITS]
        self._connection.execute(
            "INSERT INTO snapshots (id, collected_at, body) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (facts_id, stamp(snapshot.collected_at), pack(facts)),
        )
        self._connection.execute(
            f"INSERT INTO reports ({_COLUMNS}, repo_key, body)"  # noqa: S608 - constants and placeholders only
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (report_id, facts_id, *_columns(audit), pack(said)),
        )
        return report_id


_ALL: Final = 2**62


def insert_run(connection: Connection, command: str, started: datetime) -> str:
    """A new run inside the caller's transaction; its id."""
    run = uuid.uuid4().hex
    tool = f"trustaudit {trustaudit.__version__}"
    connection.execute(
        "INSERT INTO runs (id, command, started_at, tool, ruleset) VALUES (?, ?, ?, ?, ?)",
        (run, command, stamp(started), tool, ruleset_id()),
    )
    return run


def _columns(audit: Audit) -> tuple[object, ...]:
    snapshot, report = audit.snapshot, audit.report
    repo = report.repo
    return (
        repo.type,
        repo.id,
        repo.revision or DEFAULT_BRANCH,
        repo.commit,
        str(report.verdict),
        report.score,
        worst(report),
        audit.policy,
        audit.policy_digest,
        audit.ruleset,
        stamp(snapshot.collected_at),
        repo.id.casefold(),
    )


def _where(ref: RepoRef | None) -> tuple[str, tuple[str, ...]]:
    if ref is None:
        return "", ()
    values = (str(ref.type), ref.id.casefold())
    if ref.revision is None:
        return "WHERE repo_type = ? AND repo_key = ?", values
    return (
        "WHERE repo_type = ? AND repo_key = ? AND (revision = ? OR commit_sha = ?)",
        (*values, ref.revision, ref.revision),
    )


def pack(text: bytes) -> bytes:
    """A body as it is stored."""
    return zlib.compress(text, 6)


def unpack(body: bytes) -> bytes:
    """The JSON of a body. Raises zlib.error or ValueError for what is none, or unpacks to too much."""
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(body, MAX_BODY)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("a body that is cut, or larger than any report")
    return text
