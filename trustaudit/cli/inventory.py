"""``trustaudit inventory``: what is in use, and what is known about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Db


def inventory(
    lockfiles: Annotated[
        list[Path] | None,
        typer.Option("--lockfile", "-l", metavar="FILE", help="Which lockfiles.", show_default="trustaudit.lock"),
    ] = None,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table, csv or json.")] = "table",
    db: Db = None,
) -> None:
    """List every repository that is locked or was audited: at which commit, with which verdict, audited when.

    Example: trustaudit inventory -l a/trustaudit.lock -l b/trustaudit.lock --format csv
    """
    from trustaudit.cli.inventory_run import run_inventory
    from trustaudit.settings import Settings

    run_inventory(tuple(lockfiles or ()), output_format, Settings.load(db=db))
