"""Repository answers under another name

## What it does
Compares the id that was asked for with the id the Hub answered with, and names every redirect in between.
A move inside one owner and the move of an old root-level id are notes. An answer from **another owner** is
more: the Hub followed a redirect to a repository that somebody else controls.

## Why it matters
Clients follow such redirects silently. Most are honest renames and transfers, but a redirect can also land on
a repository that was created later by somebody else and never had anything to do with the old one. And it
lasts only as long as nobody registers the old name again: a re-registered name wins over the redirect.

## Example
`runwayml/stable-diffusion-v1-5` is answered by `stable-diffusion-v1-5/stable-diffusion-v1-5`, a repository
made in 2024 by another owner.

## How to fix
Write the new id into your code, pin the commit, and make sure that the new owner is who you expect.

## References
- https://unit42.paloaltonetworks.com/model-namespace-reuse/
- https://huggingface.co/docs/hub/repositories-settings#renaming-or-transferring-a-repo
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._owner import days_between, found_id, owner_of, publisher_of
from trustaudit.checks._redirects import ids_on_the_way
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="renamed-repository",
    title="Repository answers under another name",
    severity=Severity.MEDIUM,
    category=Category.NAME,
    needs=frozenset({Need.INFO}),
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """At most one finding; a difference in case only is none."""
    renamed = context.knowledge.names.renamed
    asked, found = snapshot.ref.id, found_id(snapshot)
    if asked.casefold() == found.casefold():
        return
    old_owner, new_owner = owner_of(asked), owner_of(found)
    if not old_owner:
        # Root-level ids were all made by the Hub; nobody can create one, so nobody can take one over.
        yield _finding(snapshot, f"the old root-level id {asked} now lives at {found}", Severity.INFO)
    elif old_owner.casefold() == new_owner.casefold():
        yield _finding(snapshot, f"{asked} was renamed to {found}", Severity.INFO)
    elif (known := renamed.get(old_owner.casefold())) and known.new.casefold() == new_owner.casefold():
        message = f"{old_owner} is called {known.new} today, so {asked} lives at {found}"
        yield _finding(snapshot, message, Severity.INFO)
    else:
        yield _finding(snapshot, _moved(snapshot, asked, found), Severity.MEDIUM)


def _moved(snapshot: Snapshot, asked: str, found: str) -> str:
    """Says more when the new owner is younger than the repository: a rename of the owner keeps the account."""
    info, publisher = snapshot.repo_info, publisher_of(snapshot)
    born = info.created_at if info else None
    joined = publisher.created_at if publisher else None
    later = born and joined and days_between(born, joined) > 0
    extra = f"; {owner_of(found)} is younger than the repository itself" if later else ""
    return f"{asked} is answered by {found}, a repository of another owner{extra}"


def _finding(snapshot: Snapshot, message: str, severity: Severity) -> Finding:
    way = ids_on_the_way(snapshot)
    return META.found(
        message,
        location=Location(field="id"),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=" → ".join(way) if way else f"asked for {snapshot.ref.id}, answered with {found_id(snapshot)}",
        remediation=f"write {found_id(snapshot)} into your code and pin its commit",
        key=owner_of(found_id(snapshot)).casefold(),
    )
