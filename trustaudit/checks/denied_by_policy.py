"""Repository or publisher on your deny list

## What it does
Compares the id that was asked for, the id the Hub answered with and every redirect in between with the
repositories and publishers that the policy in use denies.

## Why it matters
A deny list is how a team remembers what it learnt: a publisher whose models were found to be malicious, a
repository with an unacceptable licence. A rename must not get around it, so all names count.

## Example
```toml
[publishers]
denied = ["evil-corp"]
[repos]
denied = ["some-org/some-model", "datasets/some-org/some-data"]
```
`trustaudit check evil-corp/model` is then a block, whatever the files look like.

## How to fix
Use another model, or have the entry removed from the policy by whoever owns it.

## References
- docs/policy.md
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._owner import found_id, owner_of
from trustaudit.checks._redirects import ids_on_the_way
from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="denied-by-policy",
    title="Repository or publisher on your deny list",
    severity=Severity.CRITICAL,
    category=Category.PUBLISHER,
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per denied name."""
    ids = sorted({snapshot.ref.id, found_id(snapshot), *ids_on_the_way(snapshot)})
    repos = _folded(context.options.repos_denied)
    publishers = _folded(context.options.publishers_denied)
    kind = snapshot.ref.full_id.removesuffix(snapshot.ref.id)  # a model and a dataset of one name are two repositories
    for repo_id in (f"{kind}{plain}" for plain in ids):
        if repo_id.casefold() in repos:
            yield _finding(f"{repo_id} is on the policy's list of denied repositories", repo_id)
    for owner in sorted({owner_of(repo_id) for repo_id in ids} - {""}):
        if owner.casefold() in publishers:
            yield _finding(f"the publisher {owner} is on the policy's list of denied publishers", owner)


def _folded(names: frozenset[str]) -> set[str]:
    return {name.casefold() for name in names}


def _finding(message: str, name: str) -> Finding:
    return META.found(
        message,
        location=Location(field="id"),
        evidence=name,
        remediation="use another model, or ask the owner of the policy",
        key=name.casefold(),
    )
