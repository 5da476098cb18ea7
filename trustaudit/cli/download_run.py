"""Downloading: nothing is fetched before the policy agreed, and nothing is trusted before its hash did."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from msgspec import Struct

from trustaudit.cli.exit_codes import ExitCode
from trustaudit.cli.output import say, write_text
from trustaudit.cli.verify_run import code_of, hashing
from trustaudit.collect.collector import canonical
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_async, judge
from trustaudit.errors import UsageError
from trustaudit.hub.download import Wanted, download
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.entry import Audited, unpinnable
from trustaudit.lockfile.tree import file_pins
from trustaudit.policy.model import Policy, load_policy
from trustaudit.refs import RepoRef
from trustaudit.report.build import build_document
from trustaudit.report.escape import visible
from trustaudit.report.model import Verdict
from trustaudit.report.render import Style, render
from trustaudit.settings import Settings, parse_ref
from trustaudit.store.recorder import Recorder
from trustaudit.verify.against import Pins
from trustaudit.verify.compare import compare
from trustaudit.verify.layout import Target, targets
from trustaudit.verify.words import Verified, as_text


class DownloadRequest(Struct, frozen=True):
    """One invocation of ``download``."""

    ref: str
    folder: Path | None = None
    allow_review: bool = False
    all_files: bool = False
    quiet: bool = False


def run_download(request: DownloadRequest, settings: Settings) -> ExitCode:
    """Audit, download, verify; the path on stdout is the last thing that happens."""
    _check_folder(request)
    policy = load_policy(settings.policy)
    audited = _audited(request, settings, policy)
    _show(audited, policy, request)
    refused = _refused(audited, request)
    if refused is not None:
        return refused
    wanted = _wanted(audited, request)
    path = download(wanted, settings, folder=request.folder, quiet=request.quiet)
    verified = _verified(path, wanted, audited, request)
    if code_of([verified]) is not ExitCode.OK:
        sys.stderr.write(as_text([verified], Style()))
        say(f"do not load {path}: what was downloaded is not what was audited; nothing was removed")
        return code_of([verified])
    write_text(f"{path}\n", None)
    return ExitCode.OK


def _check_folder(request: DownloadRequest) -> None:
    """A file that lay there before would be loaded with the others, and nobody audited it."""
    folder = request.folder
    if folder is not None and folder.is_dir() and any(folder.iterdir()):
        noted = folder / ".cache" / "huggingface"
        if not noted.is_dir():
            raise UsageError(f"{folder} is not empty", advice="name a new folder, or one of an earlier download")


def _audited(request: DownloadRequest, settings: Settings, policy: Policy) -> Audited:
    ref = parse_ref(request.ref, settings)
    snapshot = asyncio.run(collect_async(ref, settings=settings, plan=Plan(ruleset=ruleset_id(), fresh=True)))
    report = judge(snapshot, policy, knowledge=Knowledge(settings.data_dir))
    with Recorder(settings, "download") as recorder:
        recorder.keep(snapshot, report, policy)
    if recorder.note:
        say(recorder.note)
    return Audited(snapshot, report)


def _show(audited: Audited, policy: Policy, request: DownloadRequest) -> None:
    """The report, beside stdout: that is for the path."""
    quiet = request.quiet or audited.report.verdict is Verdict.PASS
    sys.stderr.write(render(build_document([audited.report], policy), "table", Style(quiet=quiet)))


def _refused(audited: Audited, request: DownloadRequest) -> ExitCode | None:
    """The exit code when nothing is to be downloaded."""
    verdict, load = audited.report.verdict, audited.report.safe_load
    if verdict is Verdict.BLOCK:
        say("not downloaded: the policy blocks it")
        return ExitCode.BLOCK
    if verdict is Verdict.INCOMPLETE or unpinnable(audited.snapshot):
        say(f"not downloaded: {unpinnable(audited.snapshot) or 'something the policy requires could not be seen'}")
        return ExitCode.INCOMPLETE
    if verdict is Verdict.REVIEW and not request.allow_review:
        say("not downloaded: it asks for a review; after that, --allow-review downloads it")
        return ExitCode.BLOCK
    if not load.possible and not request.all_files:
        why = visible(load.notes[0]) if load.notes else "no safe way to load it is known"
        say(f"not downloaded: {why}; --all-files downloads everything all the same")
        return ExitCode.BLOCK
    return None


def _wanted(audited: Audited, request: DownloadRequest) -> Wanted:
    snapshot, load = audited.snapshot, audited.report.safe_load
    info = snapshot.repo_info
    ref: RepoRef = canonical(snapshot.ref, info) if info else snapshot.ref
    if request.all_files:
        return Wanted(ref, snapshot.commit or "")
    return Wanted(ref, snapshot.commit or "", load.allow_patterns, load.ignore_patterns)


def _verified(path: Path, wanted: Wanted, audited: Audited, request: DownloadRequest) -> Verified:
    """The downloaded files against the listing that was audited, not against what the download claims."""
    files = file_pins(audited.snapshot.entries)
    chosen = wanted.selected([pin.path for pin in files])
    pins = Pins(wanted.ref.full_id, wanted.commit, files, "the audited listing")
    target = _target(path)
    with hashing(sum(pin.size or 0 for pin in files if pin.path in chosen), enabled=not request.quiet) as progress:
        found = compare(target, files, needed=lambda name: name in chosen, progress=progress)
    return Verified(str(path), pins, found)


def _target(path: Path) -> Target:
    return targets(path)[0]
