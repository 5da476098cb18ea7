"""Exceptions and overrides at work. Nothing disappears: what leaves the verdict is listed with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase

from msgspec import Struct

from trustaudit.finding import Finding, Severity
from trustaudit.policy.fingerprint import fingerprint
from trustaudit.policy.schema import Override, Policy, PolicyException
from trustaudit.snapshot import Snapshot


class Exempted(Struct, frozen=True):
    """A finding taken out of the verdict, by an exception or because its rule is off (no expiry then)."""

    finding: Finding
    reason: str
    expires: date | None = None


def overridden(findings: Sequence[Finding], policy: Policy) -> tuple[list[Finding], list[Exempted], list[str]]:
    """Findings at the severity the policy gives them, those whose rule is off, and a note per lowered rule."""
    kept: list[Finding] = []
    off: list[Exempted] = []
    notes: dict[str, None] = {}
    for finding in findings:
        override = policy.severity.get(finding.rule)
        if override is Override.OFF:
            off.append(Exempted(finding, f"policy {policy.name} turns this rule off"))
            continue
        changed = finding if override is None else finding.model_copy(update={"severity": Severity(str(override))})
        if changed.severity.rank < finding.severity.rank:
            notes[f"policy {policy.name} lowers {finding.rule} from {finding.severity} to {changed.severity}"] = None
        kept.append(changed)
    return kept, off, list(notes)


def excepted(
    findings: Sequence[Finding], snapshot: Snapshot, policy: Policy
) -> tuple[list[Finding], list[Exempted], list[str]]:
    """Findings that no exception covers, those that one does, and a note per exception that is of no use."""
    ours = [item for item in policy.exceptions if item.repo.lower() == snapshot.ref.full_id.lower()]
    today = snapshot.collected_at.date()
    valid = [item for item in ours if item.expires >= today]
    kept: list[Finding] = []
    out: list[Exempted] = []
    used: set[int] = set()
    for finding in findings:
        matching = [index for index, item in enumerate(valid) if _covers(item, finding, snapshot)]
        used.update(matching)
        if matching:
            first = valid[matching[0]]
            out.append(Exempted(finding, first.reason, first.expires))
        else:
            kept.append(finding)
    expired = [f"{item} expired on {item.expires}" for item in ours if item.expires < today]
    idle = [f"{item} matched nothing" for index, item in enumerate(valid) if index not in used]
    return kept, out, [*expired, *idle]


def _covers(item: PolicyException, finding: Finding, snapshot: Snapshot) -> bool:
    return (
        item.rule == finding.rule
        and item.commit in (None, snapshot.commit)
        and (item.path is None or fnmatchcase(finding.location.path or "", item.path))
        and item.fingerprint in (None, fingerprint(finding, snapshot.ref.full_id))
    )
