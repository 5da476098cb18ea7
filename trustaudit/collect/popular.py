"""A fresh popular list from the Hub's own listings: the most downloaded and the most trending.

What trends is what gets imitated, and imitations trend too: two of the list's sources of 2026
held a malicious copy among the trending repositories. So nothing of a denied owner is taken,
and nothing younger than 30 days unless a publisher of the packaged list made it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from msgspec import Struct, field

from trustaudit.errors import HubError, RefError
from trustaudit.hub.session import HubSession
from trustaudit.knowledge import Knowledge
from trustaudit.knowledge.listing import PopularRepo
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import RepoInfo

_SORTS = ("downloads", "trendingScore")
YOUNGEST = timedelta(days=30)
"""Both imitations that trended in 2026 were gone, or known for what they are, within days."""


class Refreshed(Struct):
    """What a refresh brought: repositories, most downloaded first; ids left out, with why; what stopped it."""

    repos: tuple[PopularRepo, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    problem: HubError | None = None


async def refresh_popular(
    session: HubSession, kind: RepoType, knowledge: Knowledge, *, downloaded: int, trending: int
) -> Refreshed:
    """List both ways, page by page. An error ends the listing; what came before it is kept.

    Pages stay in the answer cache for an hour, so running again goes on where it stopped.
    """
    found: dict[str, PopularRepo] = {}
    refreshed = Refreshed()
    try:
        for sort, limit in zip(_SORTS, (downloaded, trending), strict=True):
            async for info in session.list_repos(kind, sort=sort, limit=limit):
                _take(info, session, knowledge, found, refreshed.left_out)
    except HubError as error:
        refreshed.problem = error
    refreshed.repos = tuple(sorted(found.values(), key=lambda repo: -(repo.downloads or 0)))
    return refreshed


def _take(
    info: RepoInfo, session: HubSession, knowledge: Knowledge, found: dict[str, PopularRepo], left_out: dict[str, str]
) -> None:
    why = _unfit(info, session, knowledge)
    if why:
        left_out[info.id] = why
        return
    today: date = session.now().date()
    found[info.id.casefold()] = PopularRepo(info.id, info.downloads, info.likes, today.isoformat())


def _unfit(info: RepoInfo, session: HubSession, knowledge: Knowledge) -> str:
    """Why a listed repository is not taken, or empty."""
    owner, _, name = info.id.rpartition("/")
    if owner.casefold() in knowledge.names.denied:
        return "known malicious owner"
    try:
        RepoRef(namespace=owner or None, name=name)
    except RefError:
        return "not an id the Hub accepts"
    record = knowledge.publishers.get(owner.casefold())
    if record is not None and record.top:
        return ""
    if info.created_at is None:
        return "of unknown age"
    return "younger than 30 days" if session.now() - _utc(info.created_at) < YOUNGEST else ""


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
