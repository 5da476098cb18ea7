"""Finding of an ancestor

## What it does
With `--lineage`, repeats the worst finding of every ancestor, one level lower for each generation in between, with
the way it came. Findings below high are not inherited. An ancestor whose own audit was incomplete says nothing.

## Why it matters
A quantization or an adapter is made of its parent's weights, and an adapter loads its parent. What is wrong with the
parent may be wrong with the child, although the child's own files look clean.

## Example
`org/adapter ← org/model-awq ← someone/model`: a pickle of `someone/model` calls `os.system` (critical there), which is
medium here.

## How to fix
Read the report of the ancestor (`trustaudit check <ancestor>`), and use a model of another line if it holds.

## References
- https://arxiv.org/abs/2409.10472 (how models on the Hub descend from each other)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._text import bounded, shortened
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.lineage.declared import DATASET, USES
from trustaudit.lineage.ways import way_of
from trustaudit.snapshot import Ancestor, AncestorFinding, Snapshot

META = CheckMeta(
    id="inherited-finding",
    title="Finding of an ancestor",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
)

_NOT_PART_OF_IT = frozenset({DATASET, USES})


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """Not applicable where no ancestors were looked at."""
    if not snapshot.lineage:
        return CheckResult.not_applicable(META.id, "no ancestors were looked at (--lineage)")
    return CheckResult.of(META.id, tuple(bounded(META, _findings(snapshot))))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    told: set[str] = set()
    for ancestor in snapshot.lineage:
        worst = next(iter(ancestor.findings), None)
        if worst is None or ancestor.relation in _NOT_PART_OF_IT or ancestor.id.casefold() in told:
            continue
        if worst.severity.rank >= Severity.HIGH.rank:
            told.add(ancestor.id.casefold())
            yield _inherited(ancestor, worst, snapshot)


def _inherited(ancestor: Ancestor, worst: AncestorFinding, snapshot: Snapshot) -> Finding:
    others = len(ancestor.findings) - 1
    more = f", and {others} more" if others else ""
    return META.found(
        f"{ancestor.id}: {shortened(worst.message)}",
        location=Location(field="lineage"),
        severity=worst.severity.lowered(ancestor.depth),
        confidence=worst.confidence,
        evidence=f"{way_of(ancestor, snapshot)}; {worst.rule}, {worst.severity} there{more}; {ancestor.relation}",
        remediation=f"read the report of {ancestor.id}",
        key=f"{ancestor.id.casefold()}:{worst.rule}",
    )
