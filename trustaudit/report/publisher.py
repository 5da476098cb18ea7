"""The owner as a report shows it: what was seen of the account."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from trustaudit.facts import Known, NotApplicable, Unavailable
from trustaudit.policy.gaps import said
from trustaudit.report.model import PublisherReport
from trustaudit.snapshot import Publisher, Snapshot


class Scored(Protocol):
    """A publisher's score, 0 to 100 or None, and its signals: name, value as text, points."""

    @property
    def score(self) -> int | None: ...  # noqa: D102 - described by the class
    @property
    def signals(self) -> tuple[tuple[str, str, int], ...]: ...  # noqa: D102 - described by the class


def publisher_report(snapshot: Snapshot, scored: Scored | None) -> PublisherReport:
    """What is known of the owner, or why nothing is."""
    fact = snapshot.publisher
    if isinstance(fact, Unavailable):
        return PublisherReport(state=fact.state, reason=said(fact), name=snapshot.ref.namespace)
    if isinstance(fact, NotApplicable):
        return PublisherReport(state=fact.state, reason=fact.why)
    return _known(fact, scored)


def _known(fact: Known[Publisher], scored: Scored | None) -> PublisherReport:
    owner = fact.value
    return PublisherReport(
        state=fact.state,
        name=owner.name,
        kind=owner.kind,
        created_at=moment(owner.created_at),
        created_from=owner.created_from,
        verified=owner.verified,
        plan=owner.plan,
        followers=owner.followers,
        models=owner.models,
        members=owner.members,
        score=scored.score if scored else None,
        signals=scored.signals if scored else (),
    )


def moment(value: datetime | None) -> str | None:
    """ISO 8601 to the second."""
    return value.isoformat(timespec="seconds") if value else None
