"""Findings about callables in pickles: one per file and callable, the worst use of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from trustaudit.checks._pickle_judgement import Assessed
from trustaudit.checks.interface import CheckMeta
from trustaudit.filefacts import PickleGlobal, Use
from trustaudit.finding import Finding, Location

MOST = 25
"""Findings per file and rule; the rest is counted, so that one hostile file cannot drown a report."""

_VERBS = {Use.CALLED: "calls", Use.BUILT: "sets the state of", Use.REFERENCED: "imports"}
LEAVE_OUT = "inference never reads this file: leave it out with ignore_patterns"


def worst_per_callable(found: Iterable[Assessed]) -> Iterator[list[Assessed]]:
    """All uses of one callable in one file, worst first; in the order of files and names."""
    groups: defaultdict[tuple[str, str], list[Assessed]] = defaultdict(list)
    for item in found:
        groups[item.file.path, item.used.qualified].append(item)
    for _, items in sorted(groups.items()):
        yield sorted(items, key=_badness, reverse=True)


def callable_findings(meta: CheckMeta, found: Iterable[Assessed], remediation: str) -> Iterator[Finding]:
    """One finding per callable and file, at most ``MOST`` per file."""
    per_file: defaultdict[str, list[list[Assessed]]] = defaultdict(list)
    for group in worst_per_callable(found):
        per_file[group[0].file.path].append(group)
    for groups in per_file.values():
        groups.sort(key=lambda group: _badness(group[0]), reverse=True)
        hidden = len(groups) - MOST
        for index, group in enumerate(groups[:MOST], start=1):
            yield _finding(meta, group, remediation, hidden if index == MOST else 0)


def verb(used: PickleGlobal) -> str:
    """What the pickle does with it, as a word."""
    return _VERBS[used.use]


def place(used: PickleGlobal) -> str:
    """Where in the file: offset, and the archive member if there is one."""
    where = f"at offset {used.offset}"
    return f"{where} of {used.member}" if used.member else where


def location(item: Assessed) -> Location:
    """The place of a callable."""
    return Location(path=item.file.path, member=item.used.member or None, offset=item.used.offset)


def _badness(item: Assessed) -> tuple[int, int, int]:
    return item.severity.rank, item.confidence.rank, -item.used.offset


def _finding(meta: CheckMeta, group: list[Assessed], remediation: str, hidden: int) -> Finding:
    item = group[0]
    used = item.used
    why = f": {item.judged.why}" if item.judged.why else ""
    more = f" (and {len(group) - 1} more uses)" if len(group) > 1 else ""
    rest = f"; {hidden} further callables are not listed" if hidden > 0 else ""
    return meta.found(
        f"{verb(used)} {used.qualified} when loaded{why}{more}{rest}",
        location=location(item),
        severity=item.severity,
        confidence=item.confidence,
        evidence=_evidence(item),
        remediation=LEAVE_OUT if item.training else remediation,
        key=used.qualified,
    )


def _evidence(item: Assessed) -> str:
    used = item.used
    call = f"{used.qualified}({used.arguments})" if used.use is Use.CALLED else used.qualified
    spelled = f", spelled {used.spelled}" if used.spelled and used.spelled != used.qualified else ""
    nested = f", nested {used.depth} deep" if used.depth else ""
    return f"{used.opcode} {call} {place(used)}{spelled}{nested}"
