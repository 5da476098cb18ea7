"""What ``lineage`` and ``affected`` do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer
from msgspec import Struct
from tabulate import tabulate

from trustaudit.cli.exit_codes import ExitCode
from trustaudit.cli.output import say, write_text
from trustaudit.engine import Depth, audit_many_async, load_snapshot
from trustaudit.errors import FileInputError, StoreError
from trustaudit.hub.client import Hub
from trustaudit.lineage.edges import Descendant, Descent, descendants, descents_of
from trustaudit.lockfile.model import DEFAULT_NAME
from trustaudit.lockfile.reading import load_lock
from trustaudit.policy.model import Policy, load_policy
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import visible
from trustaudit.report.lineage_graph import lineage_text
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings, parse_ref
from trustaudit.snapshot import Snapshot
from trustaudit.store.history import History
from trustaudit.store.place import history_database
from trustaudit.store.recorder import Recorder

_SHORT = 7
_SHOWN = 5


def run_lineage(refs: tuple[str, ...], depth: int, output_format: str, output: Path | None, settings: Settings) -> bool:
    """Audit with ancestors and write the graph; whether every REF could be seen."""
    for text in refs:
        parse_ref(text, settings)
    reports = asyncio.run(_audited(refs, depth, load_policy(settings.policy), settings))
    write_text(lineage_text(reports, output_format), output)
    return all(report.repo.commit is not None for report in reports)


async def _audited(refs: tuple[str, ...], depth: int, policy: Policy, settings: Settings) -> list[TrustReport]:
    seen: list[Snapshot] = []
    reports: list[TrustReport] = []
    async with Hub(settings) as hub:
        with Recorder(settings, "lineage") as recorder:
            audits = audit_many_async(
                refs, policy=policy, settings=settings, hub=hub, on_snapshot=seen.append, depth=Depth(lineage=depth)
            )
            async for report in audits:
                reports.append(report)
                recorder.keep(seen[-1], report, policy)
        for note in filter(None, (*hub.notes, recorder.note)):
            say(note)
    return reports


class Sources(Struct, frozen=True):
    """Where to look besides the memory of this machine. Without lockfiles, ``trustaudit.lock`` where there is one."""

    snapshots: tuple[Path, ...] = ()
    lockfiles: tuple[Path, ...] = ()


def run_affected(ref: str, sources: Sources, output_format: str, settings: Settings) -> None:
    """Everything known that descends from a repository, nearest first. Exit code 3 when something could not be read."""
    target = parse_ref(ref, settings).full_id
    default = Path(DEFAULT_NAME)
    locked = _locked(sources.lockfiles or ((default,) if default.is_file() else ()))
    read = [_remembered(settings), *(_descents(path) for path in _files(sources.snapshots))]
    known = [descent for descents in read for descent in descents or ()]
    rows = [_row(item, locked) for item in descendants(target, known)]
    _tell_unknown(locked, known)
    told = {"repository": target, "affected": rows}
    write_text(dumps(told) if output_format == "json" else _table(rows, target), None)
    if None in read:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _tell_unknown(locked: dict[str, str], known: Iterable[Descent]) -> None:
    """A locked repository whose parents nobody has looked up is not one without parents."""
    unknown = sorted(locked.keys() - {descent.id.casefold() for descent in known})
    if unknown:
        shown = ", ".join(visible(name) for name in unknown[:_SHOWN])
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        say(f"locked and never audited here, so their parents are not known: {shown}{more}")


def _remembered(settings: Settings) -> tuple[Descent, ...] | None:
    """What the history knows; None when it cannot be read."""
    try:
        with history_database(settings, create=False) as connection:
            return History(connection).descents()
    except StoreError as error:
        say(f"{error.what}: what it knows is missing here")
        return None


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Snapshot files, and those inside folders. Raises FileInputError for what is not there."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.json"))
        elif path.is_file():
            yield path
        else:
            raise FileInputError(f"{path} does not exist", advice="name a saved snapshot, or a folder of them")


def _descents(path: Path) -> tuple[Descent, ...] | None:
    """What a snapshot knows; None when it cannot be read."""
    try:
        return tuple(descents_of(load_snapshot(path)))
    except FileInputError as error:
        say(f"{path.name} is left out: {error.what}")
        return None


def _locked(paths: Iterable[Path]) -> dict[str, str]:
    """The lockfile of every locked id, casefolded."""
    return {entry.ref.full_id.casefold(): str(path) for path in paths for entry in load_lock(path)[0].repository}


def _row(item: Descendant, locked: dict[str, str]) -> dict[str, str | None]:
    descent = item.descent
    return {
        "repository": descent.id,
        "relation": item.relation,
        "made_from": " ← ".join(reversed(item.way[:-1])),
        "commit": descent.commit,
        "audited": descent.seen_at.date().isoformat() if descent.audited else None,
        "locked_in": locked.get(descent.id.casefold()),
    }


def _table(rows: list[dict[str, str | None]], target: str) -> str:
    if not rows:
        return f"nothing that was audited or locked here is known to descend from {visible(target)}\n"
    shown = ("repository", "relation", "made_from", "commit", "audited", "locked_in")
    cells = [[visible(row[name] or "-")[: _SHORT if name == "commit" else None] for name in shown] for row in rows]
    headers = ("repository", "relation", "made from", "commit", "audited", "locked in")
    return tabulate(cells, headers=headers, tablefmt="plain", disable_numparse=True) + "\n"
