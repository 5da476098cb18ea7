"""A re-audit as Markdown, for a job's summary or a review: what changed, worst first, then the unchanged as a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from trustaudit.lockfile.reaudit import Outcome
from trustaudit.lockfile.words import ORDER, entry_name, notes, word
from trustaudit.report.as_markdown import plain, table
from trustaudit.report.escape import clip, visible, without_commands

_SHOWN: Final = 12
_CHARS: Final = 300


def as_markdown(outcomes: Sequence[Outcome]) -> str:
    """One table. Text of the Hub is neither markup nor a mention."""
    told = sorted((item for item in outcomes if word(item) != "OK"), key=lambda item: ORDER.index(word(item)))
    lines = ["# Re-audit of locked repositories", ""]
    if told:
        lines += [*table(("", "repository", "what changed"), [_row(item) for item in told]), ""]
    lines += [f"{len(outcomes) - len(told):,} unchanged", *(f"\n{plain(note)}" for note in notes(outcomes))]
    return without_commands("\n".join(lines) + "\n")


def _row(outcome: Outcome) -> list[str]:
    said = "<br>".join(plain(clip(visible(text), _CHARS)) for text in _said(outcome))
    return [word(outcome), plain(visible(entry_name(outcome.entry))), said]


def _said(outcome: Outcome) -> Iterator[str]:
    for drift in outcome.drifts:
        yield drift.message
        yield from drift.details[:_SHOWN]
        if len(drift.details) > _SHOWN:
            yield f"and {len(drift.details) - _SHOWN:,} more"
    if outcome.unseen:
        yield f"could not be looked at: {outcome.unseen}"
