from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.hub.conftest import SHA, START, Handler, MakeBench, everything_in, info_body
from tests.hub.test_ranges import DATA, LARGE, Files
from trustaudit import errors
from trustaudit.facts import Reason
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub import Hub
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings

REF = RepoRef.parse("org/name")
TOKEN = "hf_abcdefghijklmnop"


def answering(request: httpx.Request) -> httpx.Response:  # noqa: PLR0911 - one per kind of question
    path = request.url.path
    if path.startswith("/api/models/old/"):
        return httpx.Response(307, headers={"location": f"/api/models/org/name?{request.url.query.decode()}"})
    if "/tree/" in path and "cursor" not in str(request.url):
        own, other = f"<https://huggingface.co{path}?cursor=2&expand=true>", "<https://x.example/?token=1>"
        link = f'{own}; rel="next", {other}; rel="other"'
        return httpx.Response(
            200, json=[{"path": "b"}], headers={"link": link, "x-request-id": "r", "set-cookie": "s=1"}
        )
    if "/tree/" in path:
        return httpx.Response(200, json=[{"path": "a"}])
    if "/commits/" in path:
        return httpx.Response(
            401, headers={"x-error-code": "GatedRepo", "ratelimit": '"api";r=9;t=300'}, json={"error": TOKEN}
        )
    if "/overview" in path:
        return httpx.Response(404, json={"error": "nobody"})
    if "/refs" in path:
        raise httpx.ConnectError("refused")
    if path.endswith("/config.json"):
        return httpx.Response(200, content=b'{"a": 1}\n')
    if "/resolve/" in path or request.url.host != "huggingface.co":
        return FILES(request)
    return httpx.Response(200, json=info_body())


FILES = Files()


async def everything(hub: Hub) -> list[object]:
    """All that an audit may ask, errors as they are said."""
    session = hub.session()
    file = session.open_file(REF, SHA, LARGE)
    asked = [
        session.info(RepoRef.parse("old/name")),
        session.tree(REF, SHA),
        session.history(REF, SHA),
        session.publisher("org"),
        session.refs(REF),
        session.read_file(REF, SHA, "config.json", max_bytes=100),
        file.read(0, 1000),
        file.read(5000, 1000),
    ]
    return [*[await said(question) for question in asked], session.redirects, session.meter]


async def said(question: Awaitable[object]) -> object:
    try:
        return await question
    except errors.HubError as error:
        return type(error), error.what, error.cause, error.advice
    except ReadRefusedError as error:
        return error.reason, error.what


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def record(bench: MakeBench, folder: Path, handler: Handler = answering, **settings: object) -> list[object]:
    test = bench(handler, record=folder, retries=0, token=TOKEN, **settings)
    return await everything(test.hub())


async def test_a_recording_answers_like_the_hub_did(bench: MakeBench, tmp_path: Path) -> None:
    live = await record(bench, tmp_path / "rec")
    test = bench(lambda request: pytest.fail(f"asked {request.url}"), replay=tmp_path / "rec")
    hub = test.hub()
    assert await everything(hub) == live
    assert hub.now() == START
    assert hub.session().now() == START
    assert hub.authenticated is True


async def test_a_replay_needs_no_network_at_all(bench: MakeBench, tmp_path: Path) -> None:
    live = await record(bench, tmp_path)
    async with Hub(Settings(replay=tmp_path, offline=True, endpoint="https://mirror.example/hub")) as hub:
        assert (await everything(hub))[:-2] == live[:-2]


async def test_recording_again_changes_nothing_but_the_time(bench: MakeBench, tmp_path: Path) -> None:
    await record(bench, tmp_path / "one")
    FILES.resolved += 5
    test = bench(answering, record=tmp_path / "two", retries=0, token=TOKEN)
    test.clock.advance(10_000)
    await everything(test.hub())
    one, two = ({path.name: path.read_text() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one.pop("recording.json") != two.pop("recording.json")
    assert one == two
    assert len(one) == 12


async def test_nothing_secret_is_recorded(bench: MakeBench, tmp_path: Path) -> None:
    await record(bench, tmp_path)
    text = everything_in(tmp_path)
    for secret in (TOKEN, "Signature", "Authorization", "Bearer", "cookie", "ratelimit", "request-id", "x.example"):
        assert secret.lower() not in text.lower()
    assert "*" * len(TOKEN) in text
    head = json.loads((tmp_path / "recording.json").read_text())
    assert head["authenticated"] is True
    assert head["recorded_at"].startswith("2026-11-22T12:00")


async def test_names_tell_what_was_asked(bench: MakeBench, tmp_path: Path) -> None:
    await record(bench, tmp_path)
    names = names_in(tmp_path)
    for part in (
        "hub_GET_api_models_old_name_",
        f"hub_GET_api_models_org_name_tree_{SHA}_",
        "cdn_GET_xet_1_bytes-0-999_",
    ):
        assert sum(name.startswith(part) for name in names) >= 1, (part, names)
    content = json.loads(everything_in(tmp_path, "*commits*"))
    assert content["request"]["query"] == [["limit", "100"]]
    assert content["answer"]["status"] == 401


async def test_ranges_within_recorded_ones_are_answered(bench: MakeBench, tmp_path: Path) -> None:
    await record(bench, tmp_path)
    file = bench([], replay=tmp_path).hub().session().open_file(REF, SHA, LARGE)
    assert await file.read(100, 200) == DATA[100:300]
    assert await file.read(5999, 1) == DATA[5999:6000]
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(900, 200)
    assert caught.value.reason is Reason.NOT_RECORDED


async def test_ranges_of_a_recorded_whole_are_answered(bench: MakeBench, tmp_path: Path) -> None:
    test = bench(Files(headers={}), record=tmp_path)
    await test.hub().session().read_file(REF, SHA, "model.bin", max_bytes=10**7)
    file = bench([], replay=tmp_path).hub().session().open_file(REF, SHA, LARGE)
    assert await file.read(123, 456) == DATA[123 : 123 + 456]
    assert await file.read(len(DATA) - 5, 100) == DATA[-5:]


async def test_a_recording_made_behind_a_prefix_serves_any_endpoint(bench: MakeBench, tmp_path: Path) -> None:
    prefix = "/artifactory/api/hf"

    def below(request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith(prefix)
        path = request.url.raw_path.decode().removeprefix(prefix)
        return answering(httpx.Request(request.method, f"https://huggingface.co{path}", headers=request.headers))

    def mirror(request: httpx.Request) -> httpx.Response:
        if request.url.host != "host.example":
            return FILES(request)
        answer = below(request)
        if "link" in answer.headers:
            answer.headers["link"] = answer.headers["link"].replace(
                "https://huggingface.co", f"https://host.example{prefix}"
            )
        return answer

    live = await record(bench, tmp_path, mirror, endpoint=f"https://host.example{prefix}")
    assert [entry.path for entry in live[1].entries] == ["a", "b"]
    assert live[0].info.id == "org/name"
    replayed = await everything(bench([], replay=tmp_path).hub())
    assert replayed[:-2] == live[:-2]


async def test_what_was_not_recorded_is_said_so(bench: MakeBench, tmp_path: Path) -> None:
    await record(bench, tmp_path)
    session = bench([], replay=tmp_path).hub().session()
    with pytest.raises(errors.NotRecordedError, match="/api/models/other/name"):
        await session.info(RepoRef.parse("other/name"))
    with pytest.raises(errors.NotRecordedError):
        await session.scan(REF)


async def test_replays_and_recordings_leave_the_cache_alone(bench: MakeBench, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    await bench(answering, cache_dir=cache).hub().session().info(REF)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*.entry")}
    test = bench(answering, cache_dir=cache, record=tmp_path / "rec")
    await test.hub().session().info(REF)
    assert len(test.requests) == 1, "a recording asks even for what is cached"
    hub = bench([], cache_dir=cache, replay=tmp_path / "rec").hub()
    hub.session().put_blob("key", b"x")
    assert hub.session().get_blob("key") is None
    assert len(list(cache.rglob("*.entry"))) == len(before)


async def test_a_local_cdn_is_recorded_without_its_port(bench: MakeBench, tmp_path: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.port == 9000:
            return httpx.Response(200, content=b"data")
        return httpx.Response(302, headers={"location": "http://127.0.0.1:9000/blob/1?Signature=s"})

    test = bench(handler, record=tmp_path, endpoint="http://127.0.0.1:8000")
    await test.hub().session().read_file(REF, SHA, "a", max_bytes=10)
    recorded = everything_in(tmp_path, "hub_*") + everything_in(tmp_path, "recording.json")
    assert "9000" not in recorded
    assert "8000" not in recorded
    assert await bench([], replay=tmp_path).hub().session().read_file(REF, SHA, "a", max_bytes=10) == b"data"


@pytest.mark.parametrize(
    "body", [b"", b"plain", b"\xff\x00", b'{"a":1}', b'{"a": 1}', b'{"a":1,"a":2}', b"[" * 5000, '"ü\\u0000"'.encode()]
)
async def test_bodies_come_back_byte_for_byte(bench: MakeBench, tmp_path: Path, body: bytes) -> None:
    handler = httpx.Response(200, content=body)
    for settings in ({"record": tmp_path}, {"replay": tmp_path}):
        session = bench(handler, **settings).hub().session()
        assert await session.read_file(REF, SHA, "a", max_bytes=10_000) == body


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "recording.json").unlink(),
        lambda folder: (folder / "recording.json").write_text("{"),
        lambda folder: (folder / "recording.json").write_text("[]"),
        lambda folder: (folder / "recording.json").write_text('{"format":9,"recorded_at":"2026-01-01T00:00:00Z"}'),
        lambda folder: (folder / "recording.json").write_text('{"format":1,"recorded_at":"2026-01-01T00:00:00"}'),
        lambda folder: (folder / "x.json").write_text("[]"),
        lambda folder: (folder / "x.json").write_text(
            '{"request":{"site":"hub","method":"GET","path":"/"},"answer":{}}'
        ),
        lambda folder: (folder / "x.json").write_text("[" * 100_000),
        lambda folder: (folder / "x.json").write_bytes(b"\xff"),
    ],
)
async def test_a_recording_that_does_not_hold_is_an_input_error(
    bench: MakeBench, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    await record(bench, tmp_path)
    damage(tmp_path)
    with pytest.raises(errors.FileInputError):
        bench([], replay=tmp_path).hub()


def test_a_folder_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(errors.FileInputError):
        Hub(Settings(replay=tmp_path / "none"))


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.StoreError):
        Hub(Settings(record=tmp_path / "file"))
