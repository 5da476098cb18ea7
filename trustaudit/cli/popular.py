"""``trustaudit popular``: the list of repositories worth imitating, packaged and refreshed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from trustaudit.cli.options import Endpoint, Record, Replay, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trustaudit.collect.popular import Refreshed
    from trustaudit.knowledge.listing import PopularList, PopularRepo
    from trustaudit.refs import RepoType
    from trustaudit.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="Look at the popular list, search it, or refresh it from the Hub.",
    epilog="Example: trustaudit popular search llama-3.1",
)

Kind = Annotated[str, typer.Option("--type", help="model, dataset or space.")]


@app.command("info")
def info() -> None:
    """Show how many repositories are known, and how fresh the lists are. Example: trustaudit popular info"""
    from tabulate import tabulate

    from trustaudit.cli.output import write_text
    from trustaudit.hub.client import utc_now
    from trustaudit.knowledge import Knowledge
    from trustaudit.refs import RepoType
    from trustaudit.settings import Settings

    knowledge, today = Knowledge(Settings.load().data_dir), utc_now().date()
    rows = [_state(str(kind), knowledge.popular(kind), today) for kind in RepoType]
    write_text(tabulate(rows, headers=("type", "entries", "packaged", "refreshed", "note")) + "\n", None)


def _state(kind: str, listed: PopularList, today: date) -> tuple[str, int, str, str, str]:
    return kind, len(listed), str(listed.packaged or "-"), str(listed.refreshed or "-"), listed.stale(today)


@app.command("search")
def search(
    text: Annotated[str, typer.Argument(help="Part of an id.", show_default=False)],
    kind: Kind = "model",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many entries.")] = 20,
) -> None:
    """Find entries of the list. Example: trustaudit popular search llama-3.1"""
    from itertools import islice

    from trustaudit.cli.output import say, write_text
    from trustaudit.knowledge import Knowledge
    from trustaudit.settings import Settings

    listed = Knowledge(Settings.load().data_dir).popular(_kind(kind))
    wanted = text.casefold()
    found = (repo_id for repo_id in listed.ids if wanted in repo_id.casefold())
    repos = [repo for repo_id in islice(found, limit) if (repo := listed.find(repo_id))]
    if repos:
        write_text(_table(listed, repos), None)
    else:
        say(f"nothing in the list of {kind}s holds {text!a}")


def _table(listed: PopularList, repos: Iterable[PopularRepo]) -> str:
    from tabulate import tabulate

    from trustaudit.report.escape import visible

    rows = [(listed.rank(repo.id), visible(repo.id), repo.downloads, repo.likes, repo.as_of) for repo in repos]
    headers = ("rank", "id", "downloads (30 days)", "likes", "as of")
    return tabulate(rows, headers=headers, intfmt=",", missingval="-", disable_numparse=[1, 4]) + "\n"


@app.command("refresh")
def refresh(
    kind: Kind = "model",
    downloaded: Annotated[int, typer.Option("--limit", min=1, max=50_000, help="How many most downloaded.")] = 5_000,
    trending: Annotated[int, typer.Option("--trending", min=0, max=5_000, help="How many most trending.")] = 500,
    endpoint: Endpoint = None,
    timeout: Timeout = None,
    record: Record = None,
    replay: Replay = None,
) -> None:
    """Ask the Hub for its most downloaded and most trending repositories, and lay them over the packaged list.

    Repositories of owners known as malicious, and those younger than 30 days unless their publisher is
    well known, are left out: imitations trend too. Interrupted, it goes on where it stopped within an hour.

    Example: trustaudit popular refresh --type dataset
    """
    import asyncio

    from trustaudit.cli.exit_codes import ExitCode
    from trustaudit.settings import Settings

    settings = Settings.load(endpoint=endpoint, audit_timeout=timeout, record=record, replay=replay)
    refreshed = asyncio.run(_refresh(settings, _kind(kind), downloaded, trending))
    _report(refreshed)
    if refreshed.problem:
        raise typer.Exit(ExitCode.INCOMPLETE)


async def _refresh(settings: Settings, kind: RepoType, downloaded: int, trending: int) -> Refreshed:
    from trustaudit.collect.popular import refresh_popular
    from trustaudit.hub import Hub
    from trustaudit.knowledge import Knowledge
    from trustaudit.knowledge.listing import load_refreshed, save_list

    async with Hub(settings) as hub:
        session = hub.session()
        refreshed = await refresh_popular(session, kind, Knowledge(), downloaded=downloaded, trending=trending)
        # What an unfinished listing did not reach is still known from the time before.
        before = load_refreshed(kind, settings.data_dir) if refreshed.problem else None
        if refreshed.repos:
            save_list(settings.data_dir, kind, (*(before or ()), *refreshed.repos), hub.now().date())
    return refreshed


def _report(refreshed: Refreshed) -> None:
    from collections import Counter

    from trustaudit.cli.output import say, write_text

    for why, count in sorted(Counter(refreshed.left_out.values()).items()):
        say(f"left out {count}: {why}")
    if refreshed.problem:
        say(f"stopped early: {refreshed.problem.diagnostics()}")
        say("run again within the hour to go on from there")
    write_text(f"{len(refreshed.repos)} repositories stored\n", None)


def _kind(text: str) -> RepoType:
    from trustaudit.errors import UsageError
    from trustaudit.refs import RepoType

    try:
        return RepoType(text)
    except ValueError:
        raise UsageError(f"--type {text!a} is none of model, dataset, space") from None
