"""What ``check`` and ``demo`` share: run the audits, show progress, write the document."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from trustaudit.cli.accepted import NOTHING_ACCEPTED, Accepted
from trustaudit.cli.collecting import Chosen, collect
from trustaudit.cli.errors import interrupted
from trustaudit.cli.output import say, write_text
from trustaudit.errors import UsageError
from trustaudit.settings import Settings

if TYPE_CHECKING:
    from trustaudit.policy.model import Policy
    from trustaudit.report.model import Document, TrustReport


_GRAPHS = {
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "graphviz",
    ".gv": "graphviz",
    ".json": "json",
    ".txt": "tree",
}
"""The format of ``--lineage-graph`` by the ending of the file."""


class Request(Struct, frozen=True):
    """One invocation of ``check``."""

    refs: tuple[str, ...] = ()
    snapshots: tuple[Path, ...] = ()
    format: str = "table"
    output: Path | None = None
    code: Path | None = None
    verbose: bool = False
    quiet: bool = False
    save_snapshot: Path | None = None
    lineage: int = 0
    lineage_graph: Path | None = None
    previous: Path | None = None
    accepted: Accepted = NOTHING_ACCEPTED

    def check(self) -> None:
        """Raises UsageError for options that do not go together."""
        if bool(self.refs) == bool(self.snapshots):
            raise UsageError(
                "name at least one REF, or --from-snapshot FILE (not both)", advice="trustaudit check org/model"
            )
        if self.save_snapshot and len(self.refs) != 1:
            raise UsageError("--save-snapshot stores the facts of exactly one REF")
        if self.previous and len(self.refs) != 1:
            raise UsageError("--previous compares exactly one REF with its earlier snapshot")
        if self.lineage_graph and self.lineage_graph.suffix.lower() not in _GRAPHS:
            raise UsageError(
                f"--lineage-graph {self.lineage_graph}: the ending of the file says how to write the graph",
                advice=f"one of {', '.join(_GRAPHS)}",
            )


def run_check(request: Request, settings: Settings) -> Document:
    """Audit, write the report, and give the document back for the exit code."""
    document, stopped = audited(request, settings)
    write_document(document, request)
    _say_what_lies_here(document.reports)
    if request.lineage_graph is not None:
        _write_graph(document, request.lineage_graph)
    request.accepted.store(document.reports)
    if stopped:
        raise typer.Exit(interrupted())  # what was not audited must not look like success to a script
    return document


def _say_what_lies_here(reports: Iterable[TrustReport]) -> None:
    """A file's or folder's name is often an id too, of a repository that nobody meant."""
    for report in reports:
        here = Path(report.repo.id)
        if report.repo.commit is None and here.exists():
            instead = f"trustaudit inspect {here}" if here.is_dir() else f"trustaudit batch {here}, or inspect {here}"
            say(f"{here} was asked for on the Hub, and lies here too; if you meant that: {instead}")


def audited(request: Request, settings: Settings) -> tuple[Document, bool]:
    """The reports of a request, and whether Ctrl-C ended it before all were there."""
    request.check()
    chosen = Chosen(request, settings)
    if request.snapshots:
        return _document(_rejudge(request, settings, chosen.policy), chosen.policy), False
    reports, stopped = collect(request, settings, chosen)
    return _document(reports, chosen.policy), stopped


def _document(reports: list[TrustReport], policy: Policy) -> Document:
    """Imported when there are reports: the first question to the Hub does not wait for it."""
    from trustaudit.report.build import build_document

    return build_document(reports, policy)


def run_inspect(paths: tuple[Path, ...], request: Request, settings: Settings) -> Document:
    """Inspect local files and folders; one report per path."""
    from trustaudit.collect.local import collect_local
    from trustaudit.engine import judge
    from trustaudit.policy.model import load_policy

    policy = load_policy(settings.policy)
    reports = [judge(collect_local(path), policy) for path in paths]
    document = _document(reports, policy)
    write_document(document, request)
    return document


def write_document(document: Document, request: Request) -> None:
    """Render in the requested format to the requested place."""
    from trustaudit.cli.anchoring import anchors_in
    from trustaudit.report.render import Style, render

    style = Style.detect(to_file=request.output is not None, verbose=request.verbose, quiet=request.quiet)
    write_text(render(document, request.format, style, anchors=anchors_in(request.code)), request.output)


def _write_graph(document: Document, path: Path) -> None:
    """The lineage in the format that the file's name asks for."""
    from trustaudit.report.lineage_graph import lineage_text

    write_text(lineage_text(document.reports, _GRAPHS[path.suffix.lower()]), path)


def _rejudge(request: Request, settings: Settings, policy: Policy) -> list[TrustReport]:
    from trustaudit.engine import judge, load_snapshot
    from trustaudit.knowledge import Knowledge

    knowledge = Knowledge(settings.data_dir)
    return [judge(load_snapshot(path), policy, knowledge=knowledge) for path in request.snapshots]
