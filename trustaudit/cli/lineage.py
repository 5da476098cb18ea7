"""``trustaudit lineage``: what a repository is made from, as a tree or a graph."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Endpoint, NoCache, Offline, PolicyName, Record, Refresh, Replay, place_or_stdout


class LineageFormat(StrEnum):
    """How to write a lineage."""

    TREE = "tree"
    MERMAID = "mermaid"
    GRAPHVIZ = "graphviz"
    JSON = "json"


def lineage(
    refs: Annotated[list[str], typer.Argument(metavar="REF...", show_default=False, help="As for check.")],
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", min=1, help="Levels of ancestors.", show_default="4")
    ] = None,
    output_format: Annotated[
        LineageFormat, typer.Option("--format", "-f", help="How to write it.")
    ] = LineageFormat.TREE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write to a file instead of stdout.", dir_okay=False, callback=place_or_stdout
        ),
    ] = None,
    policy: PolicyName = None,
    no_cache: NoCache = False,
    refresh: Refresh = False,
    offline: Offline = False,
    endpoint: Endpoint = None,
    record: Record = None,
    replay: Replay = None,
) -> None:
    """Audit repositories with their ancestors and show who is made from whom.

    Example: trustaudit lineage org/model-lora --format mermaid -o lineage.mmd
    """
    from trustaudit.ancestry import DEFAULT_DEPTH
    from trustaudit.cli.exit_codes import ExitCode
    from trustaudit.cli.lineage_run import run_lineage
    from trustaudit.settings import Settings

    settings = Settings.load(
        policy=policy,
        use_cache=False if no_cache else None,
        refresh=refresh or None,
        offline=offline or None,
        endpoint=endpoint,
        record=record,
        replay=replay,
    )
    seen = run_lineage(tuple(refs), depth or DEFAULT_DEPTH, output_format.value, output, settings)
    raise typer.Exit(ExitCode.OK if seen else ExitCode.INCOMPLETE)
