"""Who signed

## What it does
Says by whom a repository is signed, and whether that is somebody the policy expects (`[signers] expected`: public
keys and certificates in PEM, or names of identities). A signer that the policy does not expect is reported. "Signed
by X" is never "trusted" by itself: without an expectation it is a note, and a name inside a certificate that nobody
vouches for is only a name. Certificates of Sigstore's public authority are read, not checked against its roots.

## Why it matters
Anybody can sign anything. A valid signature by a stranger over swapped files is as valid as the publisher's over the
real ones.

## Example
The policy expects `release@acme.example`; `model.sig` is signed by `mallory@example.net`.

## How to fix
Find out over another channel by whom the publisher signs, and put that into the policy.

## References
- https://github.com/ossf/model-signing-spec
- https://docs.sigstore.dev/cosign/verifying/verify/ (identity and issuer)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._provenance import judged
from trustaudit.checks._text import bounded, shortened
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Finding, Location, Outcome, Severity
from trustaudit.provenance.signatures import Signature
from trustaudit.provenance.verify import NEEDS_EXTRA, State
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="signature-identity",
    title="Who signed",
    severity=Severity.HIGH,
    category=Category.INTEGRITY,
    local=True,
)

_UNABLE = Unavailable(reason=Reason.NOT_IMPLEMENTED, detail=NEEDS_EXTRA)


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """One finding per signature. What a policy expects and nobody can check is unavailable, not fine."""
    expected = bool(context.options.expected_signers)
    unable: list[str] = []

    def judge(found: tuple[Signature, ...]) -> Iterator[Finding]:
        unable.extend(signature.path for signature in found if signature.verification.unable)
        for signature in found:
            if signature.verification.state is not State.INVALID and signature.manifest is not None:
                yield _finding(signature, expected=expected)

    result = judged(META, snapshot, context, lambda found: bounded(META, judge(found)))
    blind = expected and unable and result.outcome in (Outcome.PASS, Outcome.FINDING)
    return CheckResult.unavailable(META.id, _UNABLE) if blind else result


def _finding(signature: Signature, *, expected: bool) -> Finding:
    seen = signature.verification
    who = shortened(seen.signer)
    if seen.state is State.VERIFIED:
        return _said(signature, f"signed by {who}, as the policy expects", Severity.INFO)
    if seen.state is State.UNEXPECTED:
        return _said(signature, f"signed by {who}, whom the policy does not expect", Severity.HIGH)
    severity = Severity.MEDIUM if expected else Severity.INFO
    return _said(signature, f"signed in the name of {who}; not verified: {seen.why}", severity)


def _said(signature: Signature, message: str, severity: Severity) -> Finding:
    return META.found(
        message,
        location=Location(path=signature.path),
        severity=severity,
        evidence=signature.comparison.counted,
        remediation="find out over another channel by whom the publisher signs" if severity.rank else "",
    )
