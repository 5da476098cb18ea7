"""Who published a repository and for how long they have been there."""

from __future__ import annotations

from datetime import UTC, datetime

from trustaudit.checks.interface import Context
from trustaudit.facts import value_of
from trustaudit.snapshot import Publisher, Snapshot

DAY_SECONDS = 86_400
NEW_DAYS = 30
"""Accounts younger than this are new: the published fakes were hours old, honest trending ones 42 days at p5."""

JUST_CREATED_DAYS = 7


def owner_of(repo_id: str) -> str:
    """The namespace of an id; empty for a root-level one."""
    return repo_id.rpartition("/")[0]


def found_id(snapshot: Snapshot) -> str:
    """The id the Hub answered with, else the one asked for."""
    return snapshot.repo_info.id if snapshot.repo_info else snapshot.ref.id


def publisher_of(snapshot: Snapshot) -> Publisher | None:
    """The publisher when known."""
    publisher: Publisher | None = value_of(snapshot.publisher)
    return publisher


def days_between(earlier: datetime, later: datetime) -> float:
    """Days from one moment to another; moments without a zone are taken as UTC. Negative when reversed."""
    return (_utc(later) - _utc(earlier)).total_seconds() / DAY_SECONDS


def age_days(snapshot: Snapshot, created: datetime | None) -> float | None:
    """How old something was when the snapshot was taken, never below zero; None when unknown."""
    return None if created is None else max(0.0, days_between(created, snapshot.collected_at))


def account_age(snapshot: Snapshot) -> float | None:
    """Age of the publisher's account in days; None when unknown."""
    publisher = publisher_of(snapshot)
    return age_days(snapshot, publisher.created_at) if publisher else None


def is_new_account(snapshot: Snapshot) -> bool:
    """Whether the publisher is known to be younger than ``NEW_DAYS``."""
    age = account_age(snapshot)
    return age is not None and age < NEW_DAYS


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_trusted(owner: str, context: Context) -> bool:
    """Whether the user's policy names this publisher as trusted."""
    return owner.casefold() in {name.casefold() for name in context.options.publishers_trusted}


def is_known_publisher(owner: str, context: Context) -> bool:
    """Whether the publisher has popular models of its own, or the user's policy trusts it.

    Says that many people use its code, not that it is safe: it may make a finding less severe, never undo it.
    """
    record = context.knowledge.publishers.get(owner.casefold())
    return is_trusted(owner, context) or (record is not None and record.popular > 0)
