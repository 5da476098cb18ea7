"""What the ``lock`` commands do: audit, decide, write the lockfile as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from tabulate import tabulate

from trustaudit.batch.ordered import in_order
from trustaudit.cli.exit_codes import ExitCode
from trustaudit.cli.output import say, write_text
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_or_blind, judge
from trustaudit.errors import UsageError
from trustaudit.hub.client import Hub
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.as_json import entries_json
from trustaudit.lockfile.entry import Audited, blocking, entry_of, expired, still_used, unpinnable, with_accepted
from trustaudit.lockfile.model import AcceptedPin, Lock, LockEntry
from trustaudit.lockfile.policies import policy_of
from trustaudit.lockfile.reading import load_lock, load_or_new
from trustaudit.lockfile.words import entry_name
from trustaudit.lockfile.writing import save_lock
from trustaudit.policy.model import Policy
from trustaudit.refs import RepoRef
from trustaudit.report.build import build_document
from trustaudit.report.escape import visible
from trustaudit.report.model import Verdict
from trustaudit.report.render import Style, render
from trustaudit.settings import Settings, parse_ref
from trustaudit.snapshot import Snapshot
from trustaudit.store.recorder import Recorder

_HOLDS = timedelta(days=90)


class Acceptance(Struct, frozen=True):
    """Findings that a person accepts: named ones, or every one that blocks (``force``)."""

    fingerprints: tuple[str, ...] = ()
    force: bool = False
    reason: str = ""
    expires: date | None = None

    def check(self) -> None:
        """Nothing is accepted without a reason. Raises UsageError."""
        if (self.fingerprints or self.force) and not self.reason.strip():
            raise UsageError("--accept and --force need --reason", advice='--reason "why this is acceptable"')
        if self.expires is not None and self.expires < datetime.now(UTC).date():
            raise UsageError(f"--expires {self.expires} has passed", advice="name the last day on which it shall hold")

    def pins(self, audited: Audited, policy: Policy, today: date) -> tuple[AcceptedPin, ...]:
        """What is accepted of this audit, as the lockfile keeps it."""
        until = self.expires or today + _HOLDS
        forced = {pin.fingerprint for pin in blocking(audited.report, policy)} if self.force else set()
        wanted = forced | set(self.fingerprints)
        return tuple(
            AcceptedPin(fingerprint=item.fingerprint, rule=item.rule, reason=self.reason.strip(), expires=until)
            for item in audited.report.findings
            if item.fingerprint in wanted
        )


class LockRequest(Struct, frozen=True):
    """One invocation of ``lock add`` or ``lock upgrade``."""

    refs: tuple[str, ...]
    lockfile: Path
    acceptance: Acceptance
    allow_incomplete: bool = False
    quiet: bool = False


class Court(Struct, frozen=True):
    """By what is judged."""

    policy: Policy
    knowledge: Knowledge

    def judge(self, snapshot: Snapshot, accepted: Iterable[AcceptedPin] = ()) -> Audited:
        """The report, with these findings excepted."""
        policy = with_accepted(self.policy, snapshot.ref.full_id, accepted)
        return Audited(snapshot, judge(snapshot, policy, knowledge=self.knowledge))


class Pinned(Struct, frozen=True):
    """One repository and what became of it: an entry, or why there is none."""

    audited: Audited
    entry: LockEntry | None
    refusal: str = ""


def run_add(request: LockRequest, settings: Settings) -> ExitCode:
    """Audit, pin what the policy lets through, and write the lockfile."""
    request.acceptance.check()
    wanted = list(dict.fromkeys(parse_ref(text, settings) for text in request.refs))
    lock, held = load_or_new(request.lockfile)
    return _pin_all(request, settings, lock, held, [(ref, _known(lock, ref)) for ref in wanted])


def run_upgrade(request: LockRequest, settings: Settings) -> ExitCode:
    """The same for what is locked already, at the revision that each entry follows."""
    request.acceptance.check()
    lock, held = load_lock(request.lockfile)
    entries = selected(lock, request.refs, settings)
    return _pin_all(request, settings, lock, held, [(entry.ref, entry) for entry in entries])


def run_remove(refs: Sequence[str], lockfile: Path, settings: Settings) -> None:
    """Take entries out. Raises UsageError for one that is not there."""
    lock, held = load_lock(lockfile)
    entries = selected(lock, refs, settings)
    save_lock(lockfile, lock.without(entry.key for entry in entries), expected=held)
    for entry in entries:
        say(f"removed {visible(entry_name(entry))}")


def run_list(lockfile: Path, output_format: str) -> None:
    """Print the entries."""
    lock, _ = load_lock(lockfile)
    if output_format == "json":
        write_text(entries_json(lock.repository), None)
    elif output_format == "table":
        rows = [_row(entry) for entry in lock.repository]
        headers = ("repository", "commit", "verdict", "score", "audited", "files")
        write_text(tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True) + "\n", None)
    else:
        raise UsageError(f"no output format {output_format!a}", advice="one of table, json")


def run_check(lockfiles: Iterable[Path]) -> ExitCode:
    """Whether lockfiles hold, without asking anybody. Raises LockError for one that is not well formed."""
    today = datetime.now(UTC).date()
    code = ExitCode.OK
    for path in lockfiles:
        lock, _ = load_lock(path)
        problems = [problem for entry in lock.repository for problem in _problems(entry, today)]
        for problem in problems:
            say(f"{path}: {visible(problem)}")
        if problems:
            code = ExitCode.BLOCK
        else:
            say(f"{path}: holds, {len(lock.repository):,} locked")
    return code


def selected(lock: Lock, refs: Sequence[str], settings: Settings) -> tuple[LockEntry, ...]:
    """The entries that these references mean; all of them when none is named. Raises UsageError."""
    if not refs:
        return lock.repository
    found: dict[tuple[str, str, str], LockEntry] = {}
    for text in refs:
        matching = lock.matching(parse_ref(text, settings))
        if not matching:
            raise UsageError(f"{text!a} is not in the lockfile", advice="trustaudit lock list shows what is")
        found.update({entry.key: entry for entry in matching})
    return tuple(found.values())


def _known(lock: Lock, ref: RepoRef) -> LockEntry | None:
    """What is locked already of a reference that is to be added."""
    wanted = ref.revision or "main"
    return next((entry for entry in lock.matching(ref.at(None)) if entry.revision == wanted), None)


def _problems(entry: LockEntry, today: date) -> list[str]:
    name = entry_name(entry)
    late = expired(entry, today)
    problems = [f"{name}: the exception for {pin.rule} expired on {pin.expires}: {pin.reason}" for pin in late]
    if entry.verdict is Verdict.BLOCK:
        problems.append(f"{name}: is blocked by policy {entry.policy}")
    return problems


def _row(entry: LockEntry) -> tuple[str, str, str, str, str, str]:
    score = "-" if entry.score is None else str(entry.score)
    day = entry.audited.date().isoformat()
    return visible(entry_name(entry)), entry.commit[:7], str(entry.verdict), score, day, str(len(entry.files))


def _pin_all(
    request: LockRequest,
    settings: Settings,
    lock: Lock,
    held: bytes | None,
    wanted: Sequence[tuple[RepoRef, LockEntry | None]],
) -> ExitCode:
    pinned = asyncio.run(_collected(request, settings, wanted))
    entries = [item.entry for item in pinned if item.entry is not None]
    if entries:
        save_lock(request.lockfile, lock.with_entries(entries), expected=held)
    _tell(request, settings, pinned)
    return _code(pinned)


async def _collected(
    request: LockRequest, settings: Settings, wanted: Sequence[tuple[RepoRef, LockEntry | None]]
) -> list[Pinned]:
    async with Hub(settings) as hub:
        with Recorder(settings, "lock") as recorder:
            pinned = [item async for item in _each(request, settings, hub, recorder, wanted)]
        for note in (*hub.notes, recorder.note):
            if note:
                say(note)
    return pinned


async def _each(
    request: LockRequest,
    settings: Settings,
    hub: Hub,
    recorder: Recorder,
    wanted: Sequence[tuple[RepoRef, LockEntry | None]],
) -> AsyncIterator[Pinned]:
    knowledge = Knowledge(settings.data_dir)

    async def one(item: tuple[RepoRef, LockEntry | None]) -> Pinned:
        ref, known = item
        snapshot = await collect_or_blind(
            ref, hub, Plan(ruleset=ruleset_id(), refs=True, fresh=True), requested=str(ref)
        )
        court = Court(policy_of(known, settings), knowledge)
        pinned = _decided(request, snapshot, court, known)
        recorder.keep(snapshot, pinned.audited.report, court.policy)
        return pinned

    async for pinned in in_order(wanted, one):
        yield pinned


def _decided(request: LockRequest, snapshot: Snapshot, court: Court, known: LockEntry | None) -> Pinned:
    """The entry, when the policy lets the repository through; what was accepted before still is, until its day."""
    today = snapshot.collected_at.date()
    audited = court.judge(snapshot)
    accepted = {pin.fingerprint: pin for pin in (known.accepted if known else ()) if pin.expires >= today}
    accepted.update({pin.fingerprint: pin for pin in request.acceptance.pins(audited, court.policy, today)})
    if accepted:
        audited = court.judge(snapshot, accepted.values())
    refusal = unpinnable(snapshot) or _refusal(request, audited)
    entry = None if refusal else entry_of(audited, court.policy, still_used(accepted.values(), audited.report))
    return Pinned(audited, entry, refusal)


def _refusal(request: LockRequest, audited: Audited) -> str:
    verdict = audited.report.verdict
    if verdict is Verdict.BLOCK:
        return "the policy blocks it"
    if verdict is Verdict.INCOMPLETE and not request.allow_incomplete:
        return "something the policy requires could not be seen (--allow-incomplete locks it all the same)"
    return ""


def _tell(request: LockRequest, settings: Settings, pinned: Sequence[Pinned]) -> None:
    """The report on stdout, whole for what was refused and a line for what was locked; what was done on stderr.

    With ``quiet``, a line for each of them, and on stderr what was refused.
    """
    policy = policy_of(None, settings)
    for locked in (False, True):
        reports = [item.audited.report for item in pinned if (item.entry is not None) is locked]
        if reports:
            style = replace(Style.detect(), quiet=locked or request.quiet)
            write_text(render(build_document(reports, policy), "table", style), None)
    for item in pinned:
        name = visible(f"{item.audited.snapshot.ref}")
        if item.entry is None:
            say(f"not locked: {name}: {item.refusal}{_fingerprints(item, settings)}")
        elif not request.quiet:
            say(f"locked {name} at {item.entry.commit[:7]}, {len(item.entry.files):,} files, in {request.lockfile}")


def _fingerprints(item: Pinned, settings: Settings) -> str:
    """How to accept what blocks, for those who know why."""
    pins = blocking(item.audited.report, policy_of(None, settings))
    listed = "".join(f"\n  --accept {pin.fingerprint}  {pin.severity} {pin.rule}" for pin in pins)
    return f"; to accept, with --reason:{listed}" if listed and item.audited.report.verdict is Verdict.BLOCK else ""


def _code(pinned: Sequence[Pinned]) -> ExitCode:
    refused = [item for item in pinned if item.entry is None]
    if any(item.audited.report.verdict is Verdict.BLOCK for item in refused):
        return ExitCode.BLOCK
    return ExitCode.INCOMPLETE if refused else ExitCode.OK
