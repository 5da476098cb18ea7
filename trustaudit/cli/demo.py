"""``trustaudit demo``: the real pipeline, offline, over the bundled example Hub."""

from __future__ import annotations

from typing import Annotated

import typer

from trustaudit.cli.options import Verbose


def demo(
    repo: Annotated[
        str | None, typer.Argument(metavar="[REPO]", help="One repository of the example Hub.", show_default=False)
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Audit the bundled example Hub: a table of all its repositories and one full report.

    Nothing is asked of any network. Examples: trustaudit demo; trustaudit demo Open-Acme/encoder-base
    """
    from trustaudit.cli.demo_run import run_demo

    run_demo(repo, verbose=verbose)
