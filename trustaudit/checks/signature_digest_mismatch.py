"""File that is not the one that was signed

## What it does
Compares every hash inside a signature with the file it is about: SHA-256 of large files as the Hub lists them, small
files fetched and hashed. Recomputes the digest over all entries. Reports files with another hash than the signed one,
manifests that contradict themselves, and signed files that are not there. No weights are downloaded for this.

## Why it matters
This is what signing is for: whoever can replace a file cannot make the publisher's signature over it. A card that was
edited after signing is an everyday matter and weighs less.

## Example
`model.sig` signs `model.safetensors` as `4be1…`; the Hub lists `90f2…`.

## How to fix
Do not load it. Use the revision that was signed, or ask the publisher to sign the new one.

## References
- https://github.com/ossf/model-signing-spec
- https://github.com/sigstore/model-transparency
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._provenance import is_document, judged
from trustaudit.checks._text import bounded, listed
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.provenance.signatures import Signature
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="signature-digest-mismatch",
    title="File that is not the one that was signed",
    severity=Severity.CRITICAL,
    category=Category.INTEGRITY,
    local=True,
)

_SHOWN = 16


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """One finding per differing file, one for what is missing, one per contradiction."""
    return judged(META, snapshot, context, lambda found: bounded(META, _findings(found)))


def _findings(found: tuple[Signature, ...]) -> Iterator[Finding]:
    for signature in found:
        for problem in signature.manifest.problems if signature.manifest else ():
            yield _finding(f"the signed list contradicts itself: {problem}", signature.path, problem)
        for differing in signature.comparison.different:
            severity = Severity.MEDIUM if is_document(differing.path) else Severity.CRITICAL
            evidence = f"signed {differing.stated[:_SHOWN]}…, found {differing.found[:_SHOWN]}…"
            message = f"this is not the file that {signature.path} signs"
            yield _finding(message, differing.path, signature.path, severity, evidence)
        yield from _not_compared(signature)
        if signature.comparison.missing:
            missing = signature.comparison.missing
            message = f"signed and not in the repository: {listed(missing)}"
            yield _finding(message, signature.path, "missing", Severity.MEDIUM)


def _not_compared(signature: Signature) -> Iterator[Finding]:
    """What could not be looked at is no agreement."""
    unknown = signature.comparison.unknown
    if signature.manifest and signature.manifest.incomparable:
        message = f"its digests cannot be compared with the files: {signature.manifest.incomparable}"
        yield _finding(message, signature.path, "incomparable", Severity.INFO)
    elif unknown:
        message = f"signed and not compared: {listed(f'{path} ({why})' for path, why in unknown)}"
        yield _finding(message, signature.path, "not compared", Severity.LOW)


def _finding(message: str, path: str, key: str, severity: Severity = Severity.CRITICAL, evidence: str = "") -> Finding:
    return META.found(
        message,
        location=Location(path=path),
        severity=severity,
        evidence=evidence,
        remediation="use the revision that was signed, or ask the publisher to sign this one",
        key=key,
    )
