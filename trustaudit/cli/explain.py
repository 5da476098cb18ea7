"""``trustaudit explain RULE``: what a rule means, why it matters, how to fix it."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(rule: Annotated[str, typer.Argument(help="A rule id from a report.", show_default=False)]) -> None:
    """Explain a rule: what it does, why it matters, an example, how to fix it, references.

    Example: trustaudit explain unsafe-format
    """
    import inspect

    from trustaudit.checks import all_checks
    from trustaudit.cli.output import write_text
    from trustaudit.errors import UsageError

    checks = {check.meta.id: check for check in all_checks()}
    found = checks.get(rule)
    if found is None:
        raise UsageError(f"there is no rule {rule!a}", advice=_nearest(rule, sorted(checks)))
    meta = found.meta
    head = f"{meta.id} ({meta.severity}, {meta.category})\n\n"
    write_text(head + inspect.cleandoc(found.doc) + "\n", None)


def _nearest(rule: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(rule, known, n=3, cutoff=0.4)
    return f"did you mean {', '.join(near)}?" if near else "trustaudit rules lists them all"
