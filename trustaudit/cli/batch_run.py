"""Running a batch: where the list comes from, where results are kept, what is written in the end."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import ExitStack, aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import typer
from msgspec import Struct

from trustaudit.batch.as_json import document_pieces
from trustaudit.batch.intake import MAX_LIST_BYTES, Job, read_list
from trustaudit.batch.rows import Row, Sums
from trustaudit.batch.run_file import Header, RunFile, automatic_path, unfinished
from trustaudit.batch.runner import Run, run
from trustaudit.batch.words import as_text
from trustaudit.batch.worklist import Item, Worklist, worklist
from trustaudit.cli import batch_worker
from trustaudit.cli.accepted import NOTHING_ACCEPTED, Accepted
from trustaudit.cli.anchoring import anchors_in
from trustaudit.cli.batch_budget import budget
from trustaudit.cli.batch_engine import LOCAL, EngineChoice, SharedRun
from trustaudit.cli.batch_progress import RunProgress
from trustaudit.cli.errors import interrupted
from trustaudit.cli.output import opened, say
from trustaudit.errors import BadAnswerError, FileInputError, RefError, StoreError, UsageError
from trustaudit.hub import questions
from trustaudit.hub.client import Hub
from trustaudit.hub.permits import Permits
from trustaudit.knowledge import Knowledge
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import RepoRef, RepoType
from trustaudit.report.as_json import as_json_line
from trustaudit.report.build import build_document
from trustaudit.report.model import TrustReport
from trustaudit.report.render import RENDERERS, Style, render
from trustaudit.settings import Settings
from trustaudit.store.recorder import Recorder
from trustaudit.store.reuse import Reuse

T = TypeVar("T")

Write = Callable[[str], object]

_A_LIST = "a list is a file with one id per line, such as org/model"


class BatchRequest(Struct, frozen=True):
    """One invocation of ``batch``."""

    source: str | None = None
    authors: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    kind: str = "model"
    limit: int = 10_000
    format: str = "table"
    output: Path | None = None
    code: Path | None = None
    run_file: Path | None = None
    resume: bool = False
    jobs: int = 24
    verbose: bool = False
    quiet: bool = False
    dry_run: bool = False
    reuse_days: int = 0
    choice: EngineChoice = LOCAL
    accepted: Accepted = NOTHING_ACCEPTED


class Result(Struct, frozen=True):
    """A finished run: the rows in the order of the list, and the file to read whole reports back from."""

    rows: list[Row]
    seconds: float
    file: Kept


class Kept(Protocol):
    """Where the results of a run are: a file, or a database."""

    note: str

    def report(self, key: str) -> TrustReport:
        """A finished audit, read back."""
        ...

    async def apart(self, do: Callable[[], T]) -> T:
        """``do``, which reads reports, so that Ctrl-C is heard meanwhile."""
        ...


def run_batch(request: BatchRequest, settings: Settings) -> list[Row]:
    """Audit the list and write the report; the rows are for the exit code."""
    _check(request)
    request.choice.check(settings)
    if request.run_file is not None and request.choice.is_shared(settings):
        raise UsageError("--run names a file; the results of this run are in a database", advice="leave --run out")
    listed = _listed(request)
    try:
        return asyncio.run(_batch(request, settings, listed))
    except KeyboardInterrupt:
        say("interrupted; what was finished is kept: the same command with --resume goes on")
        raise typer.Exit(interrupted()) from None


def _check(request: BatchRequest) -> None:
    """What would otherwise only fail after hours."""
    if not (request.source or request.authors or request.collections):
        raise UsageError(
            "name a list: FILE, - for stdin, --author or --collection", advice="trustaudit batch models.txt"
        )
    if request.format not in RENDERERS:
        raise UsageError(f"no output format {request.format!a}", advice=f"one of {', '.join(RENDERERS)}")
    if request.kind not in {str(kind) for kind in RepoType}:
        raise UsageError(f"--type {request.kind!a} is none of model, dataset, space")
    for slug in request.collections:
        _check_slug(slug)
    if request.output is not None and not request.output.parent.is_dir():
        raise UsageError(f"cannot write {request.output}: there is no folder {request.output.parent}")


def _check_slug(slug: str) -> None:
    try:
        questions.collection(slug)
    except BadAnswerError as error:
        raise UsageError(error.what, advice=error.advice) from error


def _listed(request: BatchRequest) -> list[Job]:
    """The jobs of FILE or stdin."""
    if request.source is None:
        return []
    name = "stdin" if request.source == "-" else request.source
    try:
        data = _read(request.source)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileInputError(f"{name} is no text in UTF-8", advice=_A_LIST) from error
    except OSError as error:
        raise FileInputError(f"cannot read {name}: {error.strerror}", advice=_instead_of(request.source)) from error
    if len(data) > MAX_LIST_BYTES:
        raise FileInputError(f"{name} is larger than {MAX_LIST_BYTES:,} bytes")
    return read_list(text, name)


def _instead_of(source: str) -> str:
    """What to try for a list that is not there: often it is an id."""
    try:
        RepoRef.parse(source)
    except RefError:
        return _A_LIST
    one = "" if Path(source).exists() else f"; for one repository: trustaudit check {source}"
    return f"{_A_LIST}{one}"


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(MAX_LIST_BYTES + 1)
    with Path(source).open("rb") as file:
        return file.read(MAX_LIST_BYTES + 1)


async def _batch(request: BatchRequest, settings: Settings, listed: list[Job]) -> list[Row]:
    with request.choice.permits(settings) as permits:
        return await _listed_and_audited(request, settings, listed, permits)


async def _listed_and_audited(
    request: BatchRequest, settings: Settings, listed: list[Job], permits: Permits | None
) -> list[Row]:
    async with Hub(settings, permits=permits) as hub:
        jobs = [*listed, *[job async for job in _asked(request, hub)]]
        work = worklist(jobs, settings, adjust=request.accepted.laid_on)
        with Reuse(settings, timedelta(days=request.reuse_days)) as reuse:
            if request.dry_run:
                with opened(request.output) as write:
                    write(f"{budget(work, reuse, hub, _done(request, settings, work))}\n")
                return []
            return await _audited(request, settings, work, hub, reuse)


async def _asked(request: BatchRequest, hub: Hub) -> AsyncIterator[Job]:
    """The jobs of accounts and collections."""
    session = hub.session()
    for author in request.authors:
        count = 0
        kind = RepoType(request.kind)
        async for info in session.list_repos(kind, author=author, sort="downloads", limit=request.limit):
            count += 1
            yield _job(kind, info.id, f"--author {author}")
        if not count:
            raise UsageError(f"{author!a} has no public {kind.plural}, or there is no such account")
    for slug in request.collections:
        for found, name in await session.collection(slug):
            yield _job(found, name, f"--collection {slug}")


def _job(kind: RepoType, name: str, place: str) -> Job:
    return Job(name if kind is RepoType.MODEL else f"{kind.plural}/{name}", place=place)


async def _audited(request: BatchRequest, settings: Settings, work: Worklist, hub: Hub, reuse: Reuse) -> list[Row]:
    started = time.monotonic()
    rows: list[Row] = []
    with ExitStack() as stack:
        recorder = stack.enter_context(Recorder(settings, "batch"))
        progress = RunProgress(len(work.items), enabled=not request.quiet)
        stack.callback(progress.stop)
        write = stack.enter_context(opened(request.output))
        file, results = await _begun(request, work, _Means(settings, hub, recorder, progress, rows, reuse), stack)
        progress.start()
        async with aclosing(results):
            async for item, row in results:
                rows.append(row)
                if request.format == "jsonl":
                    write(as_json_line(await file.apart(partial(file.report, item.key))))
        progress.stop()
        _notes(hub, recorder, file)
        result = Result(rows, time.monotonic() - started, file)
        await file.apart(partial(_write_report, request, settings, work, result, write))
        if request.accepted.write_baseline is not None:
            request.accepted.store(await file.apart(lambda: [file.report(item.key) for item in work.items]))
    return rows


class _Means(Struct, frozen=True):
    """What a run is carried out with. ``rows`` are those that were told already."""

    settings: Settings
    hub: Hub
    recorder: Recorder
    progress: RunProgress
    rows: list[Row]
    reuse: Reuse

    def done(self, row: Row) -> None:
        """One more is finished."""
        self.progress.advance(counts=not row.again)


async def _begun(
    request: BatchRequest, work: Worklist, means: _Means, stack: ExitStack
) -> tuple[Kept, AsyncGenerator[tuple[Item, Row], None]]:
    """The run, and its results in the order of the list. ``stack`` closes it."""
    if request.choice.is_shared(means.settings):
        shared = await SharedRun.begun(request.choice, means.settings, work, resume=request.resume)
        stack.callback(shared.close)
        _foretell(request, work, means, frozenset(work.items[at].key for at in shared.run.done))
        return shared, shared.rows(batch_worker.work, means.done)
    file = _run_file(request, means.settings, work)
    stack.callback(lambda: file.close(finished=len(means.rows) == len(work.items)))
    _foretell(request, work, means, file.rows.keys())
    how = Run(
        means.hub,
        file,
        knowledge=Knowledge(means.settings.data_dir),
        keep=means.recorder.keep,
        done=means.done,
        reuse=means.reuse.report,
    )
    return file, run(work, how, at_once=request.jobs)


def _foretell(request: BatchRequest, work: Worklist, means: _Means, done: Collection[str]) -> None:
    """What the rest will cost, for the person who waits for it."""
    if not request.quiet:
        say(budget(work, means.reuse, means.hub, done))


def _done(request: BatchRequest, settings: Settings, work: Worklist) -> Collection[str]:
    """The keys of what the run that would be resumed has finished. Nothing is opened for writing."""
    if not request.resume:
        return ()
    if request.choice.is_shared(settings):
        return frozenset(work.items[at].key for at in SharedRun.done_so_far(settings, work))
    found = _resumed(request, settings, work)
    return () if found is None else RunFile.done_in(found)


def _resumed(request: BatchRequest, settings: Settings, work: Worklist) -> Path | None:
    path = request.run_file
    return path if path is not None and path.exists() else unfinished(settings.data_dir, work.digest)


def _run_file(request: BatchRequest, settings: Settings, work: Worklist) -> RunFile:
    """The file of this run: the named one, the unfinished one of this list, or a new one."""
    header = Header.of(work.digest, len(work.items), datetime.now(UTC))
    path = request.run_file
    if request.resume:
        found = _resumed(request, settings, work)
        if found is not None:
            file = RunFile.resume(found, automatic=path is None)
            say(f"resuming {found}: {len(file.rows):,} of {len(work.items):,} are done")
            return file
        say("nothing to resume: this list has no unfinished run; starting from the beginning")
    if path is not None:
        return RunFile.create(path, header)
    try:
        return RunFile.create(automatic_path(settings.data_dir, header), header, automatic=True)
    except StoreError as error:
        say(f"{error.what}; this run cannot be resumed (--run FILE keeps it elsewhere)")
        return RunFile.unnamed(header)


def _notes(hub: Hub, recorder: Recorder, file: Kept) -> None:
    for note in (*hub.notes, recorder.note, file.note):
        if note:
            say(note)


def _write_report(request: BatchRequest, settings: Settings, work: Worklist, result: Result, write: Write) -> None:
    style = Style.detect(to_file=request.output is not None, verbose=request.verbose, quiet=request.quiet)
    if request.format == "jsonl":
        if not request.quiet:
            sys.stderr.write(as_text(result.rows, result.seconds, Style(quiet=True)))
    elif request.format == "table":
        write(as_text(result.rows, result.seconds, style))
    else:
        policy = request.accepted.laid_on(load_policy(settings.policy))
        _write_document(request, policy, result, [item.key for item in work.items], (write, style))


def _write_document(
    request: BatchRequest, policy: Policy, result: Result, keys: Sequence[str], out: tuple[Write, Style]
) -> None:
    """JSON one report at a time; other formats need all of them at once."""
    write, style = out
    reports = (result.file.report(key) for key in keys)
    if request.format == "json":
        counts = {str(verdict): count for verdict, count in Sums.of(result.rows).verdicts.items()}
        frame = build_document((), policy).model_copy(update={"summary": counts})
        for piece in document_pieces(frame, reports):
            write(piece)
    else:
        write(render(build_document(reports, policy), request.format, style, anchors=anchors_in(request.code)))
