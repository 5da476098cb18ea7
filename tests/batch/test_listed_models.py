"""List pages in place of info answers: the same reports, fewer requests, and never a page believed that says less."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Blob, LoopbackHub, faults, scan
from tests.loopback.faults import Fault
from trustaudit.batch.intake import Job
from trustaudit.batch.run_file import Header, RunFile
from trustaudit.batch.runner import Run, run
from trustaudit.batch.worklist import worklist
from trustaudit.engine import audit_async
from trustaudit.hub.client import Hub
from trustaudit.refs import RepoRef, RepoType
from trustaudit.report.model import CostReport, TrustReport
from trustaudit.settings import Settings

SHELL = b"cposix\nsystem\n(S'true'\ntR."
CODE = {"config.json": json.dumps({"model_type": "x", "auto_map": {"AutoModel": "modeling_x.X"}})}


def plain(name: str) -> dict[str, str]:
    """Files like no other model's: what is known of the same content elsewhere is known of it here."""
    return {"config.json": json.dumps({"model_type": "bert", "name": name}), "README.md": f"# {name}\n" * 80}


NO_COST = CostReport(api_requests=0, file_requests=0, bytes=0, repo_bytes=None, seconds=0.0)


@pytest.fixture
def hub(loopback_hub: LoopbackHub) -> LoopbackHub:
    loopback_hub.quotas.unlimited()
    loopback_hub.organization("acme", created="2021-01-01", followers=300, members=("ann",))
    loopback_hub.user("bob", created="2021-01-01")
    card = {"license": "mit", "base_model": "acme/plain"}
    loopback_hub.model("acme/plain", plain("plain"), card={"license": "mit"}, author="ann", downloads=900)
    loopback_hub.model("acme/pickle", {**plain("pickle"), "pytorch_model.bin": SHELL}, card=card, author="ann")
    loopback_hub.model("acme/code", {**CODE, "modeling_x.py": "import os\nos.system('true')\n"}, author="ann")
    loopback_hub.model("acme/gated", plain("gated"), gated="manual", author="ann")
    loopback_hub.model("acme/disabled", plain("disabled"), disabled=True, author="ann")
    loopback_hub.model("acme/big", {"config.json": "{}", "model.safetensors": Blob(b"\2\0\0\0\0\0\0\0{}", size=10**10)})
    loopback_hub.model(
        "acme/scanned", {"a.bin": SHELL}, scans={"a.bin": scan(av="unsafe", pickle="unsafe")}, author="ann"
    )
    loopback_hub.model("acme/many", {f"part/{number}/w.txt": "x" for number in range(130)}, author="ann")
    loopback_hub.model("bob/one", plain("one"), card={"license": "mit"})
    loopback_hub.model("bob/two", {}, card={"license": "mit"})
    loopback_hub.redirect("acme/old", "bob/one")
    return loopback_hub


IDS = (
    *(f"acme/{name}" for name in ("plain", "pickle", "code", "gated", "disabled", "big", "scanned", "many")),
    *("bob/one", "BOB/Two", "acme/old", "acme/none", "bob/one@main"),
)


def settings_for(hub: LoopbackHub, folder: Path) -> Settings:
    return replace(Settings(), endpoint=hub.endpoint, use_cache=False, data_dir=folder, retries=1)


def batch(hub: LoopbackHub, ids: Iterable[str], folder: Path) -> list[Any]:
    """Reports of a batch, in order."""

    async def reports() -> list[TrustReport]:
        settings = settings_for(hub, folder)
        work = worklist([Job(name) for name in ids], settings)
        file = RunFile.create(folder / "run.jsonl", Header.of(work.digest, len(work.items), datetime.now(UTC)))
        async with Hub(settings) as client:
            found = [file.report(item.key) async for item, _ in run(work, Run(client, file), at_once=4)]
        file.close(finished=True)
        return found

    return [comparable(report) for report in asyncio.run(reports())]


def one_by_one(hub: LoopbackHub, ids: Iterable[str], folder: Path) -> list[Any]:
    """Reports of separate audits."""

    async def reports() -> list[TrustReport]:
        return [await audit_async(name, settings=settings_for(hub, folder)) for name in ids]

    return [comparable(report) for report in asyncio.run(reports())]


def comparable(report: TrustReport) -> dict[str, Any]:
    """All that a report says, but for what it cost and when it was."""
    files = tuple(file.model_copy(update={"bytes_read": 0}) for file in report.coverage.files)
    coverage = report.coverage.model_copy(update={"files": files})
    timeless = report.model_copy(update={"cost": NO_COST, "collected_at": None, "coverage": coverage})
    return timeless.model_dump(mode="json")


def test_reports_are_those_of_info_answers(hub: LoopbackHub, tmp_path: Path) -> None:
    expected = one_by_one(hub, IDS, tmp_path)
    asked = len(hub.api_requests())
    hub.requests.clear()
    found = batch(hub, IDS, tmp_path)
    for one, other in zip(found, expected, strict=True):
        different = {key: (one[key], other[key]) for key in one if one[key] != other[key]}
        assert not different, one["repo"]["id"]
    assert len(hub.api_requests("list")) == 2
    assert len(hub.api_requests()) < asked - len(IDS) // 2


def only(*names: str) -> Fault:
    """Items without the other keys."""
    return faults.edited(lambda items: [{key: item[key] for key in names if key in item} for item in items])


def without(name: str) -> Fault:
    """Items without that key."""
    return faults.edited(lambda items: [{key: item[key] for key in item if key != name} for item in items])


@pytest.mark.parametrize(
    "trouble",
    [
        only("_id", "id", "private", "tags", "likes"),
        *map(without, ("disabled", "siblings", "cardData")),
        faults.status(400),
        faults.html(),
        faults.edited(lambda items: [{**item, "author": "eve"} for item in items]),
    ],
)
def test_a_page_that_says_less_is_not_used(hub: LoopbackHub, tmp_path: Path, trouble: Fault) -> None:
    chosen = ["acme/plain", "acme/gated", "acme/disabled"]
    hub.fault("list", trouble)
    found = batch(hub, chosen, tmp_path)
    assert len(hub.api_requests("list")) == 1
    assert len(hub.api_requests("info")) >= len(chosen)
    assert found == one_by_one(hub, chosen, tmp_path)


def test_where_the_tree_has_no_verdicts_the_roll_up_is_asked_for(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.fault("tree", without("securityFileStatus"))
    chosen = ["acme/plain", "acme/scanned", "acme/pickle"]
    found = batch(hub, chosen, tmp_path)
    assert hub.api_requests("scan")
    for one, other in zip(found, one_by_one(hub, chosen, tmp_path), strict=True):
        assert (one["verdict"], one["findings"]) == (other["verdict"], other["findings"])


def test_an_unreadable_tree_is_made_up_for_by_the_info(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.unplug("tree")
    assert batch(hub, IDS[:2], tmp_path) == one_by_one(hub, IDS[:2], tmp_path)


def test_a_push_after_the_page_is_collected_again(hub: LoopbackHub, tmp_path: Path) -> None:
    repo = hub.find("model", "acme/plain")
    assert repo is not None
    hub.on("list", repo.squash, after=1)
    report, *_ = batch(hub, ["acme/plain", "acme/pickle", "acme/code"], tmp_path)
    assert report["repo"]["commit"] == repo.sha


def test_recordings_hold_info_answers(hub: LoopbackHub, tmp_path: Path) -> None:
    async def recorded() -> None:
        settings = replace(settings_for(hub, tmp_path), record=tmp_path / "rec")
        async with Hub(settings) as client:
            client.expect([item.ref for item in worklist([Job(i) for i in IDS[:4]], settings).items if item.ref])
            for name in IDS[:4]:
                await audit_async(name, settings=settings, hub=client)

    asyncio.run(recorded())
    assert not hub.api_requests("list")


def test_one_failed_page_is_no_reason_to_give_pages_up(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.fault("list", faults.status(503), times=2)
    batch(hub, [f"{owner}/{name}" for owner, name in (item.split("/") for item in IDS[:9])] + ["bob/two"], tmp_path)
    assert {request.target.split("author=")[1].split("&")[0] for request in hub.api_requests("list")} == {"acme", "bob"}


def test_a_page_is_forgotten_after_ten_minutes(hub: LoopbackHub, tmp_path: Path) -> None:
    asked: list[int] = []

    async def slowly() -> None:
        settings, clock = settings_for(hub, tmp_path), [datetime(2026, 1, 1, tzinfo=UTC)]
        async with Hub(settings, now=lambda: clock[0]) as client:
            client.expect([RepoRef(namespace="acme", name=name) for name in ("plain", "pickle", "code", "gated")])
            for name in ("plain", "pickle", "code"):
                await client.session().info(RepoRef(namespace="acme", name=name))
                asked.append(len(hub.api_requests("list")))
                clock[0] += timedelta(minutes=6)

    asyncio.run(slowly())
    assert asked == [1, 1, 2]


def test_what_nobody_announced_is_asked_for(hub: LoopbackHub, tmp_path: Path) -> None:
    async def unannounced() -> None:
        async with Hub(settings_for(hub, tmp_path)) as client:
            client.expect(
                [RepoRef(namespace="acme", name="plain"), RepoRef(type=RepoType.DATASET, namespace="acme", name="d")]
            )
            for name in ("plain", "pickle"):
                answer = await client.session().info(RepoRef(namespace="acme", name=name))
                assert not answer.listed

    asyncio.run(unannounced())
    assert not hub.api_requests("list")
