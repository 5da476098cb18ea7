"""``trustaudit affected``: what of mine descends from this repository."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class AffectedFormat(StrEnum):
    """How to write the list."""

    TABLE = "table"
    JSON = "json"


def affected(
    ref: Annotated[str, typer.Argument(metavar="REPO", show_default=False, help="The repository in question.")],
    snapshots: Annotated[
        list[Path] | None,
        typer.Option("--snapshots", "-s", metavar="PATH", help="Saved snapshots, or a folder of them, to look at too."),
    ] = None,
    lockfiles: Annotated[
        list[Path] | None,
        typer.Option("--lockfile", "-l", metavar="FILE", help="Which lockfiles.", show_default="trustaudit.lock"),
    ] = None,
    output_format: Annotated[
        AffectedFormat, typer.Option("--format", "-f", help="How to write it.")
    ] = AffectedFormat.TABLE,
) -> None:
    """List audited and locked repositories that descend from one, as far as earlier audits saw. No network.

    Example: trustaudit affected acme/base-7b -l trustaudit.lock
    """
    from trustaudit.cli.lineage_run import Sources, run_affected
    from trustaudit.settings import Settings

    sources = Sources(tuple(snapshots or ()), tuple(lockfiles or ()))
    run_affected(ref, sources, output_format.value, Settings.load())
