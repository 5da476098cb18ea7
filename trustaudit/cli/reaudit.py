"""``trustaudit reaudit``: what changed since repositories were locked."""

from __future__ import annotations

from typing import Annotated

import typer

from trustaudit.cli.options import (
    DEFAULT_LOCKFILE,
    Endpoint,
    ExitZero,
    Lockfile,
    NoCache,
    NoHistory,
    Output,
    PolicyName,
    Quiet,
    Record,
    Replay,
    Timeout,
    Verbose,
)


def reaudit(
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF...]", show_default=False, help="Which; all when none is named.")
    ] = None,
    lockfile: Lockfile = DEFAULT_LOCKFILE,
    policy: PolicyName = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Audit every entry anew, with its scan state, tags and owner."),
    ] = False,
    update: Annotated[
        bool, typer.Option("--update", help="After review: pin what is there today. Never what the policy blocks.")
    ] = False,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table, json, sarif or markdown.")] = "table",
    output: Output = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    exit_zero: ExitZero = False,
    no_cache: NoCache = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    record: Record = None,
    replay: Replay = None,
    no_history: NoHistory = False,
) -> None:
    """Compare the lockfile with the Hub of today: about one API request for each model that did not change.

    Exit codes: 0 nothing that matters changed, 1 something did, 3 something could not be looked at.

    Examples: trustaudit reaudit; trustaudit reaudit org/model --update; trustaudit reaudit --format json
    """
    from trustaudit.cli.reaudit_run import ReauditRequest, run_reaudit
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        use_cache=False if no_cache else None,
        endpoint=endpoint,
        audit_timeout=timeout,
        record=record,
        replay=replay,
        history=False if no_history else None,
    )
    request = ReauditRequest(
        refs=tuple(refs or ()),
        lockfile=lockfile,
        full=full,
        update=update,
        format=output_format,
        output=output,
        verbose=verbose,
        quiet=quiet,
    )
    code = run_reaudit(request, settings.patient())
    raise typer.Exit(0 if exit_zero else code)
