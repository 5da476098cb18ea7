"""A re-audit for a person at a terminal: one head line per entry, what changed below it, the unchanged in one line.

Text of the Hub is made visible here, once, before any of it is laid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from trustaudit.lockfile.drift import SHORT, Drift, DriftKind
from trustaudit.lockfile.model import LockEntry
from trustaudit.lockfile.reaudit import Outcome
from trustaudit.report.escape import visible
from trustaudit.report.style import Style
from trustaudit.report.words import plural

_WORDS: Final = {
    DriftKind.MISSING: "GONE",
    DriftKind.RECREATED: "GONE",
    DriftKind.DISABLED: "GONE",
    DriftKind.REVISION_GONE: "GONE",
    DriftKind.HISTORY_REWRITTEN: "MOVED",
    DriftKind.TAG_MOVED: "MOVED",
    DriftKind.RENAMED: "MOVED",
}
ORDER: Final = ("GONE", "MOVED", "CHANGED", "NOTE", "UNSEEN", "OK")
_COLOURS: Final = {"GONE": "block", "MOVED": "review", "CHANGED": "review", "UNSEEN": "incomplete", "OK": "pass"}
_COLUMN: Final = 9
_SHOWN: Final = 12


def word(outcome: Outcome) -> str:
    """GONE, MOVED, CHANGED, NOTE (nothing that matters), UNSEEN or OK."""
    words = [_WORDS.get(drift.kind, "CHANGED") for drift in outcome.drifts if drift.matters]
    if words:
        return min(words, key=ORDER.index)
    if outcome.unseen:
        return "UNSEEN"
    return "NOTE" if outcome.drifts else "OK"


def as_text(outcomes: Sequence[Outcome], style: Style) -> str:
    """Worst first; the unchanged ones as a count."""
    ordered = sorted(outcomes, key=lambda outcome: ORDER.index(word(outcome)))
    told = [outcome for outcome in ordered if word(outcome) != "OK"]
    lines = [line for outcome in told for line in _lines(outcome, style)]
    quiet = len(outcomes) - len(told)
    requests = sum(outcome.api_requests for outcome in outcomes if word(outcome) == "OK")
    if quiet or not told:
        lines.append(f"{_head('OK', style)}{quiet:,} unchanged ({plural(requests, 'API request')})")
    room = max(20, style.width - _COLUMN)
    lines += [line for note in notes(outcomes) for line in _wrapped(note, room)]
    return "\n".join(lines) + "\n"


def notes(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """What a reader should know about the run as a whole."""
    glanced = sum(outcome.glanced for outcome in outcomes)
    what = f"scan state and list of files of {plural(glanced, 'pin')} not asked this time (same commit); --full asks"
    return (what,) if glanced else ()


def _head(text: str, style: Style) -> str:
    return style.paint(text, _COLOURS.get(text, "info")) + " " * (_COLUMN - len(text))


def _lines(outcome: Outcome, style: Style) -> Iterator[str]:
    name = word(outcome)
    yield f"{_head(name, style)}{visible(entry_name(outcome.entry))}{_verdict(outcome)}"
    room = max(20, style.width - _COLUMN)
    for drift in _by_weight(outcome.drifts):
        yield from _wrapped(visible(drift.message), room)
        yield from _details(drift, room, style)
    if outcome.unseen:
        yield from _wrapped(f"could not be looked at: {visible(outcome.unseen)}", room)


def _by_weight(drifts: Iterable[Drift]) -> list[Drift]:
    return sorted(drifts, key=lambda drift: not drift.matters)


def _details(drift: Drift, room: int, style: Style) -> Iterator[str]:
    shown = drift.details if style.verbose else drift.details[:_SHOWN]
    for detail in shown:
        yield from _wrapped(visible(detail), room, "  ")
    hidden = len(drift.details) - len(shown)
    if hidden:
        yield from _wrapped(f"and {hidden:,} more (-v)", room, "  ")


def _wrapped(text: str, room: int, indent: str = "") -> Iterator[str]:
    """Kept in one line where it fits: hashes and paths are not to be broken without need."""
    for line in wrap(text, room, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False):
        yield " " * _COLUMN + line


def _verdict(outcome: Outcome) -> str:
    if outcome.audited is None:
        return ""
    report = outcome.audited.report
    return f"  now {report.verdict}" + (f", score {report.score}" if report.score is not None else "")


def entry_name(entry: LockEntry) -> str:
    """``org/name@main``, with the kind in front unless it is a model."""
    return f"{entry.ref.full_id}@{entry.revision[:SHORT] if entry.ref.is_pinned else entry.revision}"
