"""The collector against a Hub on real sockets: one commit, few requests, absences as facts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loopback import LoopbackHub, faults
from trustaudit.collect.contents import ONE_READ
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_async
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.formats.sniff import HEAD
from trustaudit.hub.client import Hub
from trustaudit.settings import Settings
from trustaudit.snapshot import Snapshot

METADATA = Plan(ruleset="test", contents=False)


def settings_for(hub: LoopbackHub, **changes: object) -> Settings:
    return replace(Settings(), **{"endpoint": hub.endpoint, "use_cache": False, "retries": 1, **changes})


def collected(hub: LoopbackHub, ref: str, plan: Plan = METADATA, **changes: object) -> Snapshot:
    async def nap(_: float) -> None:
        await asyncio.sleep(0)

    async def run() -> Snapshot:
        settings = settings_for(hub, **changes)
        async with Hub(settings, sleep=nap) as client:
            return await collect_async(ref, settings=settings, hub=client, plan=plan)

    return asyncio.run(run())


def encoder(hub: LoopbackHub) -> None:
    hub.organization("acme", verified=True, followers=12)
    hub.model("acme/encoder", {"config.json": "{}", "model.safetensors": b"\0" * 64}, card={"license": "mit"})


def test_an_ordinary_model_costs_four_api_requests_and_one_commit(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    snapshot = collected(loopback_hub, "acme/encoder")
    assert snapshot.cost.api_requests == 4 == len(loopback_hub.api_requests())
    assert loopback_hub.file_requests() == []
    assert loopback_hub.whoami_calls == 0
    pinned = [r.path for r in loopback_hub.requests if "/tree/" in r.path or "/commits/" in r.path]
    assert len(pinned) == 2
    assert all(snapshot.commit and snapshot.commit in path for path in pinned)
    assert isinstance(snapshot.publisher, Known)
    assert snapshot.publisher.value.verified is True
    assert Snapshot.from_json(snapshot.to_json()) == snapshot


def test_what_takes_several_questions_is_asked_first(loopback_hub: LoopbackHub) -> None:
    loopback_hub.organization("acme")
    few, many = {"a.json": "{}", "b.json": "{}"}, {"z.json": "{}" + " " * ONE_READ}
    loopback_hub.model("acme/encoder", {**few, **many})
    snapshot = collected(loopback_hub, "acme/encoder", Plan(ruleset="test"), concurrency=1)
    assert ONE_READ == HEAD
    asked = [request.path.rpartition("/")[2] for request in loopback_hub.requests if "/resolve/" in request.path]
    assert asked[0] == "z.json"
    assert [file.path for file in snapshot.file_facts] == sorted([*few, *many])
    assert [file.format for file in snapshot.file_facts] == ["json"] * 3


def test_a_user_as_owner_costs_one_more(loopback_hub: LoopbackHub) -> None:
    loopback_hub.user("bob")
    loopback_hub.model("bob/thing", {"config.json": "{}"})
    assert collected(loopback_hub, "bob/thing").cost.api_requests == 5


@pytest.mark.parametrize("ref", ["datasets/acme/data", "spaces/acme/app"])
def test_datasets_and_spaces(loopback_hub: LoopbackHub, ref: str) -> None:
    loopback_hub.organization("acme")
    kind = loopback_hub.dataset if ref.startswith("datasets") else loopback_hub.space
    kind(ref.split("/", 1)[1], {"README.md": "hello"})
    snapshot = collected(loopback_hub, ref)
    assert isinstance(snapshot.info, Known)
    assert isinstance(snapshot.files, Known)
    assert isinstance(snapshot.history, Known)


def test_missing_is_said_once_with_one_request(loopback_hub: LoopbackHub) -> None:
    snapshot = collected(loopback_hub, "acme/none")
    assert isinstance(snapshot.info, Unavailable)
    assert snapshot.info.reason is Reason.MISSING_OR_PRIVATE
    assert snapshot.cost.api_requests == 1
    assert snapshot.commit is None


def test_gated_hides_the_history_only(loopback_hub: LoopbackHub) -> None:
    loopback_hub.organization("acme")
    loopback_hub.model("acme/gated", {"config.json": "{}"}, gated="manual")
    snapshot = collected(loopback_hub, "acme/gated")
    assert isinstance(snapshot.info, Known)
    assert isinstance(snapshot.files, Known)
    assert isinstance(snapshot.history, Unavailable)
    assert snapshot.history.reason is Reason.GATED


def test_gated_contents_cost_one_refusal(loopback_hub: LoopbackHub) -> None:
    loopback_hub.organization("acme")
    loopback_hub.model("acme/gated", {f"part-{n}.bin": b"x" * 20 for n in range(9)}, gated="auto")
    snapshot = collected(loopback_hub, "acme/gated", Plan(ruleset="test"))
    assert snapshot.file_facts == ()
    assert {why.reason for _, why in snapshot.not_inspected} == {Reason.GATED}
    assert len(snapshot.not_inspected) >= 9
    assert len(loopback_hub.file_requests()) == 1


@pytest.mark.parametrize("route", ["tree", "commits", "organization-overview"])
def test_an_unplugged_endpoint_is_one_absent_fact(loopback_hub: LoopbackHub, route: str) -> None:
    encoder(loopback_hub)
    loopback_hub.unplug(route)
    snapshot = collected(loopback_hub, "acme/encoder")
    assert isinstance(snapshot.info, Known)
    listing = snapshot.files
    assert isinstance(listing, Known)
    missing = {
        "tree": isinstance(listing.value.problem, Unavailable),
        "commits": isinstance(snapshot.history, Unavailable),
        "organization-overview": isinstance(snapshot.publisher, Unavailable),
    }
    assert [name for name, absent in missing.items() if absent] == [route]


def test_without_info_the_history_still_names_a_commit(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    loopback_hub.fault("info", faults.status(503))
    snapshot = collected(loopback_hub, "acme/encoder")
    assert isinstance(snapshot.info, Unavailable)
    assert snapshot.info.reason is Reason.SERVER_ERROR
    assert snapshot.commit is not None
    assert isinstance(snapshot.files, Known)
    assert isinstance(snapshot.history, Known)


def test_a_moving_branch_gives_facts_of_one_commit(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    repo = loopback_hub.find("model", "acme/encoder")
    assert repo is not None
    loopback_hub.on("tree", lambda: repo.commit({"new.bin": b"x"}))
    snapshot = collected(loopback_hub, "acme/encoder")
    assert isinstance(snapshot.history, Known)
    assert snapshot.history.value.commits[0].id == snapshot.commit
    assert "new.bin" not in {entry.path for entry in snapshot.entries}


def test_a_squash_in_between_is_collected_again(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    repo = loopback_hub.find("model", "acme/encoder")
    assert repo is not None
    loopback_hub.on("tree", repo.squash)
    snapshot = collected(loopback_hub, "acme/encoder")
    assert snapshot.commit == repo.sha
    assert not snapshot.moved
    assert isinstance(snapshot.files, Known)
    assert snapshot.files.value.source == "tree"


def test_a_redirect_is_a_fact_and_is_followed_once(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    loopback_hub.redirect("old/name", "acme/encoder")
    snapshot = collected(loopback_hub, "old/name")
    assert len(snapshot.redirects) == 1
    assert snapshot.repo_info is not None
    assert snapshot.repo_info.id == "acme/encoder"
    assert snapshot.cost.api_requests == 5


def test_the_scan_is_asked_for_only_when_nothing_else_tells(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    assert isinstance(collected(loopback_hub, "acme/encoder").scan, Known | NotApplicable)
    assert not loopback_hub.api_requests("scan")


def test_refs_when_planned(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    snapshot = collected(loopback_hub, "acme/encoder", Plan(ruleset="test", contents=False, refs=True))
    assert isinstance(snapshot.refs, Known)


def test_a_prefix_hub_works(start_hub: Callable[..., LoopbackHub]) -> None:
    hub = start_hub(prefix="/artifactory/api/huggingfaceml/hf")
    encoder(hub)
    assert isinstance(collected(hub, "acme/encoder").files, Known)


def test_contents_come_from_the_cache_the_second_time(loopback_hub: LoopbackHub, tmp_path: Path) -> None:
    loopback_hub.organization("acme")
    loopback_hub.model("acme/encoder", {"model.bin": b"\x80\x02}q\x00." * 3})
    plan = Plan(ruleset="test")
    first = collected(loopback_hub, "acme/encoder", plan, use_cache=True, cache_dir=tmp_path)
    asked = len(loopback_hub.file_requests())
    second = collected(loopback_hub, "acme/encoder", plan, use_cache=True, cache_dir=tmp_path)
    assert len(loopback_hub.file_requests()) == asked
    assert [f.model_copy(update={"bytes_read": 0, "requests": 0}) for f in first.file_facts] == list(second.file_facts)
