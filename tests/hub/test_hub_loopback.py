"""The client against a Hub over real sockets: two origins, real compression, real resets."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Blob, LoopbackHub, faults, scan
from trustaudit import errors
from trustaudit.facts import Known, Reason
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub import Hub
from trustaudit.refs import RepoRef, RepoType
from trustaudit.settings import Settings

REF = RepoRef.parse("acme/encoder")
HEADER = struct.pack("<Q", 2) + b"{}"
GB = 10**9


def client(hub: LoopbackHub, **settings: object) -> Hub:
    settings.setdefault("retries", 1)
    return Hub(Settings(endpoint=hub.endpoint, **settings))


@pytest.fixture
def acme(loopback_hub: LoopbackHub) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=1200)
    loopback_hub.model(
        "acme/encoder",
        files={
            "config.json": "{}",
            "ü n%20/read me.md": "hello",
            "model.safetensors": Blob(HEADER, size=15 * GB, suffix=b"the end"),
            "small.bin": Blob(b"\x80\x02.", lfs=True),
        },
        scans={"small.bin": scan(av="unsafe")},
    )
    return loopback_hub


async def audit(hub: Hub) -> dict[str, Any]:
    session = hub.session()
    answer = await session.info(REF)
    commit = answer.info.sha
    tree, history, publisher = await asyncio.gather(
        session.tree(REF, commit), session.history(REF, commit), session.publisher("acme")
    )
    return {"session": session, "answer": answer, "tree": tree, "history": history, "publisher": publisher}


async def test_an_audit_costs_four_questions_and_few_bytes(acme: LoopbackHub) -> None:
    async with client(acme) as hub:
        found = await audit(hub)
        session, entries = found["session"], {entry.path: entry for entry in found["tree"].entries}
        assert set(entries) >= {"config.json", "ü n%20/read me.md", "model.safetensors", "small.bin"}
        assert isinstance(entries["small.bin"].scans, Known)
        assert entries["small.bin"].scans.value.status == "unsafe"
        siblings = {entry.path: entry for entry in found["answer"].files.entries}
        assert {path: (e.size, e.oid, e.lfs and e.lfs.sha256) for path, e in siblings.items()} == {
            path: (e.size, e.oid, e.lfs and e.lfs.sha256) for path, e in entries.items()
        }
        assert found["publisher"].verified is True
        assert found["history"].complete
        commit = found["answer"].info.sha
        large = session.open_file(REF, commit, entries["model.safetensors"])
        assert await large.read(0, 10) == HEADER
        assert await large.read(15 * GB - 7, 100) == b"the end"
        small = session.open_file(REF, commit, entries["small.bin"])
        assert await small.read(0, 100) == b"\x80\x02."
        odd = session.open_file(REF, commit, entries["ü n%20/read me.md"])
        assert await odd.read(1, 3) == b"ell"
        assert await session.read_file(REF, commit, "config.json", max_bytes=10) == b"{}"
    assert len(acme.api_requests()) == session.meter.api_requests == 4
    assert len(acme.file_requests()) == session.meter.file_requests
    assert acme.cdn.bytes_sent == 10 + 7 + 3
    assert session.redirects == []
    assert acme.whoami_calls == 0


async def test_the_token_is_sent_to_the_hub_only(acme: LoopbackHub) -> None:
    acme.token("hf_good", grants=["acme/encoder"])
    async with client(acme, token="hf_good") as hub:
        found = await audit(hub)
        entries = {entry.path: entry for entry in found["tree"].entries}
        await found["session"].open_file(REF, found["answer"].info.sha, entries["model.safetensors"]).read(0, 10)
    assert not acme.leaks
    assert all("authorization" not in {name.lower() for name in request.headers} for request in acme.cdn.requests)
    assert any("authorization" in {name.lower() for name in request.headers} for request in acme.requests)


async def test_missing_private_gated_and_disabled_are_four_things(acme: LoopbackHub) -> None:
    acme.model("acme/private", files={"a": "b"}, private=True)
    gated = acme.model("acme/gated", files={"a": "b"}, gated="manual")
    acme.model("acme/disabled", files={"a": "b"}, disabled=True)
    async with client(acme) as hub:
        session = hub.session()
        for name in ("acme/none", "acme/private"):
            with pytest.raises(errors.RepoNotFoundError, match="does not exist, is private, or was removed"):
                await session.info(RepoRef.parse(name))
        ref = RepoRef.parse("acme/gated")
        answer = await session.info(ref)
        assert answer.info.gated == "manual"
        with pytest.raises(errors.GatedRepoError):
            await session.history(ref, gated.sha)
        with pytest.raises(ReadRefusedError) as caught:
            await session.open_file(ref, gated.sha, answer.files.entries[-1]).read(0, 1)
        assert caught.value.reason is Reason.GATED
        assert (await session.info(RepoRef.parse("acme/disabled"))).info.disabled is True
        with pytest.raises(errors.RevisionNotFoundError):
            await session.info(REF.at("no-such-branch"))
        with pytest.raises(errors.OwnerNotFoundError):
            await session.publisher("nobody")


@pytest.mark.parametrize(
    ("route", "fault", "kind"),
    [
        ("info", faults.html(), errors.BadAnswerError),
        ("info", faults.error_with_200("broken"), errors.BadAnswerError),
        ("info", faults.error_with_200(), errors.RateLimitedError),
        ("info", faults.body(b"[1]"), errors.BadAnswerError),
        ("info", faults.truncate(5), errors.BadAnswerError),
        ("info", faults.reset(), errors.HubUnreachableError),
        ("info", faults.reset(5), (errors.BadAnswerError, errors.HubUnreachableError)),
        ("info", faults.status(503), errors.HubTroubleError),
        ("info", faults.gzip_bomb(10**9), errors.AnswerTooLargeError),
        ("info", faults.wrong_length(10**6), (errors.BadAnswerError, errors.HubTimeoutError)),
        ("info", faults.not_there(), errors.NotImplementedByHubError),
        ("info", faults.drip(1, 0.02), errors.HubTimeoutError),
        ("info", faults.redirect("{target}"), errors.RedirectRefusedError),
        ("info", faults.redirect("http://127.0.0.1:9/api/models/acme/encoder"), errors.RedirectRefusedError),
    ],
)
async def test_every_trouble_has_its_name(
    acme: LoopbackHub, route: str, fault: faults.Fault, kind: type[Exception] | tuple[type[Exception], ...]
) -> None:
    acme.fault(route, fault)
    async with client(acme, request_timeout=0.3) as hub:
        with pytest.raises(kind):
            await hub.session().info(REF)


@pytest.mark.parametrize("fault", [faults.status(503), faults.reset(), faults.truncate(5), faults.reset(20)])
async def test_trouble_that_passes_is_not_noticed(acme: LoopbackHub, fault: faults.Fault) -> None:
    acme.fault("info", fault, times=1)
    async with client(acme) as hub:
        assert (await hub.session().info(REF)).info.id == "acme/encoder"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.ignore_range(), Reason.RANGE_REFUSED),
        (faults.lying_range("bytes 0-9/999"), Reason.BAD_ANSWER),
        (faults.truncate(3), Reason.BAD_ANSWER),
        (faults.status(403), Reason.FORBIDDEN),
        (faults.reset(), Reason.UNREACHABLE),
    ],
)
async def test_a_cdn_that_misbehaves_is_refused_within_the_budget(
    acme: LoopbackHub, fault: faults.Fault, reason: Reason
) -> None:
    acme.fault("cdn", fault)
    async with client(acme) as hub:
        found = await audit(hub)
        entry = next(entry for entry in found["tree"].entries if entry.path == "model.safetensors")
        with pytest.raises(ReadRefusedError) as caught:
            await found["session"].open_file(REF, found["answer"].info.sha, entry).read(0, 10)
    assert caught.value.reason is reason
    assert found["session"].meter.bytes < 100_000


async def test_an_expired_address_is_replaced(acme: LoopbackHub) -> None:
    async with client(acme) as hub:
        found = await audit(hub)
        entry = next(entry for entry in found["tree"].entries if entry.path == "model.safetensors")
        file = found["session"].open_file(REF, found["answer"].info.sha, entry)
        await file.read(0, 10)
        acme.advance(7200)
        assert await file.read(4, 6) == HEADER[4:]


async def test_a_quota_is_respected_without_a_429(acme: LoopbackHub) -> None:
    acme.quota("api", q=2, w=1)
    async with client(acme, retries=5) as hub:
        session = hub.session()
        for _ in range(3):
            await session.refs(REF)
    assert [request.status for request in acme.api_requests()] == [200, 200, 200]


async def test_a_quota_used_up_for_long_is_said_so(acme: LoopbackHub) -> None:
    acme.quota("api", q=2, w=300)
    async with client(acme) as hub:
        session = hub.session()
        await session.info(REF)
        await session.refs(REF)
        with pytest.raises(errors.RateLimitedError):
            await session.scan(REF)
    assert len(acme.api_requests()) == 2


async def test_a_hub_below_a_prefix_is_a_hub(start_hub: Callable[..., LoopbackHub]) -> None:
    mirror = start_hub(prefix="/artifactory/api/huggingfaceml/x")
    repo = mirror.model(
        "acme/encoder", files={f"f{n}.txt": "x" for n in range(250)} | {"m.bin": Blob(b"abc", size=10**6)}
    )
    mirror.organization("acme")
    mirror.token("hf_x", grants=[])
    mirror.redirect("acme/old", "acme/encoder")
    async with client(mirror, token="hf_x") as hub:
        session = hub.session()
        answer = await session.info(RepoRef.parse("acme/old"))
        assert answer.info.id == "acme/encoder"
        assert [(hop.from_path, hop.to_path) for hop in session.redirects] == [
            ("/api/models/acme/old", "/api/models/acme/encoder")
        ]
        files = await session.tree(REF, repo.sha)
        assert files.complete
        assert len(files.entries) >= 251
        entry = next(entry for entry in files.entries if entry.path == "m.bin")
        assert await session.open_file(REF, repo.sha, entry).read(0, 3) == b"abc"
        assert await session.read_file(REF, repo.sha, "f1.txt", max_bytes=10) == b"x"
        assert [item.id async for item in session.list_repos(RepoType.MODEL, author="acme")] == ["acme/encoder"]


async def test_a_loopback_hub_is_reached_past_a_proxy(acme: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with client(acme) as hub:
        assert (await hub.session().info(REF)).info.id == "acme/encoder"


@pytest.mark.parametrize("route", ["tree", "commits", "organization-overview", "scan"])
async def test_a_mirror_without_an_endpoint_is_told_apart_from_a_missing_repository(
    acme: LoopbackHub, route: str
) -> None:
    acme.unplug(route, "user-overview")
    async with client(acme) as hub:
        session = hub.session()
        commit = (await session.info(REF)).info.sha
        with pytest.raises(errors.NotImplementedByHubError):
            await {
                "tree": lambda: session.tree(REF, commit),
                "commits": lambda: session.history(REF, commit),
                "organization-overview": lambda: session.publisher("acme"),
                "scan": lambda: session.scan(REF),
            }[route]()


async def test_a_recorded_audit_replays_without_the_hub(acme: LoopbackHub, tmp_path: Path) -> None:
    async with client(acme, record=tmp_path) as hub:
        live = await audit(hub)
        entry = next(entry for entry in live["tree"].entries if entry.path == "model.safetensors")
        commit = live["answer"].info.sha
        data = await live["session"].open_file(REF, commit, entry).read(0, 10)
    async with Hub(Settings(replay=tmp_path)) as hub:
        again = await audit(hub)
        assert await again["session"].open_file(REF, commit, entry).read(0, 10) == data
    for key in ("answer", "tree", "history", "publisher"):
        assert again[key] == live[key]
    counts = [(one["session"].meter.api_requests, one["session"].meter.file_requests) for one in (live, again)]
    assert counts[0] == counts[1]


async def test_nobody_listening_is_unreachable() -> None:
    async with Hub(Settings(endpoint="http://127.0.0.1:9", retries=0)) as hub:
        with pytest.raises(errors.HubUnreachableError, match=r"refused|cannot be reached"):
            await hub.session().info(REF)
