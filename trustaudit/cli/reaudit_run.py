"""Running a re-audit: ask, tell, and after review write the lockfile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from trustaudit.cli.anchoring import from_here
from trustaudit.cli.batch_progress import RunProgress
from trustaudit.cli.exit_codes import ExitCode
from trustaudit.cli.lock_run import selected
from trustaudit.cli.output import say, write_text
from trustaudit.errors import UsageError
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.lockfile.afterwards import finished
from trustaudit.lockfile.as_json import as_json
from trustaudit.lockfile.as_markdown import as_markdown
from trustaudit.lockfile.as_sarif import as_sarif
from trustaudit.lockfile.drift import DriftKind
from trustaudit.lockfile.entry import entry_of, still_used, unpinnable
from trustaudit.lockfile.model import Lock, LockEntry
from trustaudit.lockfile.policies import policy_of
from trustaudit.lockfile.reading import load_lock
from trustaudit.lockfile.reaudit import Outcome, Terms, reaudit
from trustaudit.lockfile.words import as_text, entry_name
from trustaudit.lockfile.writing import save_lock
from trustaudit.report.escape import visible
from trustaudit.report.model import Verdict
from trustaudit.report.style import Style
from trustaudit.settings import Settings
from trustaudit.store.recorder import Recorder

FORMATS: Final = ("table", "json", "sarif", "markdown")


class ReauditRequest(Struct, frozen=True):
    """One invocation of ``reaudit``."""

    refs: tuple[str, ...]
    lockfile: Path
    full: bool = False
    update: bool = False
    format: str = "table"
    output: Path | None = None
    verbose: bool = False
    quiet: bool = False


def run_reaudit(request: ReauditRequest, settings: Settings) -> ExitCode:
    """Compare, report, and write the lockfile when asked to."""
    if request.format not in FORMATS:
        raise UsageError(f"no output format {request.format!a}", advice=f"one of {', '.join(FORMATS)}")
    if settings.offline:
        raise UsageError(
            "a re-audit asks the Hub, and this is offline mode", advice="trustaudit lock check works offline"
        )
    lock, held = load_lock(request.lockfile)
    entries = selected(lock, request.refs, settings)
    _warn(entries, settings)
    outcomes = asyncio.run(_compared(request, settings, entries))
    _write(request, outcomes, held or b"")
    updated = _update(request, settings, lock, held, outcomes) if request.update else frozenset()
    return _code([outcome for outcome in outcomes if outcome.entry.key not in updated])


def _warn(entries: Sequence[LockEntry], settings: Settings) -> None:
    other = [entry for entry in entries if entry.endpoint != settings.endpoint]
    if other:
        say(f"{len(other):,} of {len(entries):,} were locked from another Hub: account ids are not compared")


async def _compared(request: ReauditRequest, settings: Settings, entries: Sequence[LockEntry]) -> list[Outcome]:
    progress = RunProgress(len(entries), enabled=not request.quiet, noun="compared")
    outcomes: list[Outcome] = []
    progress.start()
    try:
        async with Hub(settings) as hub:
            with Recorder(settings, "reaudit") as recorder:
                terms = _terms(request, settings)
                async for outcome in reaudit(entries, hub, terms):
                    outcomes.append(outcome)
                    progress.advance()
                outcomes = await finished(outcomes, hub, terms)
                _keep(outcomes, recorder, settings)
            for note in (*hub.notes, recorder.note):
                if note:
                    say(note)
    finally:
        progress.stop()
    return outcomes


def _terms(request: ReauditRequest, settings: Settings) -> Terms:
    knowledge = Knowledge(settings.data_dir)
    return Terms(lambda entry: policy_of(entry, settings), knowledge, full=request.full, renew=request.update)


def _keep(outcomes: Sequence[Outcome], recorder: Recorder, settings: Settings) -> None:
    """Whole audits go into the history."""
    for outcome in outcomes:
        if outcome.audited is not None:
            policy = policy_of(outcome.entry, settings)
            recorder.keep(outcome.audited.snapshot, outcome.audited.report, policy)


def _write(request: ReauditRequest, outcomes: Sequence[Outcome], held: bytes) -> None:
    write_text(_rendered(request, outcomes, held), request.output)


def _rendered(request: ReauditRequest, outcomes: Sequence[Outcome], held: bytes) -> str:
    if request.format == "json":
        return as_json(outcomes, str(request.lockfile))
    if request.format == "sarif":
        return as_sarif(outcomes, from_here(request.lockfile), held.decode("utf-8", "replace"))
    if request.format == "markdown":
        return as_markdown(outcomes)
    style = Style.detect(to_file=request.output is not None, verbose=request.verbose, quiet=request.quiet)
    return as_text(outcomes, style)


def _update(
    request: ReauditRequest, settings: Settings, lock: Lock, held: bytes | None, outcomes: Sequence[Outcome]
) -> frozenset[tuple[str, str, str]]:
    """Pin what was reviewed; the keys of the entries that are now up to date."""
    entries: dict[tuple[str, str, str], LockEntry] = {}
    for outcome in outcomes:
        why = _refusal(outcome, named=bool(request.refs))
        if why:
            say(f"not updated: {visible(entry_name(outcome.entry))}: {why}")
        elif outcome.audited is not None:
            policy = policy_of(outcome.entry, settings)
            accepted = still_used(outcome.entry.accepted, outcome.audited.report)
            entries[outcome.entry.key] = entry_of(outcome.audited, policy, accepted)
    if entries:
        save_lock(request.lockfile, lock.without(entries).with_entries(entries.values()), expected=held)
        say(f"updated {len(entries):,} in {request.lockfile}")
    return frozenset(entries)


def _refusal(outcome: Outcome, *, named: bool) -> str:
    """Why an entry keeps its pin; empty when it may be replaced, or needs no replacing."""
    if outcome.audited is None:
        return "it was not audited anew (--full does)" if outcome.drifts or outcome.unseen else ""
    if outcome.audited.report.verdict is Verdict.BLOCK:
        return "the policy blocks it"
    if outcome.unseen:
        return "something could not be looked at"
    if not named and any(drift.kind is DriftKind.RECREATED for drift in outcome.drifts):
        return "another repository took its name; to pin that one, name it"
    return unpinnable(outcome.audited.snapshot)


def _code(outcomes: Sequence[Outcome]) -> ExitCode:
    if any(outcome.matters for outcome in outcomes):
        return ExitCode.BLOCK
    return ExitCode.INCOMPLETE if any(outcome.unseen for outcome in outcomes) else ExitCode.OK
