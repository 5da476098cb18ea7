"""``trustaudit download``: audit, download exactly that, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Endpoint, NoCache, NoHistory, PolicyName, Quiet, Timeout


def download(
    ref: Annotated[str, typer.Argument(show_default=False, help="org/name, org/name@revision, datasets/org/name, …")],
    policy: PolicyName = None,
    allow_review: Annotated[bool, typer.Option("--allow-review", help="Download also what asks for a review.")] = False,
    all_files: Annotated[
        bool, typer.Option("--all-files", help="Every file, not only those that the report calls safe to load.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Into this folder, not the client's cache.", file_okay=False),
    ] = None,
    quiet: Quiet = False,
    no_cache: NoCache = False,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    no_history: NoHistory = False,
) -> None:
    """Audit, download the audited commit when the policy passes it, verify every hash, print where it is.

    The report goes to stderr, the path alone to stdout. Exit codes: 1 blocked, asks for a review, or a file differs;
    3 something could not be seen.

    Example: cd "$(trustaudit download org/model)"
    """
    from trustaudit.cli.download_run import DownloadRequest, run_download
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        use_cache=False if no_cache else None,
        endpoint=endpoint,
        audit_timeout=timeout,
        history=False if no_history else None,
    )
    request = DownloadRequest(ref, folder=folder, allow_review=allow_review, all_files=all_files, quiet=quiet)
    raise typer.Exit(run_download(request, settings))
