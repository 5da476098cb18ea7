"""``trustaudit runs``: runs in the history, and their results for other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from trustaudit.cli.options import Db, Output

app = typer.Typer(
    no_args_is_help=True,
    help="List runs, write their results for other programs, or forget them.",
    epilog="Examples: trustaudit runs list; trustaudit runs export latest -o results.jsonl",
)


@app.command("list")
def list_runs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many runs.")] = 20,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    db: Db = None,
) -> None:
    """List runs, newest first, and how far the shared ones are. Example: trustaudit runs list"""
    from trustaudit.cli.runs_run import run_list
    from trustaudit.settings import Settings

    run_list(limit, output_format, Settings.load(db=db))


@app.command("export")
def export_runs(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="The start of a run's id, latest, or all.", show_default=True)
    ] = "latest",
    output_format: Annotated[str, typer.Option("--format", "-f", help="jsonl or parquet.")] = "jsonl",
    output: Output = None,
    reports: Annotated[bool, typer.Option("--reports", help="With the whole reports, as JSON text.")] = False,
    db: Db = None,
) -> None:
    """Write a row per result: repository, commit, verdict, score, rules, cost.

    Example: trustaudit runs export all --format parquet -o results.parquet
    """
    from trustaudit.cli.runs_run import run_export
    from trustaudit.settings import Settings

    run_export(run, output_format, output, Settings.load(db=db), whole=reports)


@app.command("forget")
def forget_runs(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The start of a run's id, latest, or all.")],
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Also runs that could still be resumed.")] = False,
    db: Db = None,
) -> None:
    """Remove runs and the results of shared ones; the audits stay in the history.

    Example: trustaudit runs forget 3f2a && trustaudit history --older-than 90
    """
    from trustaudit.cli.runs_run import run_forget
    from trustaudit.settings import Settings

    run_forget(run, Settings.load(db=db), unfinished=unfinished)
