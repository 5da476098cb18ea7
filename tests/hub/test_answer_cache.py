from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.hub.conftest import SHA, Clock, MakeBench, info_body
from trustaudit import errors
from trustaudit.hub import Hub
from trustaudit.hub.cache import AnswerCache, Entry
from trustaudit.refs import RepoRef

REF = RepoRef.parse("org/name")
OTHER = "b" * 40


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "cache", max_bytes=10**6, now=Clock())


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.entry"))


def answering(request: httpx.Request) -> httpx.Response:
    scans = {"status": "safe", "avScan": {"status": "safe"}}
    if "/tree/" in request.url.path:
        return httpx.Response(200, json=[{"path": "a", "securityFileStatus": scans}], headers={"x-request-id": "r"})
    if "/commits/" in request.url.path:
        return httpx.Response(200, json=[{"id": SHA}], headers={"x-total-count": "9"})
    if "/users/" in request.url.path:
        return httpx.Response(200, json={"user": "bob"})
    if "/organizations/" in request.url.path:
        return httpx.Response(404, json={"error": "x"})
    if "/resolve/" in request.url.path:
        return httpx.Response(200, content=b"{}", headers={"set-cookie": "a=b"})
    return httpx.Response(200, json=info_body())


async def ask_all(hub: Hub) -> None:
    session = hub.session()
    await session.info(REF)
    await session.tree(REF, SHA)
    await session.history(REF, SHA)
    await session.publisher("bob")
    await session.read_file(REF, SHA, "config.json", max_bytes=10)


def kinds(targets: list[str]) -> list[str]:
    words = ("tree", "commits", "organizations", "users", "resolve")
    return [next((word for word in words if f"/{word}/" in target), "info") for target in targets]


async def test_answers_hold_as_long_as_they_can_be_true(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    expected = [
        (0, ["info", "tree", "commits", "organizations", "users", "resolve"]),
        (30, []),
        (61, ["info"]),
        (3601, ["info", "users"]),
        (6 * 3600, ["info", "tree", "users"]),
    ]
    for seconds, asked in expected:
        test.clock.advance(seconds)
        test.requests.clear()
        await ask_all(test.hub())
        assert kinds(test.targets) == asked, seconds


async def test_answers_from_the_cache_are_counted_and_dated(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    await test.hub().session().info(REF)
    then = test.clock()
    test.clock.advance(30)
    session = test.hub().session()
    await session.info(REF)
    assert (session.meter.api_requests, session.meter.cached_answers, session.meter.oldest_answer) == (0, 1, then)
    assert session.meter.cost().oldest_answer == then


@pytest.mark.parametrize(
    "scans",
    [None, {"status": "queued"}, {"status": "safe", "jFrogScan": {"status": "queued"}}],
)
async def test_verdicts_still_to_come_are_asked_for_again_soon(
    bench: MakeBench, tmp_path: Path, scans: dict[str, object] | None
) -> None:
    entry = {"path": "a", **({"securityFileStatus": scans} if scans else {})}
    test = bench(httpx.Response(200, json=[entry]), cache_dir=tmp_path / "c")
    for seconds, asked in ((0, 1), (200, 1), (101, 2)):
        test.clock.advance(seconds)
        await test.hub().session().tree(REF, SHA)
        assert len(test.requests) == asked


async def test_a_pinned_info_answer_expires_too(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    await test.hub().session().info(REF.at(SHA))
    test.clock.advance(61)
    await test.hub().session().info(REF.at(SHA))
    assert len(test.requests) == 2, "a repository may be disabled without a new commit"


async def test_redirects_of_cached_answers_are_facts_still(bench: MakeBench, tmp_path: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if "/old/" in request.url.path:
            return httpx.Response(307, headers={"location": "/api/models/new/name"})
        return httpx.Response(200, json=info_body(id="new/name"))

    test = bench(handler, cache_dir=tmp_path / "c")
    for _ in range(2):
        session = test.hub().session()
        await session.info(RepoRef.parse("old/name"))
        assert [hop.to_path for hop in session.redirects] == ["/api/models/new/name"]
    assert len(test.requests) == 2


async def test_tokens_and_hubs_never_share_answers(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    for settings in ({}, {"token": "hf_a"}, {"token": "hf_b"}, {"endpoint": "https://mirror.example"}):
        await test.hub(**settings).session().info(REF)
    assert len(test.requests) == 4
    stored = b"".join(path.read_bytes() for path in entries(tmp_path))
    assert b"hf_a" not in stored


async def test_neither_errors_nor_answers_that_cannot_be_read_are_kept(bench: MakeBench, tmp_path: Path) -> None:
    for answer in (httpx.Response(401), httpx.Response(200, text="<html>"), httpx.Response(200, json={"no": "id"})):
        test = bench(answer, cache_dir=tmp_path / "c")
        with pytest.raises(errors.HubError):
            await test.hub().session().info(REF)
    assert entries(tmp_path) == []


async def test_cookies_and_request_ids_are_not_kept(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    await ask_all(test.hub())
    stored = b"".join(path.read_bytes() for path in entries(tmp_path)).lower()
    assert b"cookie" not in stored
    assert b"request-id" not in stored


async def test_offline_answers_at_any_age_and_says_how_old(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    await ask_all(test.hub())
    then = test.clock()
    test.clock.advance(10**7)
    test.requests.clear()
    hub = test.hub(offline=True, refresh=True)
    await ask_all(hub)
    session = hub.session()
    history = await session.history(REF, SHA)
    assert history.total == 9
    assert test.requests == []
    assert session.meter.oldest_answer == then
    with pytest.raises(errors.OfflineError):
        await session.refs(REF)


async def test_refresh_asks_again_and_keeps_the_new_answer(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    for settings, asked in (({}, 1), ({"refresh": True}, 2), ({}, 2), ({"use_cache": False}, 3)):
        await test.hub(**settings).session().history(REF, SHA)
        assert len(test.requests) == asked


async def test_a_fresh_session_takes_only_what_cannot_change_or_was_asked_since(
    bench: MakeBench, tmp_path: Path
) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    hub = test.hub()
    await hub.session().info(REF)
    await hub.session().history(REF, SHA)
    test.clock.advance(1)
    session = hub.session(fresh=True)
    await session.history(REF, SHA)
    assert len(test.requests) == 2
    for _ in range(2):
        await session.info(REF)
    assert len(test.requests) == 3
    await hub.session().info(REF)
    assert len(test.requests) == 3
    await test.hub(offline=True).session(fresh=True).info(REF)


async def test_no_folder_means_no_cache(bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = bench(answering)
    await ask_all(test.hub())
    assert entries(tmp_path) == []


async def test_a_kept_answer_that_cannot_be_read_any_more_is_asked_for(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(answering, cache_dir=tmp_path / "c")
    hub = test.hub()
    await hub.session().history(REF, SHA)
    (path,) = entries(tmp_path)
    head, _, _ = path.read_bytes().partition(b"\n")
    body = b'{"another":"shape"}'
    meta = json.loads(head) | {"sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(json.dumps(meta).encode() + b"\n" + body)
    assert (await hub.session().history(REF, SHA)).total == 9
    assert len(test.requests) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data + b"x",
        lambda data: data.replace(b'"version":1', b'"version":2'),
        lambda data: data.replace(b'"stored":"2026', b'"stored":"xxxx'),
        lambda _: b"[" * 100_000,
        lambda data: b"\xff\xfe" + data,
        lambda _: b'{"version":1}\n',
    ],
)
def test_damaged_entries_are_removed_and_count_as_absent(cache: AnswerCache, damage: Callable[[bytes], bytes]) -> None:
    cache.put("key", Entry({"a": 1}, b"body", cache._now()))
    (path,) = entries(cache.folder)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get("key") is None
    assert entries(cache.folder) == []


def test_an_entry_under_another_name_is_not_believed(cache: AnswerCache) -> None:
    cache.put("one", Entry({}, b"1", cache._now()))
    cache.put("two", Entry({}, b"2", cache._now()))
    first, second = entries(cache.folder)
    second.write_bytes(first.read_bytes())
    assert {cache.get("one") is None, cache.get("two") is None} == {True, False}


def test_entries_expire(cache: AnswerCache) -> None:
    now = cache._now()
    cache.put("key", Entry({}, b"body", now, now + timedelta(seconds=10)))
    assert cache.get("key").body == b"body"
    cache._now.advance(10)
    assert cache.get("key") is None
    assert cache.get("key", any_age=True).body == b"body"


def test_blobs_come_back_by_key(cache: AnswerCache) -> None:
    assert cache.get_blob("k") is None
    cache.put_blob("k", b"\0\n\xff")
    assert cache.get_blob("k") == b"\0\n\xff"
    assert cache.get("k") is None, "answers and blobs are apart"
    cache.put_blob("k\ud800", b"1")
    assert cache.get_blob("k\ud800") == b"1"


def test_the_cache_is_told_and_cleared_without_touching_anything_else(cache: AnswerCache) -> None:
    assert cache.info().entries == 0
    assert cache.info().oldest is None
    cache.put("a", Entry({}, b"x" * 100, cache._now()))
    cache.put_blob("b", b"y")
    bystander = cache.folder / "answers" / "keep.txt"
    bystander.write_text("mine")
    info = cache.info()
    assert (info.path, info.entries) == (cache.folder, 2)
    assert info.bytes > 100
    assert info.oldest is not None
    assert cache.clear() == 2
    assert cache.info().entries == 0
    assert bystander.read_text() == "mine"


def test_the_oldest_go_first_when_it_is_full(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, max_bytes=10_000)
    for number in range(40):
        cache.put_blob(str(number), bytes(500))
        stamp = time.time() - 1000 + number
        for path in tmp_path.rglob("*.entry"):
            if path.stat().st_mtime > stamp + 500:
                os.utime(path, (stamp, stamp))
    info = cache.info()
    assert info.bytes <= 10_000
    assert cache.get_blob("0") is None
    assert cache.get_blob("39") is not None
    cache.put_blob("huge", bytes(9_000))
    assert cache.get_blob("huge") is None, "one entry may not push out all others"


def test_left_over_temporary_files_are_cleared(cache: AnswerCache) -> None:
    cache.put_blob("b", b"y")
    (path,) = entries(cache.folder)
    old, new = path.parent / "old.tmp", path.parent / "new.tmp"
    for temporary in (old, new):
        temporary.write_bytes(b"")
    stamp = cache._now().timestamp()
    os.utime(old, (stamp - 7200, stamp - 7200))
    os.utime(new, (stamp, stamp))
    cache.clear()
    assert not old.exists()
    assert new.exists(), "another process may be writing it"


async def test_a_folder_that_cannot_be_written_is_noted_once(bench: MakeBench, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    test = bench(answering, cache_dir=blocked)
    hub = test.hub()
    await ask_all(hub)
    (note,) = hub.notes
    assert "cannot be written" in note
    assert hub.cache.info().entries == 0
    assert hub.cache.clear() == 0


def test_entries_are_private(cache: AnswerCache) -> None:
    cache.put_blob("b", b"y")
    (path,) = entries(cache.folder)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


WRITER = """
import sys
from pathlib import Path
from trustaudit.hub import Hub
from trustaudit.hub.cache import AnswerCache
cache = AnswerCache(Path(sys.argv[1]), max_bytes=200_000)
for number in range(300):
    key = str(number % 20)
    cache.put_blob(key, (key * 2000).encode())
    found = cache.get_blob(str((number * 7) % 20))
    assert found is None or found == (str((number * 7) % 20) * 2000).encode(), found[:20]
assert cache.note is None, cache.note
"""


def test_processes_may_write_at_the_same_time(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", WRITER, str(tmp_path / "c")]
    running = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) for _ in range(2)]  # noqa: S603 - ourselves
    for process in running:
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()
    cache = AnswerCache(tmp_path / "c", max_bytes=200_000)
    assert 0 < cache.info().entries <= 20
    assert not list(tmp_path.rglob("*.tmp"))
