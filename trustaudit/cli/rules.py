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

    from trustaudit.cli.output import write_text
    from trustaudit.report.rule_texts import all_rule_texts

    rows = [
        {"rule": text.id, "severity": str(text.severity), "category": str(text.category), "title": text.title}
        for text in all_rule_texts()
    ]
    text = json.dumps(rows, indent=1) if output_format is Format.JSON else tabulate(rows, headers="keys")
    write_text(text + "\n", None)
