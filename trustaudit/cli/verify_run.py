"""Verifying: find the folders, find what they should hold, hash, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from trustaudit.cli.exit_codes import ExitCode
from trustaudit.cli.output import write_text
from trustaudit.errors import HubError, UsageError
from trustaudit.hub.client import Hub
from trustaudit.report.style import Style
from trustaudit.settings import Settings
from trustaudit.verify.against import Against, Choice, Pins
from trustaudit.verify.compare import compare
from trustaudit.verify.layout import Target, targets
from trustaudit.verify.words import Verified, as_json, as_text


class VerifyRequest(Struct, frozen=True):
    """One invocation of ``verify``."""

    path: Path
    lockfile: Path | None = None
    ref: str | None = None
    partial: bool = False
    format: str = "table"
    output: Path | None = None
    verbose: bool = False
    quiet: bool = False


def run_verify(request: VerifyRequest, settings: Settings) -> ExitCode:
    """Compare every folder below the path and report."""
    if request.format not in ("table", "json"):
        raise UsageError(f"no output format {request.format!a}", advice="one of table, json")
    found = targets(request.path)
    if request.ref and len(found) > 1:
        raise UsageError(f"--ref is one repository, and {request.path} holds {len(found)}", advice="name one folder")
    against = Against(Choice(request.lockfile, request.ref), settings)
    expected = _expected(found, against, settings)
    with hashing(sum(_size(pins) for pins in expected), enabled=not request.quiet) as progress:
        verified = [_verified(target, pins, request, progress) for target, pins in zip(found, expected, strict=True)]
    style = Style.detect(to_file=request.output is not None, verbose=request.verbose, quiet=request.quiet)
    write_text(as_json(verified) if request.format == "json" else as_text(verified, style), request.output)
    return code_of(verified)


def code_of(verified: Sequence[Verified]) -> ExitCode:
    """1 for any difference, 3 when something could not be compared, else 0."""
    words = {item.word for item in verified}
    if "DIFFERENT" in words:
        return ExitCode.BLOCK
    return ExitCode.INCOMPLETE if "UNSURE" in words else ExitCode.OK


def _expected(found: Sequence[Target], against: Against, settings: Settings) -> list[Pins | str]:
    """The pins of each folder, or why there are none. The Hub is asked only where the lockfile has no answer."""
    pins: list[Pins | str | None] = [against.locked(target) for target in found]
    if None not in pins:
        return [item for item in pins if item is not None]
    return asyncio.run(_asked(found, pins, against, settings))


async def _asked(
    found: Sequence[Target], pins: Sequence[Pins | str | None], against: Against, settings: Settings
) -> list[Pins | str]:
    async with Hub(settings) as hub:
        return [known or await _listed(target, against, hub) for target, known in zip(found, pins, strict=True)]


async def _listed(target: Target, against: Against, hub: Hub) -> Pins | str:
    try:
        return await against.listed(target, hub.session())
    except HubError as error:
        return f"{error.what} ({error.reason})"


def _size(pins: Pins | str) -> int:
    return sum(pin.size or 0 for pin in pins.files) if isinstance(pins, Pins) else 0


def _verified(target: Target, pins: Pins | str, request: VerifyRequest, progress: Callable[[int], None]) -> Verified:
    path = str(target.root)
    if isinstance(pins, str):
        return Verified(path, problem=f"nothing to compare with: {pins}")
    return Verified(path, pins, compare(target, pins.files, needed=lambda _: not request.partial, progress=progress))


@contextmanager
def hashing(total: int, *, enabled: bool) -> Iterator[Callable[[int], None]]:
    """A bar of bytes on a terminal; called from several threads."""
    import sys

    if not enabled or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("hashing"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)
