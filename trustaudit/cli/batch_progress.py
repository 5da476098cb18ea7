"""How far a long run is: a bar with rate and time left on a terminal, a line now and then elsewhere. On stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY = 30.0
"""Seconds between two lines in a log."""


class RunProgress:
    """``advance`` once per finished thing. Nothing is written when not enabled."""

    def __init__(self, total: int, *, enabled: bool = True, noun: str = "audited") -> None:
        self._total, self._noun = total, noun
        self._enabled = enabled and total > 0
        self._done = self._counted = 0
        self._started = self._told = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def start(self) -> None:
        """Show the bar, where there is a terminal."""
        self._started = self._told = time.monotonic()
        if self._enabled and sys.stderr.isatty():
            self._show()

    def advance(self, *, counts: bool = True) -> None:
        """One more; without ``counts`` it took no time and says nothing about the rate."""
        self._done += 1
        self._counted += counts
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, description=self.text())
        elif self._enabled and time.monotonic() - self._told >= LINE_EVERY:
            self._told = time.monotonic()
            sys.stderr.write(f"trustaudit: {self.text()}\n")

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def text(self) -> str:
        """``audited 100 of 612, 55 a minute, 9 min left``."""
        elapsed = time.monotonic() - self._started
        rate = self._counted / elapsed if elapsed > 0 else 0.0
        left = self._total - self._done
        told = f"{self._noun} {self._done:,} of {self._total:,}"
        if not self._counted or not rate:
            return told
        return f"{told}, {rate * 60:,.0f} a minute, {_left(left / rate)} left"

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (BarColumn(), TextColumn("{task.description}", markup=False))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self.text(), total=self._total)
        self._bar.start()


def _left(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds >= 90 else f"{seconds:,.0f} s"  # noqa: PLR2004 - a minute and a half
