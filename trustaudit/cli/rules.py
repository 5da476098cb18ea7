"""``trustaudit rules``: every rule in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How to list the rules."""

    TABLE = "table"
    JSON = "json"


def rules(
    output_format: Annotated[Format, typer.Option("--format", "-f", help="How to list them.")] = Format.TABLE,
) -> None:
    """List all rules with severity and category.

    Example: trustaudit rules --format json
    """
    import json

    from tabulate import tabulate

    from trustaudit.checks import all_checks
    from trustaudit.cli.output import write_text

    rows = [
        {
            "rule": check.meta.id,
            "severity": str(check.meta.severity),
            "category": str(check.meta.category),
            "title": check.meta.title,
        }
        for check in all_checks()
    ]
    text = json.dumps(rows, indent=1) if output_format is Format.JSON else tabulate(rows, headers="keys")
    write_text(text + "\n", None)
