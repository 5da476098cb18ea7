"""Sentences that put a report into context: what it is about, how fresh, whose answers, what no audit can see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from trustaudit.policy.evaluate import Evaluation
from trustaudit.policy.headline import explained
from trustaudit.refs import DEFAULT_BRANCH, HUB_HOSTS
from trustaudit.report.model import Verdict
from trustaudit.snapshot import Snapshot

CANNOT_SEE: Final = "Cannot be seen before download: what the weights were trained to do (backdoors, poisoned data)."
_MINUTE = 60
_HOUR = 60 * _MINUTE
_SHORT_COMMIT = 7
_DAY = 24 * _HOUR


def notes(snapshot: Snapshot, evaluation: Evaluation, extra: Sequence[str] = ()) -> tuple[str, ...]:
    """All notes, without repeats, in a fixed order."""
    found = [
        *evaluation.notes,
        *(_about_the_hub(snapshot) if snapshot.origin == "hub" else ()),
        *_to_see_more(evaluation),
        *_report_it(snapshot, evaluation),
        *extra,
        *(_limits(snapshot, evaluation) if snapshot.origin == "hub" else ()),
    ]
    return tuple(dict.fromkeys(found))


def _about_the_hub(snapshot: Snapshot) -> list[str]:
    return [*_endpoint(snapshot), *_revision(snapshot), *_age(snapshot)]


def _endpoint(snapshot: Snapshot) -> list[str]:
    parts = urlsplit(snapshot.endpoint)
    if parts.scheme == "https" and parts.netloc in HUB_HOSTS:
        return []
    return [f"answers come from {snapshot.endpoint}, not from the public Hub"]


def _revision(snapshot: Snapshot) -> list[str]:
    branch = snapshot.ref.revision or DEFAULT_BRANCH
    if snapshot.moved:
        return [f"{branch} moved while the facts were collected: they may belong to different commits"]
    if snapshot.commit is None or snapshot.ref.is_pinned:
        return []
    return [f"{branch} can move: this report holds for commit {snapshot.commit[:_SHORT_COMMIT]} only"]


def _age(snapshot: Snapshot) -> list[str]:
    """How old the oldest reused answer is. Minutes only matter when nothing was asked at all (offline)."""
    cost = snapshot.cost
    if not cost.cached_answers or cost.oldest_answer is None:
        return []
    seconds = max(0.0, (snapshot.collected_at - cost.oldest_answer).total_seconds())
    if seconds < _HOUR and cost.api_requests + cost.file_requests > 0:
        return []
    return [f"{cost.cached_answers} answers come from the cache, the oldest {_duration(seconds)} old"]


def _duration(seconds: float) -> str:
    if seconds >= 2 * _DAY:
        return f"{seconds / _DAY:.0f} days"
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:.0f} hours"
    return f"{seconds / _MINUTE:.0f} minutes" if seconds >= _MINUTE else f"{seconds:.0f} seconds"


def _to_see_more(evaluation: Evaluation) -> list[str]:
    advice = dict.fromkeys(explained(gap.reason)[1] for gap in evaluation.missing)
    return [f"to see more: {text}" for text in advice if text]


def _report_it(snapshot: Snapshot, evaluation: Evaluation) -> list[str]:
    seen = evaluation.verdict is Verdict.BLOCK and snapshot.origin == "hub" and snapshot.repo_info is not None
    return [f"to report it: {snapshot.ref.web_url(snapshot.endpoint)}/discussions"] if seen else []


def _limits(snapshot: Snapshot, evaluation: Evaluation) -> list[str]:
    """Only where somebody may go on and load it."""
    goes_on = evaluation.verdict in (Verdict.PASS, Verdict.REVIEW)
    return [CANNOT_SEE] if goes_on and snapshot.entries else []
