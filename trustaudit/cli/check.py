"""``trustaudit check``: audit repositories and print a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import (
    AllowIncomplete,
    Baseline,
    Code,
    Endpoint,
    ExitZero,
    FailOn,
    FailOnOption,
    Format,
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
    place,
)

_EXAMPLES = """Examples:

  trustaudit check google-bert/bert-base-uncased

  trustaudit check org/model@v1.0 datasets/org/data --policy strict

  trustaudit check org/model --format json -o report.json

  trustaudit check org/model-lora --lineage --lineage-graph ancestors.mmd

  trustaudit check org/model --save-snapshot facts.json

  trustaudit check --from-snapshot facts.json --policy strict
"""


def check(
    refs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REF...",
            show_default=False,
            help="org/name, org/name@revision, datasets/org/name, spaces/org/name, a Hub address, hf:// or pkg: URL.",
        ),
    ] = None,
    policy: PolicyName = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="How to write the report.")] = Format.TABLE,
    output: Output = None,
    code: Code = None,
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
    from_snapshot: Annotated[
        list[Path] | None,
        typer.Option("--from-snapshot", metavar="FILE", help="Judge a saved snapshot again; no network."),
    ] = None,
    save_snapshot: Annotated[
        Path | None,
        typer.Option(
            "--save-snapshot",
            metavar="FILE",
            help="Store the collected facts of one REF.",
            callback=place,
        ),
    ] = None,
    no_history: NoHistory = False,
    lineage: Annotated[
        bool,
        typer.Option("--lineage", help="Audit the ancestors too, 4 levels up; --lineage=2 for two."),
    ] = False,
    lineage_depth: Annotated[
        int | None, typer.Option("--lineage-depth", metavar="N", min=1, max=16, help="The same, N levels up.")
    ] = None,
    lineage_graph: Annotated[
        Path | None,
        typer.Option(
            "--lineage-graph",
            metavar="FILE",
            help="Write them as a graph: .mmd, .dot, .json or .txt.",
            dir_okay=False,
            callback=place,
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", metavar="FILE", help="A snapshot of an earlier audit of the REF, to compare with."),
    ] = None,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    vex: Vex = None,
) -> None:
    """Say whether to trust repositories, why, what could not be seen, and how to load them safely."""
    from trustaudit.cli.accepted import Accepted
    from trustaudit.cli.run import Request, run_check
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
    )
    request = Request(
        refs=tuple(refs or ()),
        snapshots=tuple(from_snapshot or ()),
        format=output_format.value,
        output=output,
        code=code,
        verbose=verbose,
        quiet=quiet,
        save_snapshot=save_snapshot,
        lineage=_levels(lineage or lineage_graph is not None, lineage_depth),
        lineage_graph=lineage_graph,
        previous=previous,
        accepted=Accepted(baseline, write_baseline, tuple(vex or ())),
    )
    document = run_check(request, settings)
    from trustaudit.cli.exit_codes import exit_code

    raise typer.Exit(
        exit_code(document.reports, fail_on=fail_on.value, allow_incomplete=allow_incomplete, exit_zero=exit_zero)
    )


def _levels(lineage: bool, depth: int | None) -> int:
    """Levels of ancestors to audit; a depth says that they are wanted."""
    if not lineage:
        return depth or 0
    from trustaudit.ancestry import DEFAULT_DEPTH

    return depth or DEFAULT_DEPTH


check.__doc__ = f"{check.__doc__}\n\n{_EXAMPLES}"
