"""Two audits of one repository: what differs in files, findings and conclusions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from trustaudit.errors import UsageError
from trustaudit.facts import value_of
from trustaudit.lockfile.drift import change_lines, publisher_drifts
from trustaudit.lockfile.entry import publisher_pin
from trustaudit.lockfile.tree import TreeChange, file_pins, tree_change
from trustaudit.report.model import ReportedFinding, TrustReport
from trustaudit.report.words import place
from trustaudit.store.history import Audit, AuditRow

_SHORTEST = 4


class AuditDiff(Struct, frozen=True):
    """What changed from one audit to the other. ``files`` is None when one of them saw no list of files."""

    files: TreeChange | None
    appeared: tuple[ReportedFinding, ...]
    gone: tuple[ReportedFinding, ...]
    publisher: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.files or self.appeared or self.gone or self.publisher)


def diff(before: Audit, after: Audit) -> AuditDiff:
    """The difference of two audits."""
    old, new = _by_fingerprint(before.report), _by_fingerprint(after.report)
    return AuditDiff(
        files=_files(before, after),
        appeared=tuple(new[key] for key in new if key not in old),
        gone=tuple(old[key] for key in old if key not in new),
        publisher=tuple(_publisher(before, after)),
    )


def _by_fingerprint(report: TrustReport) -> dict[str, ReportedFinding]:
    return {item.fingerprint: item for item in (*report.findings, *report.suppressed)}


def _files(before: Audit, after: Audit) -> TreeChange | None:
    old, new = value_of(before.snapshot.files), value_of(after.snapshot.files)
    if old is None or new is None:
        return None
    return tree_change(file_pins(old.entries), file_pins(new.entries))


def _publisher(before: Audit, after: Audit) -> Iterator[str]:
    old = publisher_pin(value_of(before.snapshot.publisher))
    if old is not None:
        yield from (drift.message for drift in publisher_drifts(old, after.snapshot.publisher))


def chosen(rows: Sequence[AuditRow], name: str) -> AuditRow:
    """The audit a person means, of rows newest first: ``latest``, ``first``, the start of its id or of its commit,
    or a day (the last audit up to its end). Raises UsageError.
    """
    if not rows:
        raise UsageError("this repository is not in the history", advice="trustaudit check it first")
    if name in ("latest", "first"):
        return rows[0] if name == "latest" else rows[-1]
    if _is_dated(name) and not _is_day(name):
        raise UsageError(f"{name!a} is no day", advice="write it as 2026-11-22")
    fitting = [row for row in rows if _fits(row, name)]
    if not fitting:
        raise UsageError(f"no audit fits {name!a}", advice="trustaudit history REPO lists ids, commits and days")
    return fitting[0]


def _is_dated(name: str) -> bool:
    return len(name) == len("2026-11-22") and name[4:8:3] == "--"


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def _fits(row: AuditRow, name: str) -> bool:
    if _is_dated(name):
        return row.audited_at[:10] <= name
    return len(name) >= _SHORTEST and (row.id.startswith(name) or (row.commit or "").startswith(name))


def lines(found: AuditDiff) -> Iterator[str]:
    """The difference, a line per thing, not yet escaped."""
    yield from (f"publisher: {text}" for text in found.publisher)
    yield from change_lines(found.files) if found.files else ()
    if found.files is None:
        yield "files: one of the audits saw no list of files"
    yield from (f"+ {_finding(item)}" for item in found.appeared)
    yield from (f"- {_finding(item)}" for item in found.gone)


def _finding(item: ReportedFinding) -> str:
    return f"{item.severity}  {item.rule}  {place(item.location)}: {item.message}"
