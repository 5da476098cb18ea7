"""``trustaudit explain RULE``: what a rule means, why it matters, how to fix it."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(rule: Annotated[str, typer.Argument(help="A rule id from a report.", show_default=False)]) -> None:
    """Explain a rule: what it does, why it matters, an example, how to fix it, references.

    Example: trustaudit explain unsafe-format
    """
    from trustaudit.cli.output import write_text
    from trustaudit.errors import UsageError
    from trustaudit.report.rule_texts import all_rule_texts

    texts = {text.id: text for text in all_rule_texts()}
    found = texts.get(rule)
    if found is None:
        raise UsageError(f"there is no rule {rule!a}", advice=_nearest(rule, sorted(texts)))
    head = f"{found.id} ({found.severity}, {found.category})\n\n"
    write_text(head + found.page + "\n", None)


def _nearest(rule: str, known: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(rule, known, n=3, cutoff=0.4)
    return f"did you mean {', '.join(near)}?" if near else "trustaudit rules lists them all"
