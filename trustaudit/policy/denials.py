"""The user's lists of repositories, applied: what is denied, and what is not among the allowed."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.policy.schema import Policy
from trustaudit.snapshot import Publisher, Snapshot

DENIED: Final = "denied-by-policy"
"""The id of the check that compares exact ids; patterns and kinds of repository are compared here."""
NOT_ALLOWED: Final = "not-allowed-by-policy"
OWN_RULES: Final = (NOT_ALLOWED,)
"""Rules without a check: the user's list is the whole evidence (docs/policy.md)."""

_REMEDY = "use another repository, or ask the owner of the policy"


def denials(snapshot: Snapshot, policy: Policy, stated: Iterable[Finding]) -> tuple[Finding, ...]:
    """What the lists say, unless a check already ``stated`` that this is denied."""
    if snapshot.origin == "local":
        return ()
    names = repo_names(snapshot)
    found: list[Finding] = []
    denied = _denied(snapshot, policy, names)
    if denied is not None and not any(finding.rule == DENIED for finding in stated):
        found.append(_finding(DENIED, Severity.CRITICAL, f"policy {policy.name} denies {denied}", denied))
    if policy.repos.allowed and not all(_listed(policy.repos.allowed, name) for name in names):
        shown = ", ".join(sorted(names))
        message = f"policy {policy.name} allows only listed repositories, and this is not one of them"
        found.append(_finding(NOT_ALLOWED, Severity.HIGH, message, shown))
    return tuple(found)


def repo_names(snapshot: Snapshot) -> frozenset[str]:
    """Every full id the repository goes by, lower case: as asked, and as the Hub answered after redirects."""
    info = snapshot.repo_info
    kind = snapshot.ref.full_id.removesuffix(snapshot.ref.id)
    answered = (f"{kind}{info.id}",) if info is not None else ()
    return frozenset(name.lower() for name in (snapshot.ref.full_id, *answered))


def publisher_names(snapshot: Snapshot) -> frozenset[str]:
    """Every name its owner goes by, lower case."""
    info = snapshot.repo_info
    owner: Publisher | None = value_of(snapshot.publisher)
    spaces = {name.rpartition("/")[0].rpartition("/")[2] for name in repo_names(snapshot)}
    named = {(info.author or "") if info else "", owner.name if owner else "", *spaces}
    return frozenset(name.lower() for name in named if name)


def _denied(snapshot: Snapshot, policy: Policy, names: frozenset[str]) -> str | None:
    repo = next((item for item in policy.repos.denied if any(_listed((item,), name) for name in names)), None)
    owners = publisher_names(snapshot)
    return repo or next((item for item in policy.publishers.denied if item.lower() in owners), None)


def _listed(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for pattern in patterns)


def _finding(rule: str, severity: Severity, message: str, evidence: str) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        confidence=Confidence.HIGH,
        category=Category.PUBLISHER,
        message=message,
        evidence=evidence,
        location=Location(field="id"),
        remediation=_REMEDY,
        key=evidence.lower(),
    )
