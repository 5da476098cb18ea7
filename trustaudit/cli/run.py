"""What ``check`` and ``demo`` share: run the audits, show progress, write the document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from trustaudit import spare_time
from trustaudit.cli.accepted import NOTHING_ACCEPTED, Accepted
from trustaudit.cli.errors import interrupted
from trustaudit.cli.output import say, write_text
from trustaudit.cli.progress import Progress
from trustaudit.engine import Depth, audit_many_async, judge, load_snapshot, parse_ref
from trustaudit.errors import UsageError
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.policy.model import Policy, load_policy
from trustaudit.settings import Settings
from trustaudit.snapshot import Snapshot

if TYPE_CHECKING:
    from trustaudit.report.model import Document, TrustReport
    from trustaudit.store.recorder import Recorder


LAST = ("trustaudit.store.recorder", "trustaudit.report.render", "tabulate", "trustaudit.report.as_table")
"""Modules that the end of a run needs."""

LATER = 0.2
"""Seconds after which they are loaded: what reads files and judges is needed sooner."""


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
    policy = request.accepted.laid_on(load_policy(settings.policy))
    if request.snapshots:
        return _document(_rejudge(request, settings, policy), policy), False
    reports, stopped = _collect(request, settings, policy)
    return _document(reports, policy), stopped


def _document(reports: list[TrustReport], policy: Policy) -> Document:
    """Imported when there are reports: the first question to the Hub does not wait for it."""
    from trustaudit.report.build import build_document

    return build_document(reports, policy)


def run_inspect(paths: tuple[Path, ...], request: Request, settings: Settings) -> Document:
    """Inspect local files and folders; one report per path."""
    from trustaudit.collect.local import collect_local

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
    """The lineage in the format that the file's name asks for; Mermaid unless it says otherwise."""
    from trustaudit.report.lineage_graph import lineage_text

    formats = {".dot": "graphviz", ".gv": "graphviz", ".json": "json", ".txt": "tree"}
    write_text(lineage_text(document.reports, formats.get(path.suffix.lower(), "mermaid")), path)


def _depth(request: Request, settings: Settings) -> Depth:
    """How deep to look. Raises UsageError when the earlier snapshot is of another repository."""
    previous = load_snapshot(request.previous) if request.previous else None
    if previous is not None:
        asked = parse_ref(request.refs[0], settings).full_id
        if previous.ref.full_id.casefold() != asked.casefold():
            raise UsageError(f"--previous is a snapshot of {previous.ref.full_id!a}, and REF is {asked!a}")
    return Depth(lineage=request.lineage, previous=previous)


def _rejudge(request: Request, settings: Settings, policy: Policy) -> list[TrustReport]:
    knowledge = Knowledge(settings.data_dir)
    return [judge(load_snapshot(path), policy, knowledge=knowledge) for path in request.snapshots]


def _collect(request: Request, settings: Settings, policy: Policy) -> tuple[list[TrustReport], bool]:
    """The reports, and whether Ctrl-C ended the run before all were there."""
    for text in request.refs:
        parse_ref(text, settings)
    progress = Progress(total=len(request.refs), enabled=not request.quiet)
    collected: list[TrustReport] = []
    try:
        asyncio.run(_audit_all(request, settings, policy, collected, progress))
    except KeyboardInterrupt:
        say("interrupted; what follows is what is known so far")
    finally:
        progress.stop()
    return collected, len(collected) < len(request.refs)


async def _audit_all(
    request: Request, settings: Settings, policy: Policy, collected: list[TrustReport], progress: Progress
) -> None:
    seen: list[Snapshot] = []
    depth = _depth(request, settings)

    def save(snapshot: Snapshot) -> None:
        seen[:] = [snapshot]
        if request.save_snapshot is not None:
            write_text(snapshot.to_json(), request.save_snapshot)

    progress.start()
    async with Hub(settings) as hub, spare_time.beside(spare_time.modules(*LAST), after=LATER):
        with ExitStack() as stack:
            recorder: Recorder | None = None
            audits = audit_many_async(
                request.refs, policy=policy, settings=settings, hub=hub, on_snapshot=save, depth=depth
            )
            async for report in audits:
                collected.append(report)
                recorder = recorder or stack.enter_context(_recorder(settings))
                recorder.keep(seen[0], report, policy)
                progress.advance(report.repo.id)
        for note in filter(None, (*hub.notes, recorder.note if recorder else "")):
            say(note)


def _recorder(settings: Settings) -> Recorder:
    """Imported when there is something to keep: the first question to the Hub does not wait for it."""
    from trustaudit.store.recorder import Recorder

    return Recorder(settings, "check")
