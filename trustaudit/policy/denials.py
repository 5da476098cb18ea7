"""Findings that the policy makes itself: repositories and publishers the user ruled out."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.policy.schema import Policy
from trustaudit.snapshot import Publisher, Snapshot

DENIED: Final = "policy-denied"
NOT_ALLOWED: Final = "policy-not-allowed"
RULES: Final = {
    DENIED: "the policy denies this repository or its publisher",
    NOT_ALLOWED: "the policy has a list of allowed repositories, and this is not one of them",
}
"""Ids that need no check: the user's list is the whole evidence (docs/policy.md)."""


def denials(snapshot: Snapshot, policy: Policy) -> tuple[Finding, ...]:
    """At most one finding each for the repository and the publisher. No override or exception reaches them."""
    if snapshot.origin == "local":
        return ()
    names, owners = repo_names(snapshot), publisher_names(snapshot)
    found: list[Finding] = []
    denied = next((pattern for pattern in policy.repos.denied if _matches(pattern, names)), None)
    if denied is not None:
        found.append(_finding(DENIED, f"policy {policy.name} denies this repository", denied, "id"))
    owner = next((name for name in policy.publishers.denied if name.lower() in owners), None)
    if owner is not None:
        found.append(_finding(DENIED, f"policy {policy.name} denies this publisher", owner, "author"))
    if policy.repos.allowed and not all(_allowed(policy, name) for name in names):
        message = f"policy {policy.name} allows only listed repositories, and this is not one of them"
        found.append(_finding(NOT_ALLOWED, message, ", ".join(sorted(names)), "id"))
    return tuple(found)


def repo_names(snapshot: Snapshot) -> frozenset[str]:
    """Every id the repository goes by, lower case: as asked, and as the Hub answered after redirects."""
    info = snapshot.repo_info
    prefix = snapshot.ref.full_id.removesuffix(snapshot.ref.id)
    answered = {f"{prefix}{info.id}"} if info is not None else set()
    return frozenset(name.lower() for name in {snapshot.ref.full_id, *answered})


def publisher_names(snapshot: Snapshot) -> frozenset[str]:
    """Every name its owner goes by, lower case."""
    info = snapshot.repo_info
    owner: Publisher | None = value_of(snapshot.publisher)
    spaces = {name.rpartition("/")[0].rpartition("/")[2] for name in repo_names(snapshot)}
    named = {info.author or "" if info else "", owner.name if owner else "", *spaces}
    return frozenset(name.lower() for name in named if name)


def _matches(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for name in names)


def _allowed(policy: Policy, name: str) -> bool:
    return any(_matches(pattern, (name,)) for pattern in policy.repos.allowed)


def _finding(rule: str, message: str, evidence: str, field: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.CRITICAL if rule == DENIED else Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.PUBLISHER if field == "author" else Category.NAME,
        message=message,
        evidence=evidence,
        location=Location(field=field),
        remediation="use another repository, or have the policy changed by whoever owns it",
        key=evidence,
    )
