"""Popularity that does not fit the publisher

## What it does
Compares likes with followers, and downloads with the age of repository and account. Reports more than 50 likes
per follower (from 100 likes on), downloads in tens of thousands for a repository of a few days from a new
account, and many likes without a single download. High numbers never count in favour of a repository.

## Why it matters
Likes and downloads can be bought, and any request for a configuration file counts as a download. In the Hub's
trending records of 2026 both fakes had 98 and 167 likes per follower, 206 honest repositories had 33 at most
and 0.08 at the median.

## Example
667 likes, 4 followers, an account 19 hours old: Open-OSS/privacy-filter, number one of the trending list.

## How to fix
Do not take popularity as a recommendation. Look for the model under its original publisher.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
- https://huggingface.co/docs/hub/models-download-stats
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from trustaudit.checks._owner import JUST_CREATED_DAYS, NEW_DAYS, age_days, is_trusted, publisher_of
from trustaudit.checks._text import counted
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Publisher, RepoInfo, Snapshot

META = CheckMeta(
    id="engagement-inflated",
    title="Popularity that does not fit the publisher",
    severity=Severity.MEDIUM,
    category=Category.PUBLISHER,
    needs=frozenset({Need.INFO, Need.PUBLISHER}),
)

_MIN_LIKES = 100
_MAX_LIKES_PER_FOLLOWER = 50
_ODD_LIKES_PER_FOLLOWER = 10
"""Honest trending repositories: 95 % below 2.7, the highest 33."""

_ESTABLISHED_DAYS = 365
_NEW_ACCOUNT_DOWNLOADS = 10_000
_ANY_ACCOUNT_DOWNLOADS = 100_000


class _Engagement(Struct, frozen=True):
    """The counts that are compared. Ages in days, None when unknown."""

    likes: int
    downloads: int | None
    followers: int | None
    account_age: float | None
    repo_age: float | None
    verified: bool

    @property
    def likes_per_follower(self) -> float:
        """With no follower at all, as if there were one."""
        return self.likes / max(self.followers or 0, 1)


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """Findings from the counts that are known; without followers the ratio could not be looked at."""
    info, publisher = snapshot.repo_info, publisher_of(snapshot)
    if info is None or publisher is None or is_trusted(publisher.name, context):
        return CheckResult.of(META.id, ())
    counts = _engagement(snapshot, info, publisher)
    findings = tuple(_findings(counts))
    if not findings and counts.followers is None and counts.likes >= _MIN_LIKES:
        gap = Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub does not tell the number of followers")
        return CheckResult.unavailable(META.id, gap)
    return CheckResult.of(META.id, findings)


def _engagement(snapshot: Snapshot, info: RepoInfo, publisher: Publisher) -> _Engagement:
    return _Engagement(
        likes=info.likes or 0,
        downloads=info.downloads,
        followers=publisher.followers,
        account_age=age_days(snapshot, publisher.created_at),
        repo_age=age_days(snapshot, info.created_at),
        verified=publisher.verified is True,
    )


def _findings(counts: _Engagement) -> Iterator[Finding]:
    if counts.followers is not None and counts.likes >= _MIN_LIKES:
        yield from _likes(counts)
    if counts.repo_age is not None and counts.repo_age < JUST_CREATED_DAYS:
        yield from _downloads(counts, counts.repo_age)
    if counts.downloads == 0 and counts.likes >= _MIN_LIKES and _is_new(counts):
        yield _finding(f"{counts.likes} likes and not one download", Severity.LOW, counts, "no-downloads")


def _likes(counts: _Engagement) -> Iterator[Finding]:
    ratio = counts.likes_per_follower
    message = f"{counts.likes} likes for an account with {counted(counts.followers or 0, 'follower')}"
    if ratio > _MAX_LIKES_PER_FOLLOWER:
        yield _finding(message, _ratio_severity(counts.account_age), counts, "likes")
    elif ratio > _ODD_LIKES_PER_FOLLOWER and _is_new(counts):
        yield _finding(message, Severity.LOW, counts, "likes")


def _ratio_severity(account_age: float | None) -> Severity:
    """Over years a hobbyist's one good model gathers likes without followers; within days it does not."""
    if account_age is None or account_age > _ESTABLISHED_DAYS:
        return Severity.MEDIUM if account_age is None else Severity.LOW
    return Severity.HIGH if account_age < JUST_CREATED_DAYS else Severity.MEDIUM


def _downloads(counts: _Engagement, repo_age: float) -> Iterator[Finding]:
    downloads = counts.downloads or 0
    message = f"{downloads} downloads of a repository that is {counted(int(repo_age), 'day')} old"
    if downloads > _NEW_ACCOUNT_DOWNLOADS and _is_new(counts):
        yield _finding(message, Severity.MEDIUM, counts, "downloads")
    elif downloads > _ANY_ACCOUNT_DOWNLOADS and not counts.verified:
        yield _finding(message, Severity.LOW, counts, "downloads")


def _is_new(counts: _Engagement) -> bool:
    return counts.account_age is not None and counts.account_age < NEW_DAYS


def _finding(message: str, severity: Severity, counts: _Engagement, key: str) -> Finding:
    age = "unknown age" if counts.account_age is None else f"{int(counts.account_age)} days old"
    return META.found(
        message,
        location=Location(field="likes" if "likes" in message else "downloads"),
        severity=severity,
        confidence=Confidence.MEDIUM,
        evidence=f"likes {counts.likes}, followers {counts.followers}, downloads {counts.downloads}, account {age}",
        remediation="do not take popularity as a recommendation; look for the original publisher",
        key=key,
    )
