"""``trustaudit schema``: the JSON Schema of the report."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of ``--format json``.

    Example: trustaudit schema > report-schema.json
    """
    from trustaudit.cli.output import write_text
    from trustaudit.report.as_json import schema_text

    write_text(schema_text(), None)
