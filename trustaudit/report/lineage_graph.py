"""Lineage as a graph: Mermaid, Graphviz and JSON. Nodes are repositories, arrows lead to what is made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from trustaudit.report.as_json import dumps
from trustaudit.report.escape import visible
from trustaudit.report.lineage import lineage_lines
from trustaudit.report.model import LineageReport, TrustReport
from trustaudit.report.words import full_id

_COLOURS: Final = {"pass": "#d8f0d8", "review": "#fff2cc", "block": "#f8cecc", "incomplete": "#e6e6e6"}
_MERMAID_ESCAPES: Final = str.maketrans(
    {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "\\": "#92;", "`": "#96;", "|": "#124;"}
)


_NAMING: Final = frozenset({"(info)", "(files)", "(contents)"})


class _Node(Struct, frozen=True):
    """``words`` below the id: verdict, state, licences."""

    id: str
    words: str
    verdict: str


class _Graph(Struct, frozen=True):
    """``edges``: parent, child, relation; in the order in which they were found."""

    nodes: tuple[_Node, ...]
    edges: tuple[tuple[str, str, str], ...]


def lineage_text(reports: Iterable[TrustReport], output_format: str) -> str:
    """The lineage of all reports in one of ``LINEAGE_FORMATS``."""
    return LINEAGE_FORMATS[output_format](tuple(reports))


def _graph(reports: Iterable[TrustReport]) -> _Graph:
    nodes: dict[str, _Node] = {}
    edges: dict[tuple[str, str, str], None] = {}
    for report in reports:
        root = full_id(report)
        nodes[root] = _Node(root, str(report.verdict), str(report.verdict))
        for item in report.lineage:
            name = _full_id(item)
            child = item.parent if item.parent and item.parent != report.repo.id else root
            if not item.circular or name not in nodes:
                nodes.setdefault(name, _Node(name, _words(item), item.verdict or ""))
            edges[name, child, item.relation] = None
    return _Graph(tuple(nodes.values()), tuple(edges))


def _full_id(item: LineageReport) -> str:
    return item.id if item.type == "model" else f"{item.type}s/{item.id}"


def _words(item: LineageReport) -> str:
    state = "" if item.state == "known" else item.reason.partition(":")[0]
    return " · ".join(part for part in (item.verdict or state, ", ".join(item.licenses)) if part)


def _mermaid(reports: tuple[TrustReport, ...]) -> str:
    graph = _graph(reports)
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart BT"]
    for node in graph.nodes:
        label = "<br/>".join(_mermaid_text(part) for part in (node.id, node.words) if part)
        lines.append(f'  {names[node.id]}["{label}"]')
    lines += [
        f'  {names[child]} -->|"{_mermaid_text(relation)}"| {names[parent]}' for parent, child, relation in graph.edges
    ]
    lines += [
        f"  style {names[node.id]} fill:{_COLOURS[node.verdict]}" for node in graph.nodes if node.verdict in _COLOURS
    ]
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return visible(text).translate(_MERMAID_ESCAPES)


def _graphviz(reports: tuple[TrustReport, ...]) -> str:
    graph = _graph(reports)
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["digraph lineage {", "  rankdir=BT;", '  node [shape=box, style=filled, fillcolor="#ffffff"];']
    for node in graph.nodes:
        label = "\\n".join(_quoted(part) for part in (node.id, node.words) if part)
        colour = f', fillcolor="{_COLOURS[node.verdict]}"' if node.verdict in _COLOURS else ""
        lines.append(f'  {names[node.id]} [label="{label}"{colour}];')
    lines += [
        f'  {names[child]} -> {names[parent]} [label="{_quoted(relation)}"];' for parent, child, relation in graph.edges
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def _json(reports: tuple[TrustReport, ...]) -> str:
    graph = _graph(reports)
    return dumps(
        {
            "nodes": [{"id": node.id, "verdict": node.verdict or None, "note": node.words} for node in graph.nodes],
            "edges": [{"parent": parent, "child": child, "relation": name} for parent, child, name in graph.edges],
            "lineage": {
                full_id(report): [item.model_dump(mode="json") for item in report.lineage] for report in reports
            },
        }
    )


def _tree(reports: tuple[TrustReport, ...]) -> str:
    lines: list[str] = []
    for report in reports:
        lines.append(f"{full_id(report)}: {report.verdict}")
        lines += [f"  {line}" for line in lineage_lines(report) or [_no_ancestors(report)]]
    return "\n".join(visible(line) for line in lines) + "\n"


def _no_ancestors(report: TrustReport) -> str:
    """Card and files name ancestors: where one of both could not be seen, none is known, which is not none."""
    unseen = next((item for item in report.coverage.not_seen if item.path in _NAMING), None)
    if unseen is None:
        return "names nothing that it is made from"
    return f"what it is made from could not be seen in full: {unseen.reason}"


LINEAGE_FORMATS: Final[dict[str, Callable[[tuple[TrustReport, ...]], str]]] = {
    "tree": _tree,
    "mermaid": _mermaid,
    "graphviz": _graphviz,
    "json": _json,
}
