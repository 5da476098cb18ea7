"""Ancestor that cannot be found

## What it does
With `--lineage`, reports ancestors that do not exist (or are private), that the Hub took down, and lines that close
in a circle. What loading fetches weighs most: the base model of an adapter, a repository whose code is run. Gated
ancestors, and those that could not be asked for, are named.

## Why it matters
A name that nobody has any more can be registered by anybody. Whoever does so decides what the next
`from_pretrained` of an adapter loads underneath it.

## Example
`adapter_config.json` names `acme/base-7b`; the Hub knows no such repository.

## How to fix
Ask the publisher where the base model went, and load the adapter on top of a copy that you know and pin.

## References
- https://unit42.paloaltonetworks.com/model-namespace-reuse/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.lineage.declared import CODE, DATASET, USES
from trustaudit.lineage.ways import way_of
from trustaudit.snapshot import Ancestor, Snapshot

META = CheckMeta(
    id="missing-ancestor",
    title="Ancestor that cannot be found",
    severity=Severity.LOW,
    category=Category.INTEGRITY,
)

_GONE = frozenset({Reason.MISSING_OR_PRIVATE, Reason.DISABLED})
_LOADED = frozenset({"adapter", CODE})
_DATA = frozenset({DATASET, USES})


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """Not applicable where no ancestors were looked at: then nothing is known of them."""
    if not snapshot.lineage:
        return CheckResult.not_applicable(META.id, "no ancestors were looked at (--lineage)")
    return CheckResult.of(META.id, tuple(bounded(META, _findings(snapshot))))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for ancestor in snapshot.lineage:
        if ancestor.circular:
            yield _finding(ancestor, snapshot, "leads back to where the line has been", Severity.LOW, "circle")
        elif isinstance(ancestor.found, Unavailable):
            yield _unseen(ancestor, ancestor.found, snapshot)
        elif isinstance(ancestor.found, Known) and ancestor.found.value.disabled:
            severity = Severity.INFO if ancestor.relation in _DATA else Severity.MEDIUM
            yield _finding(ancestor, snapshot, "was taken down by the Hub", severity, "disabled")


def _unseen(ancestor: Ancestor, why: Unavailable, snapshot: Snapshot) -> Finding:
    if why.reason not in _GONE:
        return _finding(ancestor, snapshot, f"could not be looked at ({why.reason})", Severity.INFO, "unseen")
    severity = Severity.LOW
    if ancestor.relation in _LOADED and ancestor.depth == 1 and "/" in ancestor.id:  # nobody can register a bare word
        severity = Severity.MEDIUM
    elif ancestor.relation in _DATA:
        severity = Severity.INFO
    return _finding(ancestor, snapshot, "does not exist, or is private", severity, "missing")


def _finding(ancestor: Ancestor, snapshot: Snapshot, what: str, severity: Severity, key: str) -> Finding:
    return META.found(
        f"{ancestor.id} ({ancestor.relation}) {what}",
        location=Location(field="lineage"),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=f"{way_of(ancestor, snapshot)}; named in {ancestor.declared_in}",
        remediation="ask the publisher where it went; load a copy that you know, pinned" if severity.rank > 1 else "",
        key=f"{key}:{ancestor.id.casefold()}",
    )
