"""Keeping a command's audits. A history that cannot be written never costs anybody a report: it becomes a note."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from trustaudit.errors import StoreError
from trustaudit.policy.model import Policy
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings
from trustaudit.snapshot import Snapshot
from trustaudit.store.database import failure
from trustaudit.store.history import Audit, History
from trustaudit.store.place import Place, history_database


class Recorder:
    """Opens on the first audit, gives up on the first failure; ``note`` then says why."""

    def __init__(self, settings: Settings, command: str) -> None:
        self.note = ""
        self._settings = settings
        # A replay is somebody's evidence and the cache is the past: neither is an audit of today.
        of_today = settings.replay is None and not settings.offline
        self._wanted = settings.history and of_today and (settings.data_dir.is_absolute() or bool(settings.db))
        self._command, self._position = command, 0
        self._stack = ExitStack()
        self._history: History | None = None
        self._run = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def keep(self, snapshot: Snapshot, report: TrustReport, policy: Policy) -> None:
        """Store one audit. Never raises for what the database does."""
        if not self._wanted:
            return
        try:
            history = self._opened()
            history.save(Audit.of(snapshot, report, policy), run=self._run, position=self._position)
            self._position += 1
        except StoreError as failed:
            self._give_up(failed)
        except (sqlite3.Error, OSError) as failed:
            self._give_up(failure(Place.of(self._settings).path or Path(), failed))

    def _opened(self) -> History:
        if self._history is None:
            self._history = History(self._stack.enter_context(history_database(self._settings)))
            self._run = self._history.start_run(self._command, datetime.now(UTC))
        return self._history

    def _give_up(self, error: StoreError) -> None:
        self._wanted = False
        self.note = f"{error.what}; this audit is not kept in the history"
        if error.advice:
            self.note += f" ({error.advice})"
        self._close()

    def _close(self) -> None:
        try:
            self._stack.close()
        except StoreError as error:
            self.note = self.note or error.what
        self._history = None
