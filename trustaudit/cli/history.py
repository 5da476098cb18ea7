"""``trustaudit history``: earlier audits, moving them in and out, and forgetting them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Db, place


def history(
    ref: Annotated[
        str | None, typer.Argument(metavar="[REF]", show_default=False, help="One repository; all when none is named.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many audits.")] = 50,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
    export_to: Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write every audit as JSON Lines.",
            dir_okay=False,
            callback=place,
        ),
    ] = None,
    import_from: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take such a file in.", dir_okay=False)
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", metavar="N", min=1, show_default=False, help="Forget all but the newest N of each repository."
        ),
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option(
            "--older-than",
            metavar="DAYS",
            min=0,
            max=100_000,
            show_default=False,
            help="Forget what is older, but for the newest (--keep N: the newest N) of each repository.",
        ),
    ] = None,
    db: Db = None,
) -> None:
    """List earlier audits: when, which commit, which verdict, the worst finding.

    Examples: trustaudit history org/model; trustaudit history --export FILE; trustaudit history --older-than 365
    """
    from trustaudit.cli.history_run import run_export, run_history, run_import, run_prune
    from trustaudit.settings import Settings

    settings = Settings.load(db=db)
    if export_to is not None:
        run_export(export_to, settings)
    elif import_from is not None:
        run_import(import_from, settings)
    elif keep is not None or older_than is not None:
        run_prune(keep, older_than, settings)
    else:
        run_history(ref, limit, output_format, settings)
