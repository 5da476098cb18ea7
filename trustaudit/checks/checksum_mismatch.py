"""File with another checksum than stated

## What it does
Compares hashes that files of the repository state with those of the files: checksum lists (`SHA256SUMS`, `*.sha256`),
bills of material (CycloneDX and SPDX, JSON) and in-toto attestations (`*.intoto.jsonl`, `claims.jsonl`).
Reports files with another SHA-256 than stated, and attestations that speak of no file here. Their signatures are not
checked: they are comparisons, no proof of origin.

## Why it matters
A checksum that was right once and is not any more means that a file was replaced without the list, by somebody who
did not make the list. An attestation about something else lends its seriousness to files it never saw.

## Example
`SHA256SUMS` states `4be1…` for `model.safetensors`; the Hub lists `90f2…`.

## How to fix
Ask the publisher which is right, and use the revision before the file was replaced.

## References
- https://slsa.dev/spec/v1.0/provenance
- https://cyclonedx.org/capabilities/mlbom/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._provenance import absence, is_document
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.provenance.stated import Statement, statements
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="checksum-mismatch",
    title="File with another checksum than stated",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
    local=True,
)

_SHOWN = 16


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per differing file, one per statement that is about something else."""
    nothing = absence(META, snapshot, "checksums", "bom", "attestation")
    if nothing is not None:
        return nothing
    found = (finding for statement in statements(snapshot) for finding in _findings(statement))
    return CheckResult.of(META.id, tuple(bounded(META, found)))


def _findings(statement: Statement) -> Iterator[Finding]:
    for differing in statement.comparison.different:
        severity = Severity.LOW if is_document(differing.path) else Severity.HIGH
        evidence = f"stated {differing.stated[:_SHOWN]}…, found {differing.found[:_SHOWN]}…"
        message = f"not the file that {statement.path} ({statement.kind}) states"
        yield _finding(message, differing.path, statement.path, severity, evidence)
    if statement.about_others:
        message = "an attestation of something else: no file here has a name or hash that it speaks of"
        yield _finding(message, statement.path, "others", Severity.MEDIUM)
    elif statement.comparison.missing and statement.kind == "checksums":
        message = f"states hashes of files that are not here: {listed(statement.comparison.missing)}"
        yield _finding(message, statement.path, "missing", Severity.INFO)


def _finding(message: str, path: str, key: str, severity: Severity, evidence: str = "") -> Finding:
    return META.found(
        message,
        location=Location(path=path),
        severity=severity,
        evidence=evidence,
        remediation="ask the publisher which is right, and stay on the revision before" if severity.rank else "",
        key=key,
    )
