"""Where the reports of a checklist come from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer
from msgspec import Struct
from pydantic import ValidationError

from trustaudit.cli.errors import interrupted
from trustaudit.cli.output import write_text
from trustaudit.cli.run import Request, audited
from trustaudit.errors import FileInputError, UsageError
from trustaudit.report.as_checklist import as_checklist
from trustaudit.report.checklist import checklist
from trustaudit.report.model import Document, TrustReport
from trustaudit.report.style import Style
from trustaudit.settings import Settings
from trustaudit.store.history import History
from trustaudit.store.place import history_database

MAX_REPORT_BYTES: Final = 1_000_000_000


class Sources(Struct, frozen=True):
    """One kind of them is used."""

    refs: tuple[str, ...] = ()
    snapshots: tuple[Path, ...] = ()
    reports: tuple[Path, ...] = ()
    inventory: bool = False
    quiet: bool = False


def run_checklist(
    sources: Sources, settings: Settings, output_format: str, style: Style, output: Path | None
) -> list[TrustReport]:
    """Write the checklist of all reports; they are for the exit code."""
    reports, stopped = _reports(sources, settings)
    write_text(as_checklist([checklist(report) for report in reports], output_format, style), output)
    if stopped:
        raise typer.Exit(interrupted())
    return reports


def _reports(sources: Sources, settings: Settings) -> tuple[list[TrustReport], bool]:
    """The reports, and whether Ctrl-C ended the audits before all were there."""
    kinds = (sources.refs, sources.snapshots, sources.reports, sources.inventory)
    if sum(map(bool, kinds)) != 1:
        raise UsageError(
            "name REFs, --from-snapshot, --from-report or --inventory, and only one of them",
            advice="trustaudit checklist org/model",
        )
    if sources.reports:
        return [report for path in sources.reports for report in read_reports(path)], False
    if sources.inventory:
        return _latest(settings), False
    request = Request(refs=sources.refs, snapshots=sources.snapshots, quiet=sources.quiet)
    document, stopped = audited(request, settings)
    return list(document.reports), stopped


def read_reports(path: Path) -> list[TrustReport]:
    """The reports of a file that ``check`` or ``batch`` wrote as ``json`` or ``jsonl``. Raises FileInputError."""
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise FileInputError(f"{path} is larger than {MAX_REPORT_BYTES:,} bytes")
        text = path.read_bytes()
    except OSError as error:
        raise FileInputError(f"cannot read {path}: {error.strerror}") from error
    try:
        if text.lstrip().startswith(b'{"repo"'):
            return [TrustReport.model_validate_json(line) for line in text.splitlines() if line.strip()]
        return list(Document.model_validate_json(text).reports)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the top level"
        raise FileInputError(
            f"{path} is not a report: {where}: {first['msg']}", advice="trustaudit check REF --format json -o FILE"
        ) from error


def _latest(settings: Settings) -> list[TrustReport]:
    with history_database(settings, create=False) as connection:
        history = History(connection)
        return [history.load(row).report for row in history.latest()]
