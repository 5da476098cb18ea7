"""The audits of ``check``: the first question leaves before most of the program is loaded.

What reads answers, judges and reports is loaded while they travel; a fresh process needs 0.4 s of
CPU time for it, as long as four round trips take.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from trustaudit.cli.accepted import NOTHING_ACCEPTED
from trustaudit.cli.output import say, write_text
from trustaudit.cli.progress import Progress
from trustaudit.errors import UsageError
from trustaudit.hub.client import Hub
from trustaudit.settings import Settings, parse_ref
from trustaudit.spare_time import SENT, beside, load_all, modules

if TYPE_CHECKING:
    from trustaudit.cli.run import Request
    from trustaudit.engine import Depth
    from trustaudit.policy.model import Policy
    from trustaudit.refs import RepoRef
    from trustaudit.report.model import TrustReport
    from trustaudit.snapshot import Snapshot
    from trustaudit.store.recorder import Recorder

AHEAD = 4
"""Repositories that are asked for at once; of more, the others follow a moment later."""

FIRST = (
    *(f"trustaudit.{name}" for name in ("finding", "filefacts", "snapshot", "hub.wire", "collect.collector")),
    *(f"trustaudit.{name}" for name in ("policy.baseline", "policy.schema", "engine")),
)
"""Modules that the first answer needs, and those that put an audit together; large ones by themselves."""

LAST = ("trustaudit.store.recorder", "trustaudit.report.render", "tabulate", "trustaudit.report.as_table")
"""Modules that the end of a run needs."""

LATER = 0.2
"""Seconds after which they are loaded: what reads files and judges is needed sooner."""


class Chosen:
    """The policy. What the user wrote is read before the first request: a misread file costs nothing."""

    def __init__(self, request: Request, settings: Settings) -> None:
        self._request, self._settings = request, settings
        if settings.policy != Settings().policy or request.accepted != NOTHING_ACCEPTED:
            _ = self.policy

    @cached_property
    def policy(self) -> Policy:
        """Raises PolicyError and FileInputError."""
        from trustaudit.policy.model import load_policy

        return self._request.accepted.laid_on(load_policy(self._settings.policy))


def collect(request: Request, settings: Settings, chosen: Chosen) -> tuple[list[TrustReport], bool]:
    """The reports, and whether Ctrl-C ended the run before all were there."""
    run = _Run(request, settings, chosen)
    try:
        asyncio.run(run.audit())
    except KeyboardInterrupt:
        say("interrupted; what follows is what is known so far")
    finally:
        run.progress.stop()
    return run.reports, len(run.reports) < len(request.refs)


class _Run:
    """One run of ``check``. Raises UsageError for a reference that is none, before anything is asked."""

    def __init__(self, request: Request, settings: Settings, chosen: Chosen) -> None:
        self._request, self._settings, self._chosen = request, settings, chosen
        self._refs = [parse_ref(text, settings) for text in request.refs]
        self._depth = _compared(self._refs[0], request) if request.previous else None
        self._seen: Snapshot | None = None
        self.progress = Progress(total=len(request.refs), enabled=not request.quiet)
        self.reports: list[TrustReport] = []

    async def audit(self) -> None:
        """All of them, in order; what is finished is in ``reports``."""
        async with Hub(self._settings) as hub, beside(modules(*LAST), after=LATER):
            for ref in self._refs[:AHEAD]:
                hub.ask_ahead(ref)
            await asyncio.sleep(SENT)
            await load_all(modules(*FIRST))
            self.progress.start()
            recorder = await self._audit(hub)
            for note in filter(None, (*hub.notes, recorder.note if recorder else "")):
                say(note)

    async def _audit(self, hub: Hub) -> Recorder | None:
        from trustaudit.engine import Depth, audit_many_async

        recorder: Recorder | None = None
        with ExitStack() as stack:
            audits = audit_many_async(
                self._request.refs,
                policy=self._chosen.policy,
                settings=self._settings,
                hub=hub,
                on_snapshot=self._save,
                depth=self._depth or Depth(lineage=self._request.lineage),
            )
            async for report in audits:
                self.reports.append(report)
                recorder = recorder or stack.enter_context(_recorder(self._settings))
                if self._seen is not None:
                    recorder.keep(self._seen, report, self._chosen.policy)
                self.progress.advance(report.repo.id)
        return recorder

    def _save(self, snapshot: Snapshot) -> None:
        self._seen = snapshot
        if self._request.save_snapshot is not None:
            write_text(snapshot.to_json(), self._request.save_snapshot)


def _compared(ref: RepoRef, request: Request) -> Depth:
    """How deep to look, with the earlier snapshot. Raises UsageError when that is of another repository."""
    from trustaudit.engine import Depth, load_snapshot

    previous = load_snapshot(request.previous) if request.previous else None
    if previous is not None and previous.ref.full_id.casefold() != ref.full_id.casefold():
        raise UsageError(f"--previous is a snapshot of {previous.ref.full_id!a}, and REF is {ref.full_id!a}")
    return Depth(lineage=request.lineage, previous=previous)


def _recorder(settings: Settings) -> Recorder:
    """Imported when there is something to keep: the first question to the Hub does not wait for it."""
    from trustaudit.store.recorder import Recorder

    return Recorder(settings, "check")
