"""Owner with several copies of popular names

## What it does
For accounts younger than 30 days that have several models, looks at the list of these: how many of them bear exactly
the name of a popular repository of somebody else, without declaring that as their base model. Two ask for a look;
three from an account of a week or less are the pattern of a campaign.

## Why it matters
Whoever imitates one trending repository imitates several. `anthfu` published six exact copies of trending names within
hours in May 2026; each by itself looked like one re-upload.

## Example
An account of two days with `privacy-filter`, `Kimi-K3` and `gpt-oss-20b`, none of which names a base model.

## How to fix
Load the repositories that they imitate from their own publishers. Publishers: declare `base_model`.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter and anthfu, 2026-05)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._owner import account_age, found_id, is_trusted, owner_of
from trustaudit.checks._text import listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.identity.clones import copied_names
from trustaudit.refs import RepoType
from trustaudit.snapshot import Sibling, Snapshot

META = CheckMeta(
    id="publisher-clones",
    title="Owner with several copies of popular names",
    severity=Severity.MEDIUM,
    category=Category.PUBLISHER,
    needs=frozenset({Need.SIBLINGS}),
    applies_to=frozenset({RepoType.MODEL}),
)

_FEW = 2
_CAMPAIGN = 3
_WEEK = 7


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """At most one finding."""
    siblings: tuple[Sibling, ...] = value_of(snapshot.siblings) or ()
    owner = owner_of(found_id(snapshot))
    copies = copied_names(siblings, context.knowledge)
    if len(copies) < _FEW or is_trusted(owner, context) or context.knowledge.names.is_reuploader(owner):
        return
    age = account_age(snapshot)
    campaign = len(copies) >= _CAMPAIGN and age is not None and age <= _WEEK
    shown = "of unknown age" if age is None else f"{age:.1f} days old"
    yield META.found(
        f"{owner} ({shown}) has {len(copies)} models that bear the names of popular ones and declare no origin",
        location=Location(field="author"),
        severity=Severity.HIGH if campaign else Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
        evidence=listed(f"{mine} like {theirs}" for mine, theirs in copies),
        remediation="load the repositories that these imitate, from their own publishers",
        key=owner.casefold(),
    )
