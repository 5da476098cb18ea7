"""``trustaudit verify``: downloaded files against a lockfile or the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Endpoint, NoCache, Offline, Output, Quiet, Record, Replay, Timeout, Verbose


def verify(
    path: Annotated[
        Path,
        typer.Argument(show_default=False, help="A downloaded folder, or (part of) the cache of the Hub's client."),
    ],
    lockfile: Annotated[
        Path | None,
        typer.Option(
            "--lockfile",
            "-l",
            metavar="FILE",
            help="Compare with this lockfile; trustaudit.lock here unless told.",
            dir_okay=False,
        ),
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option("--ref", metavar="REF", help="Which repository it is; without --lockfile: ask the Hub."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Files that were not downloaded are no difference.")
    ] = False,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    output: Output = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_cache: NoCache = False,
    offline: Offline = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    record: Record = None,
    replay: Replay = None,
) -> None:
    """Hash downloaded files and compare: altered, missing, extra, links that lead out. Offline with a lockfile.

    Exit codes: 0 all equal, 1 a difference, 3 something could not be compared.

    Examples: trustaudit verify ./model --lockfile trustaudit.lock; trustaudit verify ./model --ref org/model@main
    """
    from trustaudit.cli.verify_run import VerifyRequest, run_verify
    from trustaudit.settings import Settings

    settings = Settings.load(
        use_cache=False if no_cache else None,
        offline=offline or None,
        endpoint=endpoint,
        audit_timeout=timeout,
        record=record,
        replay=replay,
    )
    request = VerifyRequest(
        path=path,
        lockfile=lockfile,
        ref=ref,
        partial=partial,
        format=output_format,
        output=output,
        verbose=verbose,
        quiet=quiet,
    )
    raise typer.Exit(run_verify(request, settings))
