"""``trustaudit batch``: many repositories, concurrently, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import (
    AllowIncomplete,
    Baseline,
    Code,
    Db,
    Endpoint,
    ExitZero,
    FailOn,
    FailOnOption,
    NoCache,
    NoHistory,
    Offline,
    Output,
    PolicyName,
    Quiet,
    Record,
    Refresh,
    Replay,
    Timeout,
    Verbose,
    Vex,
    WriteBaseline,
)

_EXAMPLES = """Examples:

  trustaudit batch models.txt

  trustaudit batch models.yaml --format jsonl -o reports.jsonl

  trustaudit batch models.txt --resume

  trustaudit batch models.txt --engine dask --workers 4

  trustaudit batch --author acme --dry-run

  cat ids | trustaudit batch - --fail-on review
"""


def batch(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|-",
            show_default=False,
            help="Ids one per line (# comments), CSV, JSON, JSON Lines or YAML; - is stdin.",
        ),
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", metavar="ORG", help="All repositories of a user or organization.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option("--collection", metavar="OWNER/SLUG", help="All repositories of a collection.")
    ] = None,
    kind: Annotated[str, typer.Option("--type", help="With --author: model, dataset or space.")] = "model",
    limit: Annotated[int, typer.Option("--limit", min=1, help="With --author: at most so many.")] = 10_000,
    policy: PolicyName = None,
    output_format: Annotated[
        str, typer.Option("--format", "-f", help="table, json, jsonl, or any other format of reports.")
    ] = "table",
    output: Output = None,
    code: Code = None,
    run_file: Annotated[
        Path | None,
        typer.Option("--run", metavar="FILE", help="Keep results in this file as they come.", dir_okay=False),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the unfinished run of this list (or of --run).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    reuse_unchanged: Annotated[
        int,
        typer.Option(
            "--reuse-unchanged",
            metavar="DAYS",
            min=0,
            max=365,
            show_default=False,
            help="Show audits of the history, at most so old, again where commit, rules and policy are the same.",
        ),
    ] = 0,
    engine: Annotated[str, typer.Option("--engine", help="Whose processes do the work: local or dask.")] = "local",
    scheduler: Annotated[
        str, typer.Option("--scheduler", metavar="ADDR", help="With --engine dask: the scheduler of a cluster.")
    ] = "",
    workers: Annotated[
        int,
        typer.Option("--workers", min=0, metavar="N", help="With --engine dask: so many processes on this machine."),
    ] = 0,
    db: Db = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Audits at the same time.")] = 24,
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
    record: Record = None,
    replay: Replay = None,
    no_history: NoHistory = False,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    vex: Vex = None,
) -> None:
    """Audit a list of repositories. Each result is kept as it comes, so --resume goes on where a run stopped."""
    from trustaudit.cli.accepted import Accepted
    from trustaudit.cli.batch_engine import EngineChoice
    from trustaudit.cli.batch_run import BatchRequest, run_batch
    from trustaudit.cli.exit_codes import exit_code
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        use_cache=False if no_cache else None,
        refresh=refresh or None,
        offline=offline or None,
        endpoint=endpoint,
        audit_timeout=timeout,
        record=record,
        replay=replay,
        history=False if no_history else None,
        db=db,
    )
    request = BatchRequest(
        source=source,
        authors=tuple(author or ()),
        collections=tuple(collection or ()),
        kind=kind,
        limit=limit,
        format=output_format,
        output=output,
        code=code,
        run_file=run_file,
        resume=resume,
        jobs=jobs,
        verbose=verbose,
        quiet=quiet,
        dry_run=dry_run,
        reuse_days=reuse_unchanged,
        choice=EngineChoice(engine, scheduler, workers, jobs, reuse_unchanged),
        accepted=Accepted(baseline, write_baseline, tuple(vex or ())),
    )
    rows = run_batch(request, settings.patient())
    raise typer.Exit(exit_code(rows, fail_on=fail_on.value, allow_incomplete=allow_incomplete, exit_zero=exit_zero))


batch.__doc__ = f"{batch.__doc__}\n\n{_EXAMPLES}"
