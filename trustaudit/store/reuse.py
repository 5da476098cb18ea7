"""Audits of earlier runs that still hold: same repository, commit, rules and policy, and not too old.

Opt-in, for a batch that is run often. That the repository is still as it was costs the info answer
or a line of a list page; what cannot be seen there and may have changed without a commit (who owns
the account, verdicts of scanners) is as old as the audit that is shown again.
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from msgspec import Struct, field

from trustaudit.batch.worklist import Item
from trustaudit.errors import HubError, StoreError, TrustAuditError
from trustaudit.facts import value_of
from trustaudit.hub.client import Hub
from trustaudit.hub.info import InfoAnswer
from trustaudit.hub.session import HubSession
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.refs import DEFAULT_BRANCH, RepoRef
from trustaudit.report.model import CostReport, TrustReport, Verdict
from trustaudit.settings import Settings
from trustaudit.snapshot import RepoInfo
from trustaudit.store.history import Audit, AuditRow, History
from trustaudit.store.place import history_database


class Reuse(Struct):
    """The history of ``settings`` as a source of reports no older than ``age``; a context manager.

    A history that is not there or cannot be read has nothing to reuse: everything is audited.
    """

    settings: Settings
    age: timedelta
    _stack: ExitStack = field(default_factory=ExitStack)
    _history: History | None = None

    def __enter__(self) -> Self:
        of_today = self.settings.replay is None and self.settings.record is None and not self.settings.offline
        if self.age and of_today and self.settings.history:
            try:
                self._history = History(self._stack.enter_context(history_database(self.settings, create=False)))
            except (TrustAuditError, sqlite3.Error, OSError):
                self._history = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def candidate(self, item: Item, now: datetime) -> AuditRow | None:
        """The newest audit that may still hold."""
        if self._history is None or item.ref is None:
            return None
        try:
            rows = self._history.audits(RepoRef(type=item.ref.type, namespace=item.ref.namespace, name=item.ref.name))
        except (StoreError, sqlite3.Error):
            return None
        wanted = (item.policy.digest, ruleset_id(), item.ref.revision or DEFAULT_BRANCH)
        return next((row for row in rows if self._may_hold(row, now, wanted)), None)

    async def report(self, item: Item, hub: Hub) -> TrustReport | None:
        """The earlier report, saying that it is one; None when the repository has to be audited."""
        row = self.candidate(item, hub.now())
        if row is None or item.ref is None or self._history is None:
            return None
        session = hub.session()
        try:
            earlier = self._history.load(row)
            answer = await session.info(item.ref)
        except (StoreError, HubError, sqlite3.Error):
            return None
        if not session.redirects and _is_as_it_was(earlier, answer, session):
            return _shown_again(earlier.report, row, session)
        if not session.redirects:
            session.pass_on(item.ref, answer)
        return None

    def _may_hold(self, row: AuditRow, now: datetime, wanted: tuple[str, str, str]) -> bool:
        alike = (row.policy_digest, row.ruleset, row.revision) == wanted
        settled = row.commit is not None and row.verdict != Verdict.INCOMPLETE
        return alike and settled and now - datetime.fromisoformat(row.audited_at) <= self.age


def _is_as_it_was(earlier: Audit, answer: InfoAnswer, session: HubSession) -> bool:
    snapshot = earlier.snapshot
    before = value_of(snapshot.info)
    if before is None or snapshot.endpoint != session.endpoint or snapshot.moved or snapshot.redirects:
        return False
    scan = answer.info.scan
    quiet = scan is None or before.scan is None or scan.issues == before.scan.issues
    return quiet and snapshot.commit == answer.info.sha and _standing(before) == _standing(answer.info)


def _standing(info: RepoInfo) -> tuple[object, ...]:
    """What can change without a commit, and stands in every answer."""
    return info.id, info.object_id, info.author, info.gated, info.disabled, info.private


def _shown_again(report: TrustReport, row: AuditRow, session: HubSession) -> TrustReport:
    spent = session.meter.cost()
    note = f"unchanged since the audit of {row.audited_at[:10]}, whose result this is"
    cost = CostReport(
        api_requests=spent.api_requests,
        file_requests=spent.file_requests,
        bytes=spent.bytes,
        repo_bytes=report.cost.repo_bytes,
        seconds=spent.seconds,
    )
    return report.model_copy(update={"notes": (*report.notes, note), "cost": cost})
