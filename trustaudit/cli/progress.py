"""A spinner with a count, on stderr and only on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress:
    """How far a run is. Silent when stderr is no terminal, so logs stay clean."""

    def __init__(self, *, total: int, enabled: bool = True) -> None:
        self._total = total
        self._enabled = enabled and sys.stderr.isatty()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def start(self) -> None:
        """Show the spinner."""
        if not self._enabled:
            return
        from rich.console import Console
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self._text(0), total=self._total)
        self._bar.start()

    def advance(self, done: str) -> None:
        """One more is finished."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
            finished = int(self._bar.tasks[0].completed)
            self._bar.update(self._task, description=self._text(finished, done))

    def stop(self) -> None:
        """Remove the spinner."""
        if self._bar is not None:
            self._bar.stop()

    def _text(self, finished: int, last: str = "") -> str:
        if self._total == 1:
            return "auditing"
        return f"audited {finished} of {self._total} {last}".rstrip()
