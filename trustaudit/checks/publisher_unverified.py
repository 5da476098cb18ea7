"""Organization without a verified domain

## What it does
Notes organizations that have no verified badge. Users cannot have one, so nothing is said about them.

## Why it matters
The badge says that the organization controls an e-mail domain, nothing about its models. Presence is moderate
evidence of who they are, absence is hardly any: large publishers have been without it for years.

## Example
`"isVerified": false` of openai-community.

## How to fix
Nothing to fix. Compare the organization's page with the vendor's own site when its name matters to you.

## References
- https://huggingface.co/docs/hub/enterprise-advanced-security
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._owner import is_trusted, publisher_of
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="publisher-unverified",
    title="Organization without a verified domain",
    severity=Severity.INFO,
    category=Category.PUBLISHER,
    needs=frozenset({Need.PUBLISHER}),
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One note, only where the Hub said "not verified"."""
    publisher = publisher_of(snapshot)
    if publisher is None or publisher.kind != "organization" or is_trusted(publisher.name, context):
        return
    if publisher.verified is False:
        yield META.found(
            f"the organization {publisher.name} has no verified domain",
            location=Location(field="author"),
            evidence="isVerified: false",
        )
