"""What ``-v`` adds to the table report: scores by category, publisher signals, every check, every file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from trustaudit.report.escape import clip, clip_middle
from trustaudit.report.model import TrustReport
from trustaudit.report.style import Style
from trustaudit.report.words import size

_INDENT = "  "
_REASON_SHARE = 2


def details(report: TrustReport, style: Style) -> Iterable[str]:
    """Blocks of text, each under its own heading. The report is escaped already."""
    half = max(20, style.width // _REASON_SHARE)
    yield _block("Score by category", [[name, room.score, room.findings] for name, room in report.breakdown.items()])
    yield _block(
        "Publisher signals", [[name, value, f"{points:+d}"] for name, value, points in report.publisher.signals]
    )
    yield _block("Checks", [[item.id, item.outcome, clip(item.reason, half)] for item in report.checks])
    yield _block(
        "Files",
        [
            [clip_middle(file.path, half), file.format or "-", file.coverage, size(file.bytes_read), size(file.size)]
            for file in report.coverage.files
        ],
        headers=("path", "format", "coverage", "read", "size"),
    )


def _block(title: str, rows: Sequence[Sequence[object]], headers: Sequence[str] = ()) -> str:
    if not rows:
        return ""
    table = tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True)
    return "\n".join([f"{_INDENT}{title}", *(f"{_INDENT * 2}{line}".rstrip() for line in table.splitlines())])
