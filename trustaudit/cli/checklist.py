"""``trustaudit checklist``: an audit read against published guidance."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import (
    AllowIncomplete,
    Endpoint,
    ExitZero,
    FailOn,
    FailOnOption,
    NoCache,
    Offline,
    Output,
    PolicyName,
    Quiet,
    Refresh,
    Replay,
    Timeout,
    Verbose,
)


class Format(StrEnum):
    """How to write it."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def checklist(
    refs: Annotated[
        list[str] | None,
        typer.Argument(metavar="REF...", show_default=False, help="Repositories to audit, as in check."),
    ] = None,
    from_snapshot: Annotated[
        list[Path] | None,
        typer.Option("--from-snapshot", metavar="FILE", help="Judge a saved snapshot again; no network."),
    ] = None,
    from_report: Annotated[
        list[Path] | None,
        typer.Option(
            "--from-report", metavar="FILE", help="A JSON or JSON Lines report of check or batch; no network."
        ),
    ] = None,
    inventory: Annotated[
        bool, typer.Option("--inventory", help="The latest audit of everything in the history; no network.")
    ] = False,
    policy: PolicyName = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="How to write it.")] = Format.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    fail_on: FailOnOption = FailOn.BLOCK,
    allow_incomplete: AllowIncomplete = False,
    exit_zero: ExitZero = False,
    no_cache: NoCache = False,
    refresh: Refresh = False,
    offline: Offline = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    replay: Replay = None,
) -> None:
    """Say, point by point of published supply-chain guidance, what an audit checked and what it cannot see.

    Examples: trustaudit checklist org/model; trustaudit checklist --inventory --format markdown -o checklist.md
    """
    from trustaudit.cli.checklist_run import Sources, run_checklist
    from trustaudit.cli.exit_codes import exit_code
    from trustaudit.report.style import Style
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        use_cache=False if no_cache else None,
        refresh=refresh or None,
        offline=offline or None,
        endpoint=endpoint,
        audit_timeout=timeout,
        replay=replay,
    )
    sources = Sources(tuple(refs or ()), tuple(from_snapshot or ()), tuple(from_report or ()), inventory, quiet)
    style = Style.detect(to_file=output is not None, verbose=verbose, quiet=quiet)
    reports = run_checklist(sources, settings, output_format.value, style, output)
    raise typer.Exit(exit_code(reports, fail_on=fail_on.value, allow_incomplete=allow_incomplete, exit_zero=exit_zero))
