"""Publisher's account does not exist

## What it does
Reports repositories whose owner the Hub knows neither as a user nor as an organization.

## Why it matters
A deleted or renamed account leaves its name free. Whoever registers it next can publish under the same ids,
and everybody's code that names them fetches the newcomer's files.

## Example
Both `/api/users/acme/overview` and `/api/organizations/acme/overview` answer 404.

## How to fix
Pin the commit, keep a copy, and find out where the publisher went.

## References
- https://unit42.paloaltonetworks.com/model-namespace-reuse/
"""

from __future__ import annotations

from trustaudit.checks._owner import found_id, owner_of
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import NotApplicable, Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="publisher-missing",
    title="Publisher's account does not exist",
    severity=Severity.MEDIUM,
    category=Category.PUBLISHER,
)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """Only the answer "no such owner" is a finding; any other absence means that nobody could look."""
    fact = snapshot.publisher
    if isinstance(fact, NotApplicable):
        return CheckResult.not_applicable(META.id, fact.why)
    if not isinstance(fact, Unavailable):
        return CheckResult.of(META.id, ())
    if fact.reason is not Reason.OWNER_NOT_FOUND:
        return CheckResult.unavailable(META.id, fact)
    finding = META.found(
        f"no user and no organization is called {owner_of(found_id(snapshot))}; somebody else may register the name",
        location=Location(field="author"),
        confidence=Confidence.HIGH,
        evidence=fact.detail,
        remediation="pin the commit, keep a copy, and find out where the publisher went",
    )
    return CheckResult.of(META.id, (finding,))
