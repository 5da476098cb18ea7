"""``trustaudit inspect``: the same inspectors on local files, without any network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import (
    AllowIncomplete,
    ExitZero,
    FailOn,
    FailOnOption,
    Format,
    Output,
    PolicyName,
    Quiet,
    Verbose,
)


def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.", show_default=False)],
    policy: PolicyName = None,
    output_format: Annotated[Format, typer.Option("--format", "-f", help="How to write the report.")] = Format.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    fail_on: FailOnOption = FailOn.BLOCK,
    allow_incomplete: AllowIncomplete = False,
    exit_zero: ExitZero = False,
) -> None:
    """Look into downloaded files or folders: one report per PATH, no network.

    Examples: trustaudit inspect model.pt; trustaudit inspect ~/.cache/huggingface/hub --format json
    """
    from trustaudit.cli.exit_codes import exit_code
    from trustaudit.cli.run import Request, run_inspect
    from trustaudit.settings import Settings

    request = Request(format=output_format.value, output=output, verbose=verbose, quiet=quiet)
    document = run_inspect(tuple(paths), request, Settings.load(policy=policy))
    code = exit_code(document.reports, fail_on=fail_on.value, allow_incomplete=allow_incomplete, exit_zero=exit_zero)
    raise typer.Exit(code)
