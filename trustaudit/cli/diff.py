"""``trustaudit diff``: two audits of one repository."""

from __future__ import annotations

from typing import Annotated

import typer

_WHICH = "latest, first, a day (2026-11-22), or the start of an id or commit as `history` shows it."


def diff(
    ref: Annotated[str, typer.Argument(metavar="REF", show_default=False, help="The repository.")],
    before: Annotated[str | None, typer.Argument(metavar="[A]", show_default=False, help=_WHICH)] = None,
    after: Annotated[str | None, typer.Argument(metavar="[B]", show_default=False, help=_WHICH)] = None,
    output_format: Annotated[str, typer.Option("--format", "-f", help="table or json.")] = "table",
) -> None:
    """Show what changed between two audits: verdict, files, findings, publisher. Offline, from the history.

    Without A and B: the last two audits.

    Examples: trustaudit diff org/model; trustaudit diff org/model 2026-11-01 latest
    """
    from trustaudit.cli.history_run import run_diff
    from trustaudit.settings import Settings

    run_diff(ref, before, after, output_format, Settings.load())
