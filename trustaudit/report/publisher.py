"""The owner as a report shows it: what was seen of the account."""

from __future__ import annotations

from datetime import datetime

from trustaudit.facts import Known, NotApplicable, Unavailable
from trustaudit.identity.publisher import PublisherScore
from trustaudit.policy.gaps import said
from trustaudit.report.model import PublisherReport
from trustaudit.snapshot import Publisher, Snapshot


def publisher_report(snapshot: Snapshot, score: PublisherScore | None) -> PublisherReport:
    """What is known of the owner, or why nothing is."""
    fact = snapshot.publisher
    if isinstance(fact, Unavailable):
        return PublisherReport(state=fact.state, reason=said(fact), name=snapshot.ref.namespace)
    if isinstance(fact, NotApplicable):
        return PublisherReport(state=fact.state, reason=fact.why)
    return _known(fact, score)


def _known(fact: Known[Publisher], score: PublisherScore | None) -> PublisherReport:
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
        score=score.score if score else None,
        signals=tuple((item.name, item.value, item.points) for item in score.signals) if score else (),
    )


def moment(value: datetime | None) -> str | None:
    """ISO 8601 to the second."""
    return value.isoformat(timespec="seconds") if value else None
