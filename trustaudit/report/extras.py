"""What a report shows beyond facts, findings and policy: things only the curated tables can tell."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, Finding
from trustaudit.identity.evidence import gather
from trustaudit.identity.index import NameIndex, index_of
from trustaudit.identity.judge import judge_name
from trustaudit.identity.publisher import PublisherScore, publisher_score
from trustaudit.identity.suggest import suggest
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot


class Extras(Struct, frozen=True):
    """Each part is optional. ``meant`` are ids the user may have meant, likeliest first."""

    publisher: PublisherScore | None = None
    meant: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def extras_of(snapshot: Snapshot, findings: Sequence[Finding], knowledge: Knowledge) -> Extras:
    """The extras of a snapshot in which these findings were made. Local files have none."""
    if snapshot.origin == "local":
        return Extras()
    score = publisher_score(snapshot, knowledge)
    named = any(finding.category is Category.NAME for finding in findings)
    return Extras(score, _meant(snapshot, score, knowledge, named=named), _stale(snapshot, knowledge))


def _meant(snapshot: Snapshot, score: PublisherScore, knowledge: Knowledge, *, named: bool) -> tuple[str, ...]:
    """Suggestions for an id that does not exist, or what an existing one was found to imitate."""
    info = snapshot.info
    if isinstance(info, Unavailable) and info.reason is Reason.MISSING_OR_PRIVATE:
        return suggest(snapshot.ref.id, _index(snapshot, knowledge))
    if not named or snapshot.repo_info is None:
        return ()
    evidence = gather(snapshot, score.score)
    judgement = judge_name(snapshot.repo_info.id, snapshot.ref.type, _index(snapshot, knowledge), evidence)
    return judgement.candidates if judgement.rule is not None else ()


def _index(snapshot: Snapshot, knowledge: Knowledge) -> NameIndex:
    kind = snapshot.ref.type
    return index_of(knowledge.popular(kind), None if kind is RepoType.MODEL else knowledge.popular(RepoType.MODEL))


def _stale(snapshot: Snapshot, knowledge: Knowledge) -> tuple[str, ...]:
    kind = snapshot.ref.type
    why = knowledge.popular(kind).stale(snapshot.collected_at.date())
    verb = "is" if why.startswith("empty") else "was"
    note = f"the list of popular {kind.plural} that names are compared with {verb} {why}"
    command = "trustaudit popular refresh" + ("" if kind is RepoType.MODEL else f" --type {kind}")
    return (f"{note}; `{command}` makes a new one",) if why else ()
