"""A batch for a person: the counts, then one line per repository, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tabulate import tabulate

from trustaudit.batch.rows import Row, Sums
from trustaudit.report.escape import clip, clip_middle, visible
from trustaudit.report.model import Verdict
from trustaudit.report.style import Style
from trustaudit.report.words import plural

_ORDER: Final = (Verdict.BLOCK, Verdict.INCOMPLETE, Verdict.REVIEW, Verdict.PASS)
_FEW: Final = 40
"""Up to so many rows the passes are listed too; in longer lists they would hide the others."""

_FIXED: Final = 21  # verdict, score and the space between columns
_NARROWEST: Final = 24


def as_text(rows: Sequence[Row], seconds: float, style: Style) -> str:
    """The whole report of a batch."""
    head = f"{headline(Sums.of(rows))} · {duration(seconds)}\n"
    if style.quiet:
        return head
    ordered = sorted(rows, key=_worst_first)
    shown = ordered if style.verbose or len(rows) <= _FEW else [row for row in ordered if row.verdict != Verdict.PASS]
    lines = _table(shown, style) if shown else []
    hidden = len(rows) - len(shown)
    if hidden:
        lines.append(f"+ {hidden:,} that pass (-v lists them)")
    return head + "".join(f"{line}\n" for line in lines)


def headline(sums: Sums) -> str:
    """``612 repositories · 571 pass · 29 review · 4 block · 8 incomplete · 1,873 API requests``."""
    counts = " · ".join(f"{sums.verdicts[verdict]:,} {verdict}" for verdict in Verdict)
    noun = "repository" if sums.total == 1 else "repositories"
    again = f" · {sums.again:,} read back" if sums.again else ""
    return f"{sums.total:,} {noun} · {counts} · {plural(sums.api_requests, 'API request')}{again}"


def duration(seconds: float) -> str:
    """``9 min 21 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _worst_first(row: Row) -> tuple[int, int, str]:
    return _ORDER.index(row.verdict), -1 if row.score is None else row.score, row.name


def _table(rows: Sequence[Row], style: Style) -> list[str]:
    room = max(2 * _NARROWEST, style.width - _FIXED)
    names = [clip_middle(visible(row.name), room - _NARROWEST) for row in rows]
    left = room - max(len("repository"), *map(len, names))
    cells = [
        [
            style.paint(row.verdict.upper(), row.verdict),
            name,
            "-" if row.score is None else str(row.score),
            clip(visible(row.worst), left),
        ]
        for row, name in zip(rows, names, strict=True)
    ]
    columns = {"verdict": "left", "repository": "left", "score": "right", "worst finding": "left"}
    table = tabulate(cells, tuple(columns), tablefmt="plain", disable_numparse=True, colalign=tuple(columns.values()))
    return [line.rstrip() for line in table.splitlines()]
