"""Name that changed hands

## What it does

Looks for names that belonged to somebody else: an old name of a renamed organization that answers
for itself instead of redirecting, a former id that now redirects to an unexpected place, a
popular repository or publisher created after it had already been listed as popular, and, with an
earlier audit (`--previous FILE`), a repository or owner with another number (`_id`) than then. It
also notes a repository that is older than its owner (it was transferred, or the name was
registered again; medium under an account of less than half a year), and a declared base
model that is younger than the model made from it. Other redirects are the business of
`renamed-repository`.

## Why it matters

When an account is deleted or renamed, its name can be registered again. Ids in papers, notebooks
and default arguments still point to it, and a repository under the old name beats the Hub's
redirect. Palo Alto Networks' Unit 42 showed in 2025 that this reached the model catalogues of
several cloud providers.

## Example

`CohereForAI/aya-23-8B` redirects to `CohereLabs/aya-23-8B`. If it one day answers as
`CohereForAI/aya-23-8B`, from an account made after the rename, somebody registered the name again.

## How to fix

Use the current id that the finding names, and pin its commit. Replace old ids in code, papers and
default arguments. If you own a name that you give up, keep the account.

## References

- https://unit42.paloaltonetworks.com/model-namespace-reuse/
- https://github.com/huggingface/transformers/issues/28795 (where the old root-level ids went)
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from trustaudit.checks._owner import account_age, age_days, days_between, is_trusted, owner_of, publisher_of
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import value_of
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.names import Names, Renamed
from trustaudit.refs import RepoType
from trustaudit.snapshot import Ancestor, Publisher, RepoInfo, Snapshot

META = CheckMeta(
    id="namespace-reuse",
    title="Name that changed hands",
    severity=Severity.HIGH,
    category=Category.NAME,
    needs=frozenset({Need.INFO}),
)

_GRACE_DAYS = 1
_PARENT_GRACE_DAYS = 30
_YOUNG_DAYS = 180
_LONG_BEFORE_DAYS = 30
_ID = Location(field="id")


def run(snapshot: Snapshot, context: Context) -> Iterable[Finding]:
    """Findings about the requested id, the repository's age, and its base models."""
    info = snapshot.repo_info
    if info is None:
        return
    publisher = publisher_of(snapshot)
    asked = snapshot.ref.id
    changed = [*_another_than_before(snapshot, info, publisher)]
    changed += _renamed(asked, info, publisher, snapshot.ref.type, context.knowledge.names)
    changed += _recreated(info, publisher, context, snapshot.ref.type)
    changed = changed or [*_younger_owner(snapshot, publisher, context)]
    yield from changed or _transferred(snapshot, info, publisher, context)
    yield from _younger_parents(info, snapshot.lineage)


def _another_than_before(snapshot: Snapshot, info: RepoInfo, publisher: Publisher | None) -> Iterator[Finding]:
    """The Hub's own numbers of repository and owner stay the same through renames; names can be registered anew."""
    previous: Snapshot | None = value_of(snapshot.previous)
    if previous is None or previous.ref.full_id.casefold() != snapshot.ref.full_id.casefold():
        return
    before = previous.repo_info
    owner: Publisher | None = value_of(previous.publisher)
    day = previous.collected_at.date()
    if before and before.object_id and info.object_id and before.object_id != info.object_id:
        message = f"{info.id} is another repository than on {day}"
        yield _replaced(message, before.object_id, info.object_id, "repository")
    elif owner and publisher and owner.object_id and publisher.object_id and owner.object_id != publisher.object_id:
        message = f"{publisher.name} is another account than the owner on {day}"
        yield _replaced(message, owner.object_id, publisher.object_id, "owner")


def _replaced(message: str, before: str, now: str, key: str) -> Finding:
    return META.found(
        message,
        location=_ID,
        confidence=Confidence.HIGH,
        evidence=f"_id {before[:24]} → {now[:24]}",
        remediation="do not load it under the old trust: audit it as a repository that you have never seen",
        key=f"replaced:{key}",
    )


def _renamed(
    asked: str, info: RepoInfo, publisher: Publisher | None, kind: RepoType, names: Names
) -> Iterator[Finding]:
    """The requested id is known to have moved: where did it lead?"""
    if kind is not RepoType.MODEL:
        return
    entry, expected = _expected(asked, names)
    if entry is None or info.id.casefold() == expected.casefold():
        return
    if info.id.casefold() != asked.casefold():
        yield META.found(
            f"{asked} leads to {info.id}; its known new id is {expected}",
            location=_ID,
            confidence=Confidence.MEDIUM,
            evidence=f"source: {entry.source}",
            remediation=f"use {expected}",
            key=f"elsewhere:{expected}",
        )
    elif "/" in asked:
        yield _reregistered(asked, expected, entry, publisher)


def _expected(asked: str, names: Names) -> tuple[Renamed | None, str]:
    moved = names.moved.get(asked.casefold())
    if moved:
        return moved, moved.new
    namespace, _, name = asked.rpartition("/")
    renamed = names.renamed.get(namespace.casefold())
    return renamed, f"{renamed.new}/{name}" if renamed else ""


def _reregistered(asked: str, expected: str, entry: Renamed, publisher: Publisher | None) -> Finding:
    """The old name answers for itself. An account from before the rename was not registered anew."""
    created = publisher.created_at if publisher else None
    kept = created is not None and entry.year is not None and created.year < entry.year
    proven = created is not None and entry.year is not None and not kept
    return META.found(
        f"{asked} was renamed to {expected} and answers under its old name",
        location=_ID,
        severity=Severity.LOW if kept else Severity.HIGH,
        confidence=Confidence.HIGH if proven else Confidence.MEDIUM,
        evidence=f"account created {created.date() if created else 'at an unknown time'}; source: {entry.source}",
        remediation=f"use {expected}",
        key=f"reregistered:{expected}",
    )


def _recreated(info: RepoInfo, publisher: Publisher | None, context: Context, kind: RepoType) -> list[Finding]:
    """A popular repository that is younger than the list it is on."""
    listed = context.knowledge.popular(kind).find(info.id)
    seen = _last_day(listed.as_of) if listed else None
    if listed is None or seen is None or info.created_at is None or not _is_after(info.created_at, seen):
        return []
    owner = publisher.created_at if publisher else None
    severity = Severity.MEDIUM if owner is None else Severity.HIGH if _is_after(owner, seen) else Severity.LOW
    finding = META.found(
        f"{info.id} was popular by {listed.as_of}, and this repository was created on {info.created_at.date()}",
        location=_ID,
        severity=severity,
        confidence=Confidence.MEDIUM if owner is None else Confidence.HIGH,
        evidence=f"owner created {owner.date() if owner else 'at an unknown time'}",
        remediation="do not assume it is what papers and code refer to; compare hashes with a known copy",
        key="recreated",
    )
    return [finding]


def _younger_owner(snapshot: Snapshot, publisher: Publisher | None, context: Context) -> Iterator[Finding]:
    """A publisher of listed repositories whose account was made after they were listed."""
    age = account_age(snapshot)
    if publisher is None or publisher.created_at is None or age is None or age > _YOUNG_DAYS:
        return
    days = (_last_day(repo.as_of) for repo in context.knowledge.popular(snapshot.ref.type).of(publisher.name))
    first = min((day for day in days if day), default=None)
    if first is not None and _is_after(publisher.created_at, first):
        yield META.found(
            f"{publisher.name} was a popular publisher by {first.date()}, and this account is younger",
            location=Location(field="author"),
            confidence=Confidence.HIGH,
            evidence=f"account created {publisher.created_at.date()}",
            remediation="somebody registered the name again: do not take this account for the publisher you know",
            key="owner-recreated",
        )


def _transferred(
    snapshot: Snapshot, info: RepoInfo, publisher: Publisher | None, context: Context
) -> Iterator[Finding]:
    """The repository came from elsewhere: the publishers of the list are known for it since 2024 (legacy ids)."""
    created = publisher.created_at if publisher else None
    known = context.knowledge.publishers.get(owner_of(info.id).casefold())
    if publisher and created and info.created_at and not known and _is_after(created, info.created_at):
        yield META.found(
            f"{info.id} is older than its owner: it was transferred, or the owner's name was registered again",
            location=_ID,
            severity=_transfer_severity(snapshot, publisher, info.created_at, context),
            confidence=Confidence.MEDIUM,
            evidence=f"repository created {info.created_at.date()}, owner {created.date()}",
            remediation="find out who had it before, and pin the commit",
            key="transferred",
        )


def _transfer_severity(snapshot: Snapshot, publisher: Publisher, born: datetime, context: Context) -> Severity:
    """Organizations are founded and take their models along; an account of weeks with a model of years is odd."""
    age, repo_age = account_age(snapshot), age_days(snapshot, born)
    if age is None or repo_age is None or publisher.verified or is_trusted(publisher.name, context):
        return Severity.LOW
    odd = age < _YOUNG_DAYS and repo_age - age > _LONG_BEFORE_DAYS
    return Severity.MEDIUM if odd else Severity.LOW


def _younger_parents(info: RepoInfo, lineage: tuple[Ancestor, ...]) -> Iterator[Finding]:
    for ancestor in lineage:
        parent = value_of(ancestor.found)
        born = parent.created_at if parent else None
        if ancestor.depth != 1 or born is None or info.created_at is None:
            continue
        if days_between(info.created_at, born) > _PARENT_GRACE_DAYS:
            yield META.found(
                f"the base model {ancestor.id} is younger than this repository",
                location=Location(field="cardData.base_model"),
                severity=Severity.LOW,
                confidence=Confidence.LOW,
                evidence=f"base model created {born.date()}, this repository {info.created_at.date()}",
                remediation="check that the base model is still the one it was made from",
                key=f"parent:{ancestor.id}",
            )


def _last_day(as_of: str) -> datetime | None:
    """The end of the day or month a list entry dates from."""
    try:
        year, month, *day = (int(part) for part in as_of.split("-"))
        last = day[0] if day else monthrange(year, month)[1]
        return datetime(year, month, last, tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        return None


def _is_after(moment: datetime, other: datetime) -> bool:
    return days_between(other, moment) > _GRACE_DAYS
