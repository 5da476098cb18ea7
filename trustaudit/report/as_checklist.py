"""Checklists as a table for a terminal, as JSON, and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from tabulate import tabulate

from trustaudit.report.as_json import dumps
from trustaudit.report.as_markdown import code, plain
from trustaudit.report.as_markdown import table as markdown_table
from trustaudit.report.checklist import Checklist, ChecklistItem, Standing
from trustaudit.report.escape import escaped, without_commands
from trustaudit.report.style import Style

_NARROWEST: Final = 20
_COLUMN: Final = 14
_LISTED: Final = 3
_SHORT: Final = {Standing.NOT_VISIBLE: "not visible", Standing.NOT_APPLICABLE: "-"}
_COMMIT_CHARS: Final = 7
_NOT_A_VERDICT: Final = (
    '"Checked" says that the audit looked, not that all is well: see the findings beside it. What is "not visible from '
    'outside" no audit before download can tell.'
)


def as_checklist(lists: Sequence[Checklist], output_format: str, style: Style) -> str:
    """In one of FORMATS. In the table several repositories are summed up; ``style.verbose`` shows each as well."""
    return FORMATS[output_format]([escaped(item) for item in lists], style)


def _json(lists: Sequence[Checklist], _style: Style) -> str:
    return dumps({"schema_version": "1", "checklists": [item.model_dump(mode="json") for item in lists]})


def _table(lists: Sequence[Checklist], style: Style) -> str:
    if style.quiet:
        return without_commands("".join(f"{_named(item)}: {item.verdict}, {_standings(item)}\n" for item in lists))
    blocks = [_summary(lists)] if len(lists) != 1 else []
    if len(lists) == 1 or style.verbose:
        blocks += [_one(item, style) for item in lists]
    return without_commands("\n\n".join([*blocks, "\n".join(wrap(_NOT_A_VERDICT, style.width))]) + "\n")


def _standings(item: Checklist) -> str:
    """``12 checked, 3 partly, 7 not visible``."""
    counts = Counter(point.standing for guidance in item.guidance for point in guidance.items)
    return ", ".join(f"{counts[standing]} {standing}" for standing in Standing if counts[standing])


def _one(item: Checklist, style: Style) -> str:
    blocks = [f"{_named(item)}: {item.verdict}"]
    for guidance in item.guidance:
        head = wrap(f"{guidance.title} ({guidance.publisher}, {guidance.date})", style.width)
        points = [line for point in guidance.items for line in _point(point, style)]
        blocks.append("\n".join([*head, "", *points]))
    return "\n\n".join(blocks)


def _point(point: ChecklistItem, style: Style) -> Iterator[str]:
    """``partly       Source reliable data …`` and what was found, below."""
    room = max(_NARROWEST, style.width - _COLUMN)
    title, *more = wrap(point.title, room)
    yield f"{_SHORT.get(point.standing, point.standing):<{_COLUMN}}{title}"
    for line in (*more, *(part for text in _told(point, style) for part in wrap(text, room, subsequent_indent="  "))):
        yield " " * _COLUMN + line


def _told(point: ChecklistItem, style: Style) -> Iterator[str]:
    """The evidence in short, and why there is none where nothing can be seen."""
    if point.standing is Standing.NOT_VISIBLE:
        yield point.unseen
    if not style.verbose and len(point.passed) > _LISTED:
        point = point.model_copy(update={"passed": (f"{len(point.passed)} rules (-v lists them)",)})
    yield from evidence(point)


def _named(item: Checklist) -> str:
    return f"{item.repo} @ {item.commit[:_COMMIT_CHARS]}" if item.commit else item.repo


def evidence(point: ChecklistItem) -> Iterator[str]:
    """Findings first, then what was not available, what passed, and facts."""
    for concern in point.found:
        times = f" ({concern.count} times)" if concern.count > 1 else ""
        yield f"{concern.severity}: {concern.rule}{times}"
    if point.unavailable:
        yield f"could not be checked: {', '.join(point.unavailable)}"
    if point.passed:
        yield f"passed: {', '.join(point.passed)}"
    yield from point.facts


def _summary(lists: Sequence[Checklist]) -> str:
    """How many repositories stand where, point by point."""
    blocks = [f"{len(lists)} repositories"]
    for at, guidance in enumerate(lists[0].guidance if lists else ()):
        rows = [
            [point.id, point.title, _counts(lists, at, number), _concerned(lists, at, number)]
            for number, point in enumerate(guidance.items)
        ]
        headers = ("", "point", "standing", "with findings")
        blocks.append(
            f"{guidance.title}\n\n{tabulate(rows, headers=headers, tablefmt='simple', disable_numparse=True)}"
        )
    return "\n\n".join(blocks)


def _counts(lists: Sequence[Checklist], guidance: int, number: int) -> str:
    counts = Counter(item.guidance[guidance].items[number].standing for item in lists)
    return ", ".join(f"{counts[standing]} {standing}" for standing in Standing if counts[standing])


def _concerned(lists: Sequence[Checklist], guidance: int, number: int) -> str:
    found = sum(bool(item.guidance[guidance].items[number].found) for item in lists)
    return str(found) if found else "-"


def _markdown(lists: Sequence[Checklist], _style: Style) -> str:
    parts = [_markdown_one(item) for item in lists]
    return without_commands("\n".join([*parts, _NOT_A_VERDICT, ""]))


def _markdown_one(item: Checklist) -> str:
    lines = [f"## {code(_named(item))}: {item.verdict}", ""]
    for guidance in item.guidance:
        rows = [
            [
                point.id,
                plain(point.title),
                str(point.standing),
                "<br>".join(plain(text) for text in evidence(point)),
                plain(point.unseen),
            ]
            for point in guidance.items
        ]
        lines += [
            f"### {plain(guidance.title)}",
            "",
            f"{plain(guidance.publisher)}, {guidance.date}, <{guidance.url}>",
            "",
        ]
        lines += [*markdown_table(("", "point", "standing", "evidence", "what cannot be seen"), rows), ""]
    return "\n".join(lines)


FORMATS: Final[dict[str, Callable[[Sequence[Checklist], Style], str]]] = {
    "table": _table,
    "json": _json,
    "markdown": _markdown,
}
