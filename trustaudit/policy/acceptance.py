"""What the user knows already, applied: a baseline first, then VEX statements. The last word counts."""

from __future__ import annotations

from collections.abc import Sequence

from trustaudit.finding import Finding
from trustaudit.policy.baseline import REASON, Known
from trustaudit.policy.exemptions import Exempted
from trustaudit.policy.schema import Policy
from trustaudit.policy.vex import Statement
from trustaudit.snapshot import Snapshot


def accepted(
    findings: Sequence[Finding], snapshot: Snapshot, policy: Policy
) -> tuple[list[Finding], list[Exempted], list[str]]:
    """Findings that stay in the verdict, those that leave it and why, and a note for what was of no use."""
    known = Known(policy.baseline, snapshot)
    said = [item for item in policy.statements if item.about(snapshot)]
    kept: list[Finding] = []
    out: list[Exempted] = []
    used: set[Statement] = set()
    for finding in findings:
        stated = [item for item in said if item.covers(finding, snapshot.ref.full_id)]
        used.update(stated)
        reason = _reason(stated, known=known.covers(finding))
        if reason is None:
            kept.append(finding)
        else:
            out.append(Exempted(finding, reason))
    idle = [f"{item} matched nothing" for item in dict.fromkeys(said) if item not in used and item.status.accepts]
    return kept, out, [*known.notes(), *idle]


def _reason(stated: Sequence[Statement], *, known: bool) -> str | None:
    """Why a finding leaves the verdict; None when it stays. A statement outranks the baseline, whatever it says."""
    if stated:
        return stated[-1].reason if stated[-1].status.accepts else None
    return REASON if known else None
