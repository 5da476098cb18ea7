from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.hub.conftest import SHA, MakeBench, Raw, everything_in
from trustaudit.facts import Reason
from trustaudit.formats.interface import ReadRefusedError
from trustaudit.hub.ranges import SMALL
from trustaudit.refs import RepoRef
from trustaudit.snapshot import FileEntry, Lfs

REF = RepoRef.parse("org/name")
DATA = bytes(range(251)) * 4000
HASH = "c" * 64
LARGE = FileEntry(path="model.bin", size=len(DATA), lfs=Lfs(sha256=HASH, size=len(DATA)))
SIGNED = "https://us.aws.cdn.hf.co/xet/1?Signature=s{}"


@dataclass
class Files:
    """A Hub and a CDN with one file; ``spoil`` may replace any CDN answer."""

    data: bytes = DATA
    headers: dict[str, str] = field(default_factory=lambda: {"x-linked-etag": f'"{HASH}"', "x-repo-commit": SHA})
    spoil: object = None
    resolved: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co":
            self.resolved += 1
            size = {"x-linked-size": str(len(self.data))} if "x-linked-size" not in self.headers else {}
            headers = {"location": SIGNED.format(self.resolved), **size, **self.headers}
            return httpx.Response(302, headers=headers, content=b"Found. Redirecting")
        spoilt = self.spoil(request) if callable(self.spoil) else None
        return spoilt if spoilt is not None else partial(self.data, request)


def span_of(request: httpx.Request) -> tuple[int, int]:
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["range"])
    return int(match.group(1)), int(match.group(2))


def partial(data: bytes, request: httpx.Request, **changed: str) -> httpx.Response:
    if "range" not in request.headers:
        return httpx.Response(200, content=data)
    first, last = span_of(request)
    body = data[first : last + 1]
    headers = {"content-range": f"bytes {first}-{first + len(body) - 1}/{len(data)}", "etag": '"xet"'}
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    return httpx.Response(206, headers=headers, content=body)


async def test_ranges_come_from_the_cdn_by_way_of_the_hub_once(bench: MakeBench) -> None:
    files = Files()
    test = bench(files)
    session = test.hub().session()
    file = session.open_file(REF, SHA, LARGE)
    assert await file.read(0, 100) == DATA[:100]
    assert await file.read(500_000, 1000) == DATA[500_000:501_000]
    assert await file.read(len(DATA) - 10, 100) == DATA[-10:]
    assert await file.read(len(DATA), 10) == b""
    assert await file.read(10, 0) == b""
    assert files.resolved == 1
    assert (file.bytes_read, file.requests) == (1110, 4)
    assert session.meter.file_requests == 4
    assert session.meter.bytes == 1110 + len(b"Found. Redirecting")
    assert session.redirects == []
    assert {request.headers["accept-encoding"] for request in test.requests} == {"identity"}


async def test_parallel_first_reads_ask_for_the_address_once(bench: MakeBench) -> None:
    files = Files()
    file = bench(files).hub().session().open_file(REF, SHA, LARGE)
    parts = await asyncio.gather(*(file.read(offset, 10) for offset in range(0, 100_000, 10_000)))
    assert parts == [DATA[offset : offset + 10] for offset in range(0, 100_000, 10_000)]
    assert files.resolved == 1


async def test_small_files_are_fetched_whole_once(bench: MakeBench) -> None:
    data = b"{}" * 100
    files = Files(data=data, headers={})
    test = bench(files)
    file = test.hub().session().open_file(REF, SHA, FileEntry(path="config.json", size=len(data)))
    assert await file.read(0, 10) == data[:10]
    assert await file.read(150, 100) == data[150:]
    assert (len(test.requests), file.requests, file.bytes_read) == (2, 2, 200)
    assert "range" not in test.requests[0].headers


async def test_small_files_in_git_go_by_way_of_the_resolve_cache(bench: MakeBench) -> None:
    oid = "d" * 40

    def handler(request: httpx.Request) -> httpx.Response:
        if "/resolve-cache/" in request.url.path:
            return httpx.Response(200, content=b"hello", headers={"etag": f'"{oid}"'})
        headers = {
            "location": f"/api/resolve-cache/models/org/name/{SHA}/README.md?etag=x",
            "x-linked-etag": f'"{oid}"',
        }
        return httpx.Response(307, headers=headers)

    test = bench(handler, token="hf_x")
    session = test.hub().session()
    file = session.open_file(REF, SHA, FileEntry(path="README.md", size=5, oid=oid))
    assert await file.read(1, 3) == b"ell"
    assert session.redirects == []
    assert session.meter.api_requests == 0
    assert all("authorization" in request.headers for request in test.requests)
    other = session.open_file(REF, SHA, FileEntry(path="README.md", size=5, oid="e" * 40))
    with pytest.raises(ReadRefusedError, match="git id") as caught:
        await other.read(0, 1)
    assert caught.value.reason is Reason.BAD_ANSWER


async def test_an_expired_address_is_asked_for_anew_once(bench: MakeBench) -> None:
    expired = {1}

    def spoil(request: httpx.Request) -> httpx.Response | None:
        number = int(str(request.url)[-1])
        return httpx.Response(403, content=b"<Error>Request has expired</Error>") if number in expired else None

    files = Files(spoil=spoil)
    file = bench(files).hub().session().open_file(REF, SHA, LARGE)
    assert await file.read(0, 10) == DATA[:10]
    expired.add(2)
    assert await file.read(10, 10) == DATA[10:20]
    assert files.resolved == 3
    expired.update(range(10))
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(20, 10)
    assert caught.value.reason is Reason.FORBIDDEN
    assert files.resolved == 4


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"content_range": f"bytes 0-99/{len(DATA) + 1}"}, "served with"),
        ({"content_range": f"bytes 1-100/{len(DATA)}"}, "1-100 came"),
        ({"content_range": f"bytes 0-98/{len(DATA)}"}, "0-98 came"),
        ({"content_range": "bytes 0-99/*"}, "total"),
        ({"content_range": "bytes */5"}, "without its range"),
        ({"content_range": ""}, "without its range"),
        ({"content_range": "items 0-99/5"}, "without its range"),
        ({"content_range": "bytes 0-99/" + "9" * 40}, "without its range"),
        ({"content_encoding": "br"}, "encoding"),
    ],
)
async def test_a_part_must_be_the_one_that_was_asked_for(bench: MakeBench, changed: dict[str, str], words: str) -> None:
    def spoil(request: httpx.Request) -> httpx.Response:
        answer = partial(DATA, request, **changed)
        return httpx.Response(206, headers=answer.headers, stream=Raw(DATA[:100]))

    file = bench(Files(spoil=spoil), retries=0).hub().session().open_file(REF, SHA, LARGE)
    with pytest.raises(ReadRefusedError, match=words) as caught:
        await file.read(0, 100)
    assert caught.value.reason is Reason.BAD_ANSWER
    assert file.bytes_read == 0


@pytest.mark.parametrize("chunks", [[b"x" * 99], [b"x" * 101], [b"x" * 65536] * 100])
async def test_a_part_of_another_length_is_refused_and_not_read_on(bench: MakeBench, chunks: list[bytes]) -> None:
    body = Raw(*chunks)
    headers = {"content-range": f"bytes 0-99/{len(DATA)}"}
    file = bench(Files(spoil=lambda _: httpx.Response(206, headers=headers, stream=body))).hub().session()
    with pytest.raises(ReadRefusedError):
        await file.open_file(REF, SHA, LARGE).read(0, 100)
    assert body.taken <= len(chunks[0])
    assert body.closed


async def test_a_changed_etag_is_noticed(bench: MakeBench) -> None:
    etags = iter(['"one"', '"one"', '"two"'])
    file = bench(Files(spoil=lambda r: partial(DATA, r, etag=next(etags)))).hub().session().open_file(REF, SHA, LARGE)
    await file.read(0, 10)
    await file.read(10, 10)
    with pytest.raises(ReadRefusedError, match="changed between"):
        await file.read(20, 10)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"x-linked-etag": f'"{"0" * 64}"'}, "SHA-256"),
        ({"x-linked-size": "5"}, "size"),
        ({"x-repo-commit": "f" * 40}, "commit"),
    ],
)
async def test_what_the_hub_serves_must_be_what_it_listed(
    bench: MakeBench, headers: dict[str, str], words: str
) -> None:
    test = bench(Files(headers=headers))
    with pytest.raises(ReadRefusedError, match=words) as caught:
        await test.hub().session().open_file(REF, SHA, LARGE).read(0, 100)
    assert caught.value.reason is Reason.BAD_ANSWER
    assert len(test.requests) == 1


@pytest.mark.parametrize("announce", [True, False])
async def test_a_whole_file_in_place_of_a_range_is_not_taken(bench: MakeBench, announce: bool) -> None:
    size = 10**9
    body = Raw(*[b"x" * 65536] * 100)
    headers = {"content-length": str(size)} if announce else {}
    entry = FileEntry(path="m.bin", size=size, lfs=Lfs(sha256=HASH))
    files = Files(headers={}, spoil=lambda _: httpx.Response(200, headers=headers, stream=body))
    files.headers["x-linked-size"] = str(size)
    file = bench(files).hub().session().open_file(REF, SHA, entry)
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(0, 100)
    assert caught.value.reason is Reason.RANGE_REFUSED
    assert body.taken <= (0 if announce else 65536)
    assert body.closed
    assert file.bytes_read == 0


async def test_a_whole_file_that_is_little_is_taken(bench: MakeBench) -> None:
    data = DATA[: 2 * SMALL]
    entry = FileEntry(path="m.bin", size=len(data))
    test = bench(Files(data=data, headers={}, spoil=lambda _: httpx.Response(200, content=data)))
    file = test.hub().session().open_file(REF, SHA, entry)
    assert await file.read(100, 10) == data[100:110]
    assert await file.read(len(data) - 5, 10) == data[-5:]
    assert len(test.requests) == 2
    assert file.bytes_read == len(data)
    wrong = FileEntry(path="m.bin", size=len(data) + 1)
    with pytest.raises(ReadRefusedError, match=r"size|listed"):
        await test.hub().session().open_file(REF, SHA, wrong).read(0, 10)


@pytest.mark.parametrize("size", [10, SMALL])
@pytest.mark.parametrize("served", [-1, 1, 10**7])
async def test_a_small_file_of_another_size_is_refused(bench: MakeBench, size: int, served: int) -> None:
    total = size + served
    body = Raw(*[bytes(min(65536, total - start)) for start in range(0, total, 65536)])
    test = bench(lambda _: httpx.Response(200, stream=body))
    file = test.hub().session().open_file(REF, SHA, FileEntry(path="a", size=size))
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(0, 5)
    assert caught.value.reason is Reason.BAD_ANSWER
    assert body.taken <= size + 65536, "no more is taken than the chunk that went beyond"


async def test_budgets_of_file_and_audit_hold(bench: MakeBench) -> None:
    test = bench(Files(), file_bytes=1000, audit_bytes=1500)
    session = test.hub().session()
    first, second = session.open_file(REF, SHA, LARGE), session.open_file(REF, SHA, LARGE)
    await first.read(0, 900)
    before = len(test.requests)
    with pytest.raises(ReadRefusedError) as caught:
        await first.read(900, 101)
    assert caught.value.reason is Reason.BUDGET_SPENT
    assert len(test.requests) == before
    await second.read(0, 400)
    with pytest.raises(ReadRefusedError, match="budget"):
        await second.read(400, 300)
    assert len(await second.read(400, 100)) == 100


async def test_parallel_reads_cannot_overdraw_together(bench: MakeBench) -> None:
    session = bench(Files(), audit_bytes=1100).hub().session()
    file = session.open_file(REF, SHA, LARGE)
    await file.read(0, 1)
    done = await asyncio.gather(*(file.read(n * 300, 300) for n in range(10)), return_exceptions=True)
    assert sum(isinstance(part, bytes) for part in done) == 3
    assert {part.reason for part in done if isinstance(part, ReadRefusedError)} == {Reason.BUDGET_SPENT}


async def test_a_file_without_a_listed_size_tells_it_itself(bench: MakeBench) -> None:
    entry = FileEntry(path="m.bin")
    file = bench(Files(headers={})).hub().session().open_file(REF, SHA, entry)
    assert await file.known_size() == len(DATA)
    assert await file.read(len(DATA) - 3, 10) == DATA[-3:]
    small = bench(Files(data=b"abc", headers={})).hub().session().open_file(REF, SHA, entry)
    assert await small.known_size() == 3
    assert await small.read(1, 10) == b"bc"
    ignoring = Files(data=b"abc", headers={}, spoil=lambda _: httpx.Response(200, content=b"abc"))
    whole = bench(ignoring).hub().session().open_file(REF, SHA, entry)
    assert await whole.known_size() == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(401, headers={"x-error-code": "GatedRepo"}), Reason.GATED),
        (httpx.Response(403, json={"error": "Access to this resource is disabled."}), Reason.DISABLED),
        (httpx.Response(404, headers={"x-error-code": "EntryNotFound"}), Reason.ENTRY_NOT_FOUND),
        (httpx.Response(416), Reason.RANGE_REFUSED),
        (httpx.Response(500), Reason.SERVER_ERROR),
        (httpx.Response(429), Reason.RATE_LIMITED),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), Reason.REDIRECT_REFUSED),
        (httpx.Response(302), Reason.BAD_ANSWER),
    ],
)
async def test_every_refusal_keeps_its_reason(bench: MakeBench, answer: httpx.Response, reason: Reason) -> None:
    file = bench(answer, retries=0).hub().session().open_file(REF, SHA, LARGE)
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(0, 10)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.BAD_ANSWER),
        (403, Reason.FORBIDDEN),
        (404, Reason.BAD_ANSWER),
        (416, Reason.RANGE_REFUSED),
        (503, Reason.SERVER_ERROR),
        (429, Reason.RATE_LIMITED),
    ],
)
async def test_trouble_of_the_file_store_is_not_the_repositorys(bench: MakeBench, status: int, reason: Reason) -> None:
    test = bench(Files(spoil=lambda _: httpx.Response(status)), retries=0)
    with pytest.raises(ReadRefusedError, match=r"file store|no such byte range") as caught:
        await test.hub().session().open_file(REF, SHA, LARGE).read(0, 10)
    assert caught.value.reason is reason
    with pytest.raises(Exception, match=r"file store|no such byte range"):
        await test.hub().session().read_file(REF, SHA, "a", max_bytes=10)


async def test_a_truncated_part_is_asked_for_again(bench: MakeBench) -> None:
    answers = iter([b"x" * 50, DATA[:100]])

    def spoil(_request: httpx.Request) -> httpx.Response:
        headers = {"content-range": f"bytes 0-99/{len(DATA)}", "content-length": "100"}
        return httpx.Response(206, headers=headers, stream=Raw(next(answers)))

    file = bench(Files(spoil=spoil)).hub().session().open_file(REF, SHA, LARGE)
    assert await file.read(0, 100) == DATA[:100]


async def test_offline_and_absurd_paths_are_refused_without_a_request(bench: MakeBench) -> None:
    test = bench(Files(), offline=True)
    with pytest.raises(ReadRefusedError) as caught:
        await test.hub().session().open_file(REF, SHA, LARGE).read(0, 10)
    assert caught.value.reason is Reason.OFFLINE
    for path in ("../x", "", "a//b", "a/../b"):
        entry = LARGE.model_copy(update={"path": path})
        with pytest.raises(ReadRefusedError):
            await bench(Files()).hub().session().open_file(REF, SHA, entry).read(0, 10)
    assert test.requests == []


async def test_small_files_are_kept_for_the_next_audit(bench: MakeBench, tmp_path: Path) -> None:
    data = b"{}"
    test = bench(Files(data=data, headers={}), cache_dir=tmp_path)
    for _ in range(2):
        file = test.hub().session().open_file(REF, SHA, FileEntry(path="a.json", size=2))
        assert await file.read(0, 2) == data
        assert file.bytes_read == 2
    assert len(test.requests) == 2
    assert "Signature" not in everything_in(tmp_path)


async def test_signed_addresses_show_up_nowhere(bench: MakeBench) -> None:
    files = Files(spoil=lambda _: httpx.Response(404))
    file = bench(files).hub().session().open_file(REF, SHA, LARGE)
    with pytest.raises(ReadRefusedError) as caught:
        await file.read(0, 10)
    assert "Signature" not in repr((caught.value, caught.value.__cause__, file._address))
