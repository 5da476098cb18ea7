"""``trustaudit names``: judge ids by their names alone, offline."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trustaudit.identity.judge import NameJudgement
    from trustaudit.knowledge import Knowledge

_LONGEST_SHOWN = 300


class NamesFormat(StrEnum):
    """How to write the judgements."""

    TABLE = "table"
    JSONL = "jsonl"


def names(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", show_default=False, help="Ids, or - for one a line on stdin.")
    ],
    output_format: Annotated[
        NamesFormat, typer.Option("--format", "-f", help="How to write the judgements.")
    ] = NamesFormat.TABLE,
    reference_top: Annotated[
        int | None,
        typer.Option("--reference-top", metavar="N", min=1, help="Know only the N most downloaded (evaluation)."),
    ] = None,
    as_unknown: Annotated[
        bool, typer.Option("--as-unknown", help="Judge listed ids as if they were not listed (evaluation).")
    ] = False,
) -> None:
    """Say which popular repository an id could be taken for. Looks at names only: no network, no verdict.

    Example: trustaudit names meta-Ilama/Llama-3.1-8B-Instruct

    Example: trustaudit names - --format jsonl < ids.txt
    """
    from trustaudit.identity.names import NameJudge
    from trustaudit.knowledge import Knowledge
    from trustaudit.settings import Settings

    knowledge = Knowledge(Settings.load().data_dir)
    _warn_of_age(knowledge)
    judge = NameJudge(knowledge, reference_top, as_unknown)
    judged = ((text, judge.judge(text)) for text in _ids(ids))
    if output_format is NamesFormat.JSONL:
        _write_lines(judged)
    else:
        _write_table(judged)


def _warn_of_age(knowledge: Knowledge) -> None:
    from trustaudit.cli.output import say
    from trustaudit.hub.client import utc_now

    why = knowledge.popular().stale(utc_now().date())
    if why:
        say(f"the popular list was {why}; trustaudit popular refresh brings it up to date")


def _ids(arguments: Iterable[str]) -> Iterator[str]:
    sources = (_stdin() if argument == "-" else (argument,) for argument in arguments)
    stripped = (text.strip() for text in chain.from_iterable(sources))
    return (text for text in stripped if text and not text.startswith("#"))


def _stdin() -> Iterator[str]:
    """Lines of stdin, whatever bytes they hold."""
    for line in sys.stdin.buffer:
        yield line.decode("utf-8-sig", "backslashreplace")


def _write_lines(judged: Iterable[tuple[str, NameJudgement]]) -> None:
    for text, judgement in judged:
        row = {
            "id": text[:_LONGEST_SHOWN],
            "rule": judgement.rule,
            "severity": judgement.severity if judgement.rule else None,
            "target": judgement.target,
            "reason": judgement.reason,
            "candidates": judgement.candidates,
            "benign": judgement.benign,
        }
        sys.stdout.write(json.dumps(row).replace("\x7f", "\\u007f") + "\n")


def _write_table(judged: Iterable[tuple[str, NameJudgement]]) -> None:
    from tabulate import tabulate

    from trustaudit.cli.output import write_text
    from trustaudit.report.escape import visible

    rows = [[visible(str(cell)) for cell in _row(text, judgement)] for text, judgement in judged]
    headers = ("severity", "rule", "id", "may be taken for", "why")
    write_text(tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True) + "\n", None)


def _row(text: str, judgement: NameJudgement) -> tuple[str, ...]:
    why = "; ".join((*((judgement.reason,) if judgement.reason else ()), *judgement.benign))
    severity, rule = (judgement.severity, judgement.rule) if judgement.rule else ("-", "-")
    shown = text[:_LONGEST_SHOWN]
    # A Cyrillic letter would look right in the table: it is why the id is in it.
    shown = shown if shown.isascii() else ascii(shown)[1:-1]
    return severity, rule, shown, judgement.target or "-", why or "not like any popular name"
