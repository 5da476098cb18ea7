"""The engine without an engine: this process does the work, on a thread with an event loop of its own.

More processes join by running the same command with ``--resume``, here or elsewhere.
"""

from __future__ import annotations

import threading
from typing import Final

from trustaudit.batch.engines.interface import Work

_PARTING: Final = 15.0
"""Seconds for a stopped worker to give back what it has. After that its leases run out by themselves."""


class InProcess:
    """``interface.Engine`` of one worker."""

    def __init__(self, work: Work, order: str) -> None:
        self._work, self._order = work, order
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def supply(self) -> None:
        """As ``interface.Engine``."""
        if self._error is not None:
            raise self._error
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="trustaudit-worker", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """As ``interface.Engine``."""
        if self._thread is not None:
            self._thread.join(_PARTING)

    def _run(self) -> None:
        try:
            self._work(self._order)
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            self._error = error
