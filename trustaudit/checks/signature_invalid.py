"""Signature that does not hold

## What it does
Checks the cryptographic signature of `model.sig` and other Sigstore bundles over what they sign: by the public keys
and certificates that the policy expects (`[signers]`), and by the key or certificate that the bundle itself brings.
Reports signatures that this key did not make, and a `model.sig` that is no signature at all. No weights are needed.
Without the extra `trustaudit[sign]` signatures are compared, not verified.

## Why it matters
A signature that does not verify was changed after signing, or never was one: it is there to look like one.

## Example
`model.sig` names the key `0ae83901…`, which the policy expects; the signature inside is not by that key.

## How to fix
Ask the publisher for a new signature over a channel you trust, and do not load the files before.

## References
- https://github.com/ossf/model-signing-spec
- https://docs.sigstore.dev/about/bundle/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._provenance import judged
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.provenance.signatures import Signature
from trustaudit.provenance.verify import State
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="signature-invalid",
    title="Signature that does not hold",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
    local=True,
)


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """One finding per signature file that does not hold."""
    return judged(META, snapshot, context, lambda found: bounded(META, _findings(found)))


def _findings(found: tuple[Signature, ...]) -> Iterator[Finding]:
    for signature in found:
        if signature.verification.state is State.INVALID:
            message = f"the signature does not hold: {signature.verification.why}"
            yield _finding(signature, message, Severity.HIGH)
        elif signature.problem:
            message = f"it cannot be compared with the files: {signature.problem}"
            yield _finding(signature, message, Severity.MEDIUM if signature.is_of_the_model else Severity.INFO)


def _finding(signature: Signature, message: str, severity: Severity) -> Finding:
    return META.found(
        message,
        location=Location(path=signature.path),
        severity=severity,
        evidence=f"signed by {signature.verification.signer}" if signature.verification.signer else "",
        remediation="ask the publisher for a signature that holds" if severity.rank else "",
    )
