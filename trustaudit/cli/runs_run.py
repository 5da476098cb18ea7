"""Runs as a list, and their results as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from tabulate import tabulate

from trustaudit.cli.output import opened, say, write_text
from trustaudit.errors import UsageError
from trustaudit.report.as_json import dumps
from trustaudit.report.words import plural
from trustaudit.settings import Settings
from trustaudit.store.connection import Connection
from trustaudit.store.parquet import write_parquet
from trustaudit.store.place import history_database
from trustaudit.store.run_rows import RunRow, chosen_runs, flat_rows, runs
from trustaudit.store.work_runs import forget_run

_SHORT = 8
_FORMATS = ("jsonl", "parquet")


def run_list(limit: int, output_format: str, settings: Settings) -> None:
    """Newest first."""
    if output_format not in ("table", "json"):
        raise UsageError(f"no output format {output_format!a}", advice="one of table, json")
    with history_database(settings, create=False) as connection:
        rows = runs(connection)[:limit]
    if output_format == "json":
        write_text(dumps([asdict(row) for row in rows]), None)
    elif rows:
        headers = ("id", "started", "command", "done", "of", "state")
        cells = [_cells(row) for row in rows]
        sides = ("left", "left", "left", "right", "right", "left")
        # An id such as 12e45678 is no number.
        write_text(tabulate(cells, headers, tablefmt="plain", disable_numparse=True, colalign=sides) + "\n", None)
    else:
        say("no runs in the history")


def run_export(name: str, output_format: str, path: Path | None, settings: Settings, *, whole: bool) -> None:
    """A row per result."""
    if output_format not in _FORMATS:
        raise UsageError(f"no output format {output_format!a}", advice=f"one of {', '.join(_FORMATS)}")
    if output_format == "parquet" and path is None:
        raise UsageError("Parquet is no text for a terminal", advice="name a file with -o")
    with history_database(settings, create=False) as connection:
        rows = _rows(connection, chosen_runs(runs(connection), name), whole=whole)
        count = _write_lines(rows, path) if path is None or output_format == "jsonl" else _write_table(rows, path)
    say(f"{plural(count, 'result')} written" + (f" to {path}" if path else ""))


def run_forget(name: str, settings: Settings, *, unfinished: bool) -> None:
    """Remove them, but what may still be worked on only when asked to."""
    with history_database(settings, create=False) as connection:
        chosen = chosen_runs(runs(connection), name)
        doomed = [run for run in chosen if unfinished or run.state != "unfinished"]
        for run in doomed:
            forget_run(connection, run.id)
    kept = len(chosen) - len(doomed)
    say(f"{plural(len(doomed), 'run')} forgotten" + (f"; {kept:,} unfinished kept (--unfinished)" if kept else ""))


def _rows(connection: Connection, chosen: Sequence[RunRow], *, whole: bool) -> Iterator[dict[str, Any]]:
    for run in chosen:
        yield from flat_rows(connection, run, whole=whole)


def _write_lines(rows: Iterator[dict[str, Any]], path: Path | None) -> int:
    count = 0
    with opened(path) as write:
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the number is needed after the loop
            write(json.dumps(row, separators=(",", ":")) + "\n")
    return count


def _write_table(rows: Iterator[dict[str, Any]], path: Path) -> int:
    first = next(rows, None)
    if first is None:
        raise UsageError("this run has no results yet")
    return write_parquet(chain((first,), rows), first, path)


def _cells(row: RunRow) -> tuple[object, ...]:
    started = row.started_at[:16].replace("T", " ")
    return (row.id[:_SHORT], started, row.command, row.done, row.items, row.state or "-")
