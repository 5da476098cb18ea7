"""``trustaudit discover``: which repositories a code base uses."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trustaudit.cli.options import Output

_NAMED = 3


class Format(StrEnum):
    """How to list them."""

    TABLE = "table"
    JSON = "json"
    LINES = "lines"


def discover(
    path: Annotated[Path, typer.Argument(help="A file or folder of your code.")] = Path(),
    output_format: Annotated[
        Format, typer.Option("--format", "-f", help="table, json, or lines (ids for batch and lock).")
    ] = Format.TABLE,
    unpinned: Annotated[bool, typer.Option("--unpinned", help="Only uses without a full commit id.")] = False,
    output: Output = None,
) -> None:
    """List the models, datasets and Spaces that a code base uses, with file, line and whether pinned.

    Reads Python, notebooks, YAML, JSON, TOML, shell, Dockerfiles and compose files; runs nothing.

    Examples: trustaudit discover .; trustaudit discover src --format lines | trustaudit batch -
    """
    import json

    from tabulate import tabulate

    from trustaudit.cli.output import say, write_text
    from trustaudit.discover.search import discover as search
    from trustaudit.discover.search import unique_refs
    from trustaudit.report.escape import visible

    unread: list[str] = []
    uses = [use for use in search(path, unread=unread) if not (unpinned and use.pinned)]
    rows = [
        {
            "repo": use.ref.full_id,
            "type": str(use.ref.type),
            "revision": use.ref.revision,
            "pinned": use.pinned,
            "file": use.path,
            "line": use.line,
            "how": use.how,
        }
        for use in uses
    ]
    if output_format is Format.JSON:
        text = json.dumps(rows, indent=1)
    elif output_format is Format.LINES:
        text = "\n".join(unique_refs(uses))
    else:
        shown = [(row["repo"], row["revision"] or "-", f"{row['file']}:{row['line']}", row["how"]) for row in rows]
        text = (
            tabulate(shown, headers=("repository", "revision", "place", "how"), disable_numparse=True)
            if rows
            else "no use of the Hub found"
        )
    write_text(f"{text}\n" if text else "", output)
    if unread:
        named = ", ".join(visible(name) for name in unread[:_NAMED])
        say(f"not read: {named}{f' and {len(unread) - _NAMED:,} more' if len(unread) > _NAMED else ''}")
