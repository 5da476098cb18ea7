"""Everything in use: what lockfiles pin, joined with what the history knows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from tabulate import tabulate

from trustaudit.cli.output import say, write_text
from trustaudit.errors import StoreError, UsageError
from trustaudit.lockfile.model import DEFAULT_NAME, LockEntry
from trustaudit.lockfile.reading import load_lock
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import visible
from trustaudit.settings import Settings
from trustaudit.store.history import AuditRow, History
from trustaudit.store.place import history_database

_FIELDS = ("repository", "revision", "commit", "verdict", "score", "audited", "locked_in", "seen_since")
Line = dict[str, str]


def run_inventory(lockfiles: tuple[Path, ...], output_format: str, settings: Settings) -> None:
    """One line per repository and revision."""
    if output_format not in _WRITERS:
        raise UsageError(f"no output format {output_format!a}", advice=f"one of {', '.join(_WRITERS)}")
    default = Path(DEFAULT_NAME)
    paths = lockfiles or ((default,) if default.is_file() else ())
    audits = _latest(settings)
    listed = {key: line for path in paths for key, line in _locked(path, audits)}
    for key, row in audits.items():
        listed.setdefault(key, _audited(row))
    write_text(_WRITERS[output_format]([listed[key] for key in sorted(listed)]), None)


def _latest(settings: Settings) -> dict[tuple[str, ...], AuditRow]:
    """The newest audit of everything. Without a history the lockfiles are the whole inventory."""
    try:
        with history_database(settings, create=False) as connection:
            rows = History(connection).latest()
    except StoreError as error:
        say(error.what)
        return {}
    return {(row.repo_type, row.repo_id.casefold(), row.revision, ""): row for row in rows}


def _locked(path: Path, audits: dict[tuple[str, ...], AuditRow]) -> Iterable[tuple[tuple[str, ...], Line]]:
    """Lines of a lockfile. A later audit of the same revision is told beside the pin."""
    lock, _ = load_lock(path)
    for entry in lock.repository:
        later = audits.pop((*entry.key, ""), None)
        news = later is not None and _is_news(later, entry)
        since = f"{later.audited_at[:10]} {(later.commit or '-')[:7]} {later.verdict}" if later and news else ""
        score = "" if entry.score is None else str(entry.score)
        values = (
            entry.ref.full_id,
            entry.revision,
            entry.commit,
            str(entry.verdict),
            score,
            entry.audited.strftime("%Y-%m-%d"),
            str(path),
            since,
        )
        yield (*entry.key, str(path)), dict(zip(_FIELDS, values, strict=True))


def _is_news(later: AuditRow, entry: LockEntry) -> bool:
    """Whether an audit came after the pinned one. Pins hold whole seconds: within one, another result is news."""
    seen, pinned = later.audited_at[:19], entry.audited.strftime("%Y-%m-%dT%H:%M:%S")
    return seen > pinned or (seen == pinned and (later.commit, later.verdict) != (entry.commit, str(entry.verdict)))


def _audited(row: AuditRow) -> Line:
    """A repository that was audited and is in no lockfile."""
    name = row.repo_id if row.repo_type in ("model", "local") else f"{row.repo_type}s/{row.repo_id}"
    score = "" if row.score is None else str(row.score)
    values = (name, row.revision, row.commit or "", row.verdict, score, row.audited_at[:10], "", "")
    return dict(zip(_FIELDS, values, strict=True))


def _as_table(rows: list[Line]) -> str:
    shown = [[visible(row[name])[: 7 if name == "commit" else None] or "-" for name in _FIELDS] for row in rows]
    headers = ("repository", "revision", "commit", "verdict", "score", "audited", "locked in", "audited since")
    return tabulate(shown, headers=headers, tablefmt="plain", disable_numparse=True) + "\n"


def _as_csv(rows: list[Line]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_json(rows: list[Line]) -> str:
    return dumps(rows)


_WRITERS = {"table": _as_table, "csv": _as_csv, "json": _as_json}
