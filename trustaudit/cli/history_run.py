"""Looking into the history of audits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import asdict
from tabulate import tabulate

from trustaudit.cli.output import opened, say, write_text
from trustaudit.errors import FileInputError, UsageError
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import clip, visible
from trustaudit.report.words import plural
from trustaudit.settings import Settings, parse_ref
from trustaudit.store.diff import AuditDiff, chosen, diff, lines
from trustaudit.store.exchange import exported, imported
from trustaudit.store.history import Audit, AuditRow, History
from trustaudit.store.place import history_database
from trustaudit.store.pruning import prune

_SHORT = 8
_WORST_CHARS = 40


def run_history(ref: str | None, limit: int, output_format: str, settings: Settings) -> None:
    """Newest first."""
    _check_format(output_format)
    parsed = parse_ref(ref, settings) if ref else None
    with history_database(settings, create=False) as connection:
        rows = History(connection).audits(parsed, limit=limit)
    if output_format == "json":
        write_text(dumps([asdict(row) for row in rows]), None)
        return
    if not rows:
        say("no audits in the history" + (f" of {parsed}" if parsed else ""))
        return
    headers = ("id", "audited", "repository", "commit", "verdict", "score", "policy", "worst finding")
    write_text(
        tabulate([_cells(row) for row in rows], headers=headers, tablefmt="plain", disable_numparse=True) + "\n", None
    )


def run_export(path: Path, settings: Settings) -> None:
    """Every audit as a line."""
    count = 0
    with history_database(settings, create=False) as connection, opened(path) as write:
        for line in exported(History(connection)):
            write(line)
            count += 1
    say(f"{plural(count, 'audit')} written to {path}")


def run_import(path: Path, settings: Settings) -> None:
    """Audits of a file that ``run_export`` wrote, here or elsewhere."""
    try:
        with path.open(encoding="utf-8") as file, history_database(settings) as connection:
            count = imported(History(connection), file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        advice = "name a file that `trustaudit history --export` wrote"
        raise FileInputError(f"cannot read {path}: {why}", advice=advice) from error
    say(f"{count:,} audits read from {path}")


def run_prune(keep: int | None, days: int | None, settings: Settings) -> None:
    """Forget audits, and say how many."""
    before = datetime.now(UTC) - timedelta(days=days) if days is not None else None
    with history_database(settings, create=False) as connection:
        count = prune(connection, keep=keep or 1, before=before)
    say(f"{plural(count, 'audit')} forgotten")


def run_diff(ref: str, before: str | None, after: str | None, output_format: str, settings: Settings) -> None:
    """What changed from one audit to the other."""
    _check_format(output_format)
    parsed = parse_ref(ref, settings)
    with history_database(settings, create=False) as connection:
        history = History(connection)
        rows = history.audits(parsed)
        new = chosen(rows, after or "latest")
        old = chosen(rows, before) if before else _one_before(rows, new)
        audits = history.load(old), history.load(new)
    found = diff(*audits)
    text = _diff_json(old, new, found) if output_format == "json" else _diff_text(old, new, audits, found)
    write_text(text, None)


def _one_before(rows: list[AuditRow], new: AuditRow) -> AuditRow:
    index = rows.index(new) + 1
    if index == len(rows):
        raise UsageError("there is only one audit of this repository so far", advice="audit it again, then compare")
    return rows[index]


def _cells(row: AuditRow) -> tuple[str, ...]:
    name = row.repo_id if row.repo_type in ("model", "local") else f"{row.repo_type}s/{row.repo_id}"
    return (
        row.id[:_SHORT],
        row.audited_at[:16].replace("T", " "),
        visible(name),
        (row.commit or "-")[:7],
        row.verdict,
        "-" if row.score is None else str(row.score),
        visible(row.policy),
        clip(visible(row.worst), _WORST_CHARS),
    )


def _diff_text(old: AuditRow, new: AuditRow, audits: tuple[Audit, Audit], found: AuditDiff) -> str:
    head = [_audit_line("A", old), _audit_line("B", new)]
    body = [visible(line) for line in lines(found)] if found or found.files is None else ["nothing differs"]
    before, after = (audit.report.headline for audit in audits)
    if before != after:
        body.insert(0, f"{visible(before)}  →  {visible(after)}")
    return "\n".join([*head, "", *body, ""])


def _audit_line(name: str, row: AuditRow) -> str:
    cells = _cells(row)
    return f"{name}  {cells[0]}  {cells[1]}  {cells[2]} @ {cells[3]}  {cells[4].upper()}  score {cells[5]}"


def _diff_json(old: AuditRow, new: AuditRow, found: AuditDiff) -> str:
    files = found.files
    return dumps(
        {
            "schema_version": "1",
            "before": asdict(old),
            "after": asdict(new),
            "files": None
            if files is None
            else {
                "added": [pin.model_dump(mode="json") for pin in files.added],
                "removed": [pin.model_dump(mode="json") for pin in files.removed],
                "changed": [[pin.model_dump(mode="json") for pin in pair] for pair in files.changed],
            },
            "findings": {
                "appeared": [item.model_dump(mode="json") for item in found.appeared],
                "gone": [item.model_dump(mode="json") for item in found.gone],
            },
            "publisher": list(found.publisher),
        }
    )


def _check_format(output_format: str) -> None:
    if output_format not in ("table", "json"):
        raise UsageError(f"no output format {output_format!a}", advice="one of table, json")
