"""The drawings, as inline SVG that has its widths in percent: text keeps its size on a phone.

Each is an image with a description; what it shows stands in a table or list beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from trustaudit.filefacts import Coverage
from trustaudit.report.escape import clip_middle
from trustaudit.report.html.element import NOTHING, Html, tag
from trustaudit.report.html.treemap import Box, squarified
from trustaudit.report.model import LineageReport, ReportedFile, TimelineEntry, TrustReport
from trustaudit.report.words import full_id, plural, size

MAX_CELLS: Final = 60
_MAP_HEIGHT: Final = 260
_MAP_ASPECT: Final = 0.4
_LABELLED_WIDTH: Final = 13.0
_LABELLED_HEIGHT: Final = 15.0
_NAME_CHARS: Final = 34

_LANES: Final = ("weights", "code", "other")
_LANE_HEIGHT: Final = 26
_LEFT: Final = 17.0
_ROOM: Final = 80.0
_MARKS: Final = {
    "weights": "M-5,-5h10v10h-10z",
    "code": "M0,-6l6,11h-12z",
    "other": "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z",
}

_NODE_HEIGHT: Final = 44
_NODE_GAP: Final = 14
_NODE_WIDTH: Final = 300
_INDENT: Final = 16
_DEEPEST: Final = 4
_MAX_NODES: Final = 30


def bar(score: int) -> Html:
    """A bar from 0 to 100; the number stands beside it."""
    level = "good" if score >= 80 else "fair" if score >= 50 else "poor"  # noqa: PLR2004 - thirds of a scale
    return _svg(
        10,
        tag("rect", width="100%", height=10, rx=3, class_="track"),
        tag("rect", width=f"{score}%", height=10, rx=3, class_=f"fill {level}"),
        hidden=True,
    )


def file_map(files: Sequence[ReportedFile]) -> Html:
    """Files as areas, filled as far as their bytes were read.

    Areas grow with the cube root of the size: beside 5 GB of weights, 5 kB of code would not be seen.
    """
    sized = sorted((file for file in files if file.size), key=lambda file: (-(file.size or 0), file.path))
    shown = sized[:MAX_CELLS]
    if not shown:
        return NOTHING
    weights = [(file.size or 0) ** (1 / 3) for file in shown]
    boxes = squarified(weights, 100, 100 * _MAP_ASPECT)
    read = sum(file.bytes_read for file in files)
    label = (
        f"{plural(len(files), 'file')}, {size(sum(file.size or 0 for file in files))}, of which {size(read)} were read"
    )
    cells = [_cell(file, box) for file, box in zip(shown, boxes, strict=True)]
    return _svg(_MAP_HEIGHT, *cells, label=label, class_="map")


def _cell(file: ReportedFile, box: Box) -> Html:
    kind = file.coverage if file.coverage in set(Coverage) else "none"
    share = min(100.0, 100.0 * file.bytes_read / (file.size or 1))
    height = box.height / _MAP_ASPECT
    words = f"{file.path}: {size(file.bytes_read)} of {size(file.size)} read, {kind}"
    roomy = box.width >= _LABELLED_WIDTH and height >= _LABELLED_HEIGHT
    return tag(
        "svg",
        tag("title", words),
        tag("rect", width="100%", height="100%", class_=f"cell {kind}"),
        tag("rect", y=_percent(100 - share), width="100%", height=_percent(share), class_="read") if share else None,
        tag("text", clip_middle(file.path, _NAME_CHARS), x=6, y=17) if roomy else None,
        tag("text", f"{size(file.bytes_read)} of {size(file.size)}", x=6, y=33, class_="minor") if roomy else None,
        x=_percent(box.x),
        y=_percent(box.y / _MAP_ASPECT),
        width=_percent(box.width),
        height=_percent(height),
    )


def history_strip(entries: Sequence[TimelineEntry]) -> Html:
    """Commits along time in three lanes: those that last changed weights, code, anything else."""
    dated = [(moment, entry) for entry in entries if (moment := _moment(entry.date)) is not None]
    if not dated:
        return NOTHING
    first, last = min(moment for moment, _ in dated), max(moment for moment, _ in dated)
    marks = [mark for moment, entry in dated for mark in _marks(entry, _position(moment, first, last))]
    changes = {lane: sum(lane in _lanes(entry) for _, entry in dated) for lane in _LANES}
    label = f"{plural(len(dated), 'commit')}: {changes['weights']} changed weights, {changes['code']} changed code"
    return _svg(_LANE_HEIGHT * len(_LANES) + 4, *_guides(), *marks, label=label, class_="strip")


def _guides() -> Iterator[Html]:
    for number, lane in enumerate(_LANES):
        middle = _LANE_HEIGHT * number + _LANE_HEIGHT // 2
        yield tag("text", lane, x=0, y=middle + 4)
        yield tag("line", x1=_percent(_LEFT), x2=_percent(_LEFT + _ROOM), y1=middle, y2=middle, class_="guide")


def _marks(entry: TimelineEntry, position: float) -> Iterator[Html]:
    words = f"{(entry.date or '')[:10]} {entry.title} ({', '.join(entry.authors) or 'unknown'})"
    for lane in _lanes(entry):
        middle = _LANE_HEIGHT * _LANES.index(lane) + _LANE_HEIGHT // 2
        shape = tag("path", d=_MARKS[lane], class_=f"mark {lane}")
        yield tag("svg", tag("title", words), shape, x=_percent(position), y=middle, overflow="visible")


def _lanes(entry: TimelineEntry) -> list[str]:
    found = [lane for lane, count in (("weights", entry.weights), ("code", entry.code)) if count]
    return found or ["other"]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _position(moment: datetime, first: datetime, last: datetime) -> float:
    span = (last - first).total_seconds()
    return _LEFT + _ROOM * ((moment - first).total_seconds() / span if span else 1.0)


def family_tree(report: TrustReport) -> Html:
    """The repository and its ancestors, each below what is made from it."""
    if not report.lineage:
        return NOTHING
    shown = report.lineage[:_MAX_NODES]
    rows = {report.repo.id: 0, **{item.id: number for number, item in enumerate(shown, start=1)}}
    nodes = [_node(0, 0, full_id(report), report.verdict, report.verdict)]
    nodes += [
        _node(number, item.depth, item.id, _relation(item), item.verdict or "") for number, item in enumerate(shown, 1)
    ]
    lines = [_edge(rows.get(_child(item, report), 0), rows[item.id], item.depth) for item in shown]
    height = (len(shown) + 1) * (_NODE_HEIGHT + _NODE_GAP)
    return _svg(height, *lines, *nodes, label=f"made from {plural(len(report.lineage), 'ancestor')}", class_="tree")


def _child(item: LineageReport, report: TrustReport) -> str:
    return item.path[-2] if len(item.path) > 1 else report.repo.id


def _relation(item: LineageReport) -> str:
    seen = item.verdict or ("" if item.state == "known" else item.state)
    return f"{item.relation}{f' · {seen}' if seen else ''}"


def _node(row: int, depth: int, name: str, words: str, verdict: str) -> Html:
    return tag(
        "svg",
        tag("title", f"{name}: {words}"),
        tag("rect", x=1, y=1, width=_NODE_WIDTH - 2, height=_NODE_HEIGHT - 2, rx=6, class_=f"node {verdict}"),
        tag("text", clip_middle(name, _NAME_CHARS), x=10, y=18, class_="name"),
        tag("text", words, x=10, y=35, class_="minor"),
        x=_INDENT * min(depth, _DEEPEST),
        y=row * (_NODE_HEIGHT + _NODE_GAP),
        width=_NODE_WIDTH,
        height=_NODE_HEIGHT,
    )


def _edge(child: int, parent: int, depth: int) -> Html:
    step = _NODE_HEIGHT + _NODE_GAP
    x = _INDENT * (min(depth, _DEEPEST) - 1) + 8
    top, bottom = child * step + _NODE_HEIGHT, parent * step + _NODE_HEIGHT // 2
    return tag("path", d=f"M{x},{top}V{bottom}h{_INDENT - 8}", class_="edge")


def _svg(height: int, *children: Html | None, label: str = "", class_: str = "", hidden: bool = False) -> Html:
    described = {"aria_hidden": "true"} if hidden else {"role": "img", "aria_label": label}
    return tag("svg", *children, width="100%", height=height, class_=class_ or None, **described)


def _percent(value: float) -> str:
    return f"{value:.3f}%"
