"""Large repositories by name instead of by page; owners of the likelier kind first; the same content looked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loopback import LoopbackHub, faults, scan
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_async
from trustaudit.facts import Known
from trustaudit.hub.client import Hub
from trustaudit.hub.owner_kinds import OwnerKinds
from trustaudit.hub.questions import are_fewer_by_name
from trustaudit.hub.run_blobs import RunBlobs
from trustaudit.settings import Settings
from trustaudit.snapshot import FileList, Snapshot

METADATA = Plan(ruleset="test", contents=False)
THRIFTY = Plan(ruleset="test", contents=False, thrifty=True)
OVERVIEWS = ("user-overview", "organization-overview")


def collected(
    hub: LoopbackHub, refs: Iterable[str], plan: Plan = METADATA, cache: Path | None = None
) -> list[Snapshot]:
    async def run() -> list[Snapshot]:
        settings = replace(Settings(), endpoint=hub.endpoint, use_cache=cache is not None, retries=0)
        settings = replace(settings, cache_dir=cache or Path())
        async with Hub(settings) as client:
            return [await collect_async(ref, settings=settings, hub=client, plan=plan) for ref in refs]

    return asyncio.run(run())


def listing(snapshot: Snapshot) -> FileList:
    assert isinstance(snapshot.files, Known)
    return snapshot.files.value


@pytest.fixture
def wide(loopback_hub: LoopbackHub) -> LoopbackHub:
    loopback_hub.organization("acme")
    files = {f"data/{number:03}.txt": f"{number}" for number in range(250)}
    scans = {"z.bin": scan(av="unsafe"), "data/007.txt": scan(pickle="suspicious")}
    loopback_hub.model("acme/wide", {**files, "z.bin": b"x"}, scans=scans)
    return loopback_hub


def test_a_large_repository_costs_four_requests_too(wide: LoopbackHub) -> None:
    (named,) = collected(wide, ["acme/wide"])
    assert len(wide.api_requests()) == 4
    assert len(wide.api_requests("paths-info")) == 1
    wide.requests.clear()
    wide.unplug("paths-info")
    (paged,) = collected(wide, ["acme/wide"])
    assert len(wide.api_requests("tree")) == 3
    assert listing(named) == listing(paged)
    assert listing(named).complete


def test_a_hub_that_withholds_a_file_is_paged(wide: LoopbackHub) -> None:
    wide.fault("paths-info", faults.edited(lambda entries: entries[:-1]))
    (snapshot,) = collected(wide, ["acme/wide"])
    assert len(wide.api_requests("tree")) == 3
    assert len(listing(snapshot).entries) == 251


def test_small_repositories_are_paged(loopback_hub: LoopbackHub) -> None:
    loopback_hub.model("acme/small", {f"{number}.txt": "x" for number in range(60)})
    collected(loopback_hub, ["acme/small"])
    assert not loopback_hub.api_requests("paths-info")


@pytest.mark.parametrize(
    ("files", "pages", "by_name"),
    [(90, 20, False), (100, 20, True), (5000, 20, True), (100_000, 20, True), (150, 1, True), (90, 1, False)],
)
def test_which_way_takes_fewer_questions(files: int, pages: int, by_name: bool) -> None:
    assert are_fewer_by_name([f"a/{number}" for number in range(files)], pages) is by_name


def test_paths_made_to_exhaust_memory_are_counted_cheaply() -> None:
    assert are_fewer_by_name([f"{number}{'/a' * 100_000}" for number in range(20)], 20) is False


def test_committers_tell_a_user_from_an_organization(loopback_hub: LoopbackHub) -> None:
    loopback_hub.user("bob")
    loopback_hub.organization("acme", members=("ann",))
    loopback_hub.model("bob/model", {"config.json": "{}"}, author="bob")
    loopback_hub.model("acme/model", {"config.json": "{}"}, author="ann")
    collected(loopback_hub, ["bob/model", "acme/model"], THRIFTY)
    assert [len(loopback_hub.api_requests(route)) for route in OVERVIEWS] == [1, 1]


def test_the_kind_of_an_owner_is_remembered_between_runs(loopback_hub: LoopbackHub, tmp_path: Path) -> None:
    loopback_hub.user("bob")
    for name in ("one", "two"):
        loopback_hub.model(f"bob/{name}", {"config.json": "{}"}, author="ann")
        collected(loopback_hub, [f"bob/{name}"], cache=tmp_path)
    for path in (tmp_path / "answers").rglob("*.entry"):
        path.unlink()
    loopback_hub.requests.clear()
    collected(loopback_hub, ["bob/one"], cache=tmp_path)
    assert [len(loopback_hub.api_requests(route)) for route in OVERVIEWS] == [1, 0]


def test_owners_of_another_kind_than_their_commits_suggest_are_learnt() -> None:
    kinds = OwnerKinds()
    for number in range(5):
        kinds.committed(f"org{number}", [f"org{number}"])
        if number < 4:
            kinds.found(f"org{number}", "organization")
    assert kinds.order("org4")[0] == "organization"
    assert kinds.order("nobody")[0] == "organization"
    kinds.told("user", ["Nobody"])
    assert kinds.order("nobody")[0] == "user"


def test_what_answers_say_of_an_owner_is_believed_before_a_guess() -> None:
    kinds = OwnerKinds()
    kinds.committed("bob", ["bob"])
    assert kinds.order("bob") == ("user", "organization")
    kinds.told("organization", ["bob"])
    assert kinds.order("Bob", "user") == ("organization", "user")


def test_the_same_content_is_looked_at_once_per_run(loopback_hub: LoopbackHub) -> None:
    loopback_hub.organization("acme")
    for number in range(4):
        loopback_hub.model(f"acme/m{number}", {"vocab.txt": "a\n" * 500})
    snapshots = collected(loopback_hub, [f"acme/m{number}" for number in range(4)], Plan(ruleset="test"))
    vocabularies = [request for request in loopback_hub.requests if "vocab.txt" in request.path]
    assert len({request.path.partition("/resolve/")[0] for request in vocabularies if "/resolve/" in request.path}) == 1
    seen = [next(file for file in item.file_facts if file.path == "vocab.txt") for item in snapshots]
    assert {file.coverage for file in seen} == {seen[0].coverage}


async def test_who_comes_to_the_same_content_waits_for_the_first() -> None:
    blobs, order = RunBlobs(), list[str]()

    async def look(name: str) -> None:
        async with blobs.turn("key"):
            order.append(f"{name} {blobs.get('key') is not None}")
            await asyncio.sleep(0)
            blobs.put("key", b"found")

    await asyncio.gather(look("first"), look("second"))
    assert order == ["first False", "second True"]


def test_memory_of_contents_is_bounded() -> None:
    blobs = RunBlobs(max_bytes=100)
    for number in range(50):
        blobs.put(str(number), b"x" * 20)
    blobs.put("large", b"x" * 90)
    assert [blobs.get(str(number)) is not None for number in (0, 49)] == [False, True]
    assert blobs.get("large") is None
    nothing = RunBlobs(max_bytes=0)
    nothing.put("a", b"b")
    assert nothing.get("a") is None
