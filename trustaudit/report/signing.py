"""Signatures as a report shows them."""

from __future__ import annotations

from trustaudit.policy.schema import Policy
from trustaudit.provenance.signatures import Signature, signatures
from trustaudit.report.model import SignatureReport
from trustaudit.snapshot import Snapshot


def signature_reports(snapshot: Snapshot, policy: Policy) -> tuple[SignatureReport, ...]:
    """Every signature that could be read, judged by whom the policy expects."""
    return tuple(_signature(item) for item in signatures(snapshot, policy.signers.expected))


def signature_words(item: SignatureReport) -> str:
    """``model.sig by key 0ae8… · 12 of 14 files as signed · not verified: …``."""
    named = item.agreeing + item.different + item.missing + item.unknown
    extra = f", {item.unsigned:,} not signed" if item.unsigned else ""
    why = f": {item.reason}" if item.reason else ""
    return f"{item.path} by {item.signer} · {item.agreeing:,} of {named:,} files as signed{extra} · {item.state}{why}"


def _signature(item: Signature) -> SignatureReport:
    seen = item.comparison
    return SignatureReport(
        path=item.path,
        state=str(item.verification.state),
        signer=item.verification.signer,
        reason=item.problem or item.verification.why,
        agreeing=len(seen.agreeing),
        different=len(seen.different),
        missing=len(seen.missing),
        unknown=len(seen.unknown),
        unsigned=len(seen.unsigned),
    )
