from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.hub.conftest import SHA, Handler, MakeBench, Raw, gzipped, info_body, raw
from trustaudit import errors
from trustaudit.hub import Hub, backoff
from trustaudit.hub.network import user_agent
from trustaudit.refs import RepoRef
from trustaudit.settings import Settings
from trustaudit.snapshot import FileEntry

REF = RepoRef.parse("org/name")
OK = httpx.Response(200, json=info_body())
BUSY = httpx.Response(503)


def failing(*errors_or_answers: Exception | httpx.Response) -> Handler:
    """A handler that raises or answers in order, the last one for ever."""
    queue = list(errors_or_answers)

    def handler(_request: httpx.Request) -> httpx.Response:
        step = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)

    return handler


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
async def test_trouble_that_passes_is_waited_out(bench: MakeBench, status: int) -> None:
    test = bench(failing(httpx.Response(status), httpx.Response(status), OK))
    assert (await test.hub().session().info(REF)).info.id == "org/name"
    assert len(test.sleeps) == 2
    assert 0 <= test.sleeps[0] <= 0.5
    assert 0 <= test.sleeps[1] <= 1.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 418, 501])
async def test_what_will_not_pass_is_not_asked_again(bench: MakeBench, status: int) -> None:
    test = bench(failing(httpx.Response(status)))
    with pytest.raises(errors.HubError):
        await test.hub().session().refs(REF)
    assert len(test.requests) == 1


async def test_retries_are_bounded(bench: MakeBench) -> None:
    test = bench(failing(BUSY), retries=3)
    session = test.hub().session()
    with pytest.raises(errors.HubTroubleError):
        await session.info(REF)
    assert len(test.requests) == session.meter.api_requests == 4


async def test_one_question_does_not_use_up_the_time_of_an_audit(bench: MakeBench) -> None:
    test = bench(failing(httpx.Response(503, headers={"retry-after": "20"})), audit_timeout=120)
    with pytest.raises(errors.HubTroubleError):
        await test.hub().session().info(REF)
    assert test.sleeps == [20.0]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectTimeout("x"), errors.HubTimeoutError),
        (httpx.ReadTimeout("x"), errors.HubTimeoutError),
        (httpx.PoolTimeout("x"), errors.HubTimeoutError),
        (httpx.ConnectError("[Errno -2] Name or service not known"), errors.HubUnreachableError),
        (httpx.ConnectError("Connection refused"), errors.HubUnreachableError),
        (httpx.ReadError("reset"), errors.HubUnreachableError),
        (httpx.ProxyError("407"), errors.HubUnreachableError),
        (httpx.RemoteProtocolError("peer closed"), errors.BadAnswerError),
        (ConnectionResetError("x"), errors.HubUnreachableError),
    ],
)
async def test_a_lost_connection_is_tried_again_then_named(
    bench: MakeBench, failure: Exception, kind: type[Exception]
) -> None:
    test = bench(failing(failure, OK))
    assert (await test.hub().session().info(REF)).info.id == "org/name"
    test = bench(failing(failure), retries=1)
    with pytest.raises(kind):
        await test.hub().session().info(REF)
    assert len(test.requests) == 2


async def test_a_certificate_that_does_not_hold_is_not_tried_again(bench: MakeBench) -> None:
    test = bench(failing(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")))
    with pytest.raises(errors.HubUnreachableError, match="certificate") as caught:
        await test.hub().session().info(REF)
    assert "SSL_CERT_FILE" in caught.value.advice
    assert len(test.requests) == 1


async def test_words_of_the_http_library_are_not_passed_on(bench: MakeBench) -> None:
    secret = "hf_tokentokentoken"
    for failure in (httpx.LocalProtocolError(f"Illegal header value b'Bearer {secret}'"), httpx.ConnectError(secret)):
        with pytest.raises(errors.HubError) as caught:
            await bench(failing(failure), token=secret, retries=0).hub().session().info(REF)
        assert secret not in caught.value.diagnostics()


def limited(**headers: str) -> httpx.Response:
    return httpx.Response(429, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("answer", "slept"),
    [
        (limited(ratelimit='"api";r=0;t=10', retry_after="3"), 11.0),
        (limited(ratelimit='"api";r=0;t=10'), 11.0),
        (limited(retry_after="7"), 7.0),
        (limited(retry_after="Sun, 22 Nov 2026 12:00:30 GMT"), 30.0),
    ],
)
async def test_a_rate_limit_is_waited_out_as_told(bench: MakeBench, answer: httpx.Response, slept: float) -> None:
    test = bench(failing(answer, OK))
    await test.hub().session().info(REF)
    assert test.sleeps[0] == slept
    assert sum(test.sleeps) <= slept + 0.001


async def test_a_429_amid_a_window_holds_all_as_long_as_it_says_and_no_longer(bench: MakeBench) -> None:
    plenty = httpx.Response(200, json=info_body(), headers={"ratelimit": '"api";r=400;t=200'})
    test = bench(failing(plenty, limited(retry_after="3"), OK))
    hub = test.hub()
    await hub.session().info(REF)
    await hub.session().info(REF)
    assert 2.9 < sum(test.sleeps) <= 3.01


async def test_a_429_amid_a_window_that_tells_nothing_is_as_other_trouble(bench: MakeBench) -> None:
    test = bench(failing(limited(ratelimit='"api";r=400;t=200'), OK))
    await test.hub().session().info(REF)
    assert len(test.sleeps) == 1
    assert test.sleeps[0] <= 0.5


async def test_a_429_that_does_not_pass_though_requests_are_left_is_waited_out_with_the_window(
    bench: MakeBench,
) -> None:
    answers = [*[limited(ratelimit='"api";r=400;t=30')] * 3, OK]
    test = bench(lambda _: answers.pop(0), retries=2)
    await test.hub().session().info(REF)
    assert 30.9 < test.sleeps[-1] <= 31
    assert len(test.sleeps) == 3


async def test_a_long_run_waits_for_a_hub_that_refuses_and_tells_nothing(bench: MakeBench) -> None:
    answers = [*[limited()] * 6, OK]
    test = bench(lambda _: answers.pop(0), retries=2, quota_seconds=3600)
    await test.hub().session().info(REF)
    assert answers == []
    assert [round(slept) for slept in test.sleeps[2:]] == [20] * 4


@pytest.mark.parametrize("at_once", ["0", "Sun, 22 Nov 2020 12:00:30 GMT"])
async def test_a_hub_that_says_at_once_is_not_asked_at_once(bench: MakeBench, at_once: str) -> None:
    test = bench(lambda _: limited(retry_after=at_once), retries=3)
    with pytest.raises(errors.RateLimitedError):
        await test.hub().session().info(REF)
    assert len(test.requests) == 4
    assert len(test.sleeps) == 3


async def test_a_rate_limit_beyond_the_audits_time_is_said_at_once(bench: MakeBench) -> None:
    test = bench(failing(limited(ratelimit='"api";r=0;t=300')), audit_timeout=120)
    hub = test.hub()
    with pytest.raises(errors.RateLimitedError):
        await hub.session().info(REF)
    assert test.sleeps == []
    assert len(test.requests) == 1
    with pytest.raises(errors.RateLimitedError):  # everyone else knows now
        await hub.session().info(REF)
    assert len(test.requests) == 1


async def test_a_used_up_window_is_waited_for_instead_of_provoking_a_429(bench: MakeBench) -> None:
    spent = httpx.Response(200, json=info_body(), headers={"ratelimit": '"api";r=0;t=20'})
    test = bench(failing(spent, OK))
    hub = test.hub()
    await hub.session().info(REF)
    await hub.session().info(REF)
    (slept,) = test.sleeps
    assert 20 < slept <= 21
    assert len(test.requests) == 2


async def test_a_window_that_is_not_used_up_does_not_delay_a_retry(bench: MakeBench) -> None:
    busy = httpx.Response(503, headers={"ratelimit": '"api";r=400;t=200'})
    test = bench(failing(busy, OK))
    await test.hub().session().info(REF)
    assert test.sleeps[0] <= 0.5


async def test_a_cdn_cannot_slow_the_hub_down(bench: MakeBench) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co":
            return httpx.Response(302, headers={"location": "https://cdn.example/x"})
        limits = '"cdn";r=0;t=300, "resolvers";r=0;t=300, "api";r=0;t=300'
        return httpx.Response(200, content=b"x", headers={"ratelimit": limits})

    session = bench(handler).hub().session()
    for _ in range(3):
        assert await session.read_file(REF, SHA, "x", max_bytes=10) == b"x"


async def test_those_who_queue_are_counted_against_what_is_left(bench: MakeBench) -> None:
    left = iter(range(3, -1, -1))
    waiting: list[int] = []

    async def handler(_request: httpx.Request) -> httpx.Response:
        waiting.append(1)
        await asyncio.sleep(0)
        return httpx.Response(200, json=info_body(), headers={"ratelimit": f'"api";r={max(0, next(left, 0))};t=300'})

    hub = bench(handler, concurrency=1).hub()
    await hub.session().info(REF)
    done = await asyncio.gather(*(hub.session().info(REF) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, errors.RateLimitedError) for one in done) == 7
    assert len(waiting) == 4


async def test_file_reads_have_a_quota_of_their_own(bench: MakeBench) -> None:
    spent = httpx.Response(200, json=info_body(), headers={"ratelimit": '"api";r=0;t=300'})
    test = bench(failing(spent, httpx.Response(200, content=b"x")))
    session = test.hub().session()
    await session.info(REF)
    assert await session.read_file(REF, SHA, "x", max_bytes=10) == b"x"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: raw(b"{}", content_length="5"),
        lambda: raw(b'{"id"', content_encoding="gzip"),
        lambda: raw(*gzipped(info_body()).stream.chunks[0][:-9:1].partition(b"\0"), content_encoding="gzip"),
    ],
)
async def test_a_truncated_answer_is_asked_for_again(bench: MakeBench, broken: Callable[[], httpx.Response]) -> None:
    answers = [broken(), OK]
    test = bench(lambda _: answers.pop(0))
    assert (await test.hub().session().info(REF)).info.id == "org/name"
    test = bench(lambda _: broken(), retries=1)
    with pytest.raises(errors.BadAnswerError):
        await test.hub().session().info(REF)
    assert len(test.requests) == 2


async def test_compressed_answers_are_read(bench: MakeBench) -> None:
    test = bench(lambda _: gzipped(info_body()))
    session = test.hub().session()
    assert (await session.info(REF)).info.id == "org/name"
    assert test.requests[0].headers["accept-encoding"] == "gzip"
    assert session.meter.bytes < 200, "bytes are counted as they came over the wire"


async def test_an_endless_answer_is_left_at_its_bound(bench: MakeBench) -> None:
    endless = Raw(*[b"x" * 65536] * 1000)
    test = bench(lambda _: httpx.Response(200, stream=endless))
    with pytest.raises(errors.AnswerTooLargeError):
        await test.hub().session().info(REF)
    assert endless.taken <= 8 * 1024 * 1024 + 65536
    assert endless.closed


async def test_an_endless_error_page_is_left_too(bench: MakeBench) -> None:
    endless = Raw(*[b"x" * 65536] * 1000)
    test = bench(lambda _: httpx.Response(404, stream=endless))
    with pytest.raises(errors.NotImplementedByHubError):
        await test.hub().session().refs(REF)
    assert endless.taken <= 2 * 65536


class Dripping(httpx.AsyncByteStream):
    """Never times out between two bytes, never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.001)
            yield b" "


async def test_a_slow_drip_ends_with_the_time_of_the_request(bench: MakeBench) -> None:
    test = bench(lambda _: httpx.Response(200, stream=Dripping()), request_timeout=0.01, retries=1)
    with pytest.raises(errors.HubTimeoutError):
        await test.hub().session().info(REF)
    assert len(test.requests) == 2


async def test_a_slow_drip_ends_with_the_time_of_the_audit(bench: MakeBench) -> None:
    test = bench(lambda _: httpx.Response(200, stream=Dripping()), audit_timeout=0.05, retries=1)
    session = test.hub().session()
    with pytest.raises(errors.HubTimeoutError):
        await session.info(REF)
    with pytest.raises(errors.HubTimeoutError, match="used up"):
        await session.info(REF)
    assert len(test.requests) == 1


async def test_no_more_than_so_many_requests_at_a_time(bench: MakeBench) -> None:
    now = most = 0

    async def handler(_request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return httpx.Response(200, json=info_body())

    hub = bench(handler, concurrency=3).hub()
    await asyncio.gather(*(hub.session().info(REF) for _ in range(12)))
    assert most == 3


async def test_the_token_goes_to_the_hub_and_nowhere_else(bench: MakeBench) -> None:
    signed = "https://us.aws.cdn.hf.co/xet/1?Signature=secret"

    def handler(request: httpx.Request) -> httpx.Response:
        cookie = {"set-cookie": "session=s; Domain=hf.co; Path=/"}
        if request.url.host == "us.aws.cdn.hf.co":
            return httpx.Response(206, content=b"x" * 10, headers={"content-range": "bytes 0-9/100000", **cookie})
        if "/resolve/" in request.url.path:
            return httpx.Response(302, headers={"location": signed, **cookie})
        return httpx.Response(200, json=info_body(), headers=cookie)

    test = bench(handler, token="hf_secret")
    session = test.hub().session()
    await session.info(REF)
    await session.open_file(REF, SHA, FileEntry(path="m.bin", size=100_000)).read(0, 10)
    sent = {(request.url.host, request.headers.get("authorization")) for request in test.requests}
    assert sent == {("huggingface.co", "Bearer hf_secret"), ("us.aws.cdn.hf.co", None)}
    assert not any("cookie" in request.headers for request in test.requests)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://huggingface.co:8443",
        "https://evil.huggingface.co",
        "https://huggingface.co.evil.example",
        "https://hf.co",
    ],
)
async def test_another_port_or_host_is_another_origin(bench: MakeBench, elsewhere: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co" and request.url.port is None:
            return httpx.Response(302, headers={"location": f"{elsewhere}/x"})
        return httpx.Response(200, content=b"data")

    test = bench(handler, token="hf_secret")
    await test.hub().session().read_file(REF, SHA, "a", max_bytes=10)
    assert [("authorization" in request.headers) for request in test.requests] == [True, False]


async def test_a_host_that_sends_back_to_the_hub_is_refused(bench: MakeBench) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co":
            return httpx.Response(302, headers={"location": "https://cdn.example/x"})
        return httpx.Response(302, headers={"location": "https://huggingface.co/api/whoami-v2"})

    test = bench(handler, token="hf_secret")
    with pytest.raises(errors.RedirectRefusedError):
        await test.hub().session().read_file(REF, SHA, "a", max_bytes=10)
    assert len(test.requests) == 2


async def test_netrc_and_addresses_add_no_credentials(
    bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine huggingface.co login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    test = bench(OK)
    await test.hub().session().info(REF)
    assert "authorization" not in test.requests[0].headers


async def test_signed_addresses_and_tokens_are_not_logged(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    signed = "https://us.aws.cdn.hf.co/xet/1?Signature=verysecret"

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "huggingface.co":
            return httpx.Response(302, headers={"location": signed})
        return httpx.Response(200, content=b"x")

    await bench(handler, token="hf_secret").hub().session().read_file(REF, SHA, "a", max_bytes=10)
    assert "secret" not in caplog.text
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        await client.get("https://example.org/")
    assert "example.org" in caplog.text, "other users of the library keep their logs"


async def test_settings_of_the_environment_that_do_not_hold_are_hub_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://proxy:1")
    async with Hub(Settings(retries=0)) as hub:
        with pytest.raises(errors.HubUnreachableError, match="no request"):
            await hub.session().info(REF)


async def test_offline_asks_nobody(bench: MakeBench) -> None:
    test = bench(OK, offline=True)
    hub = test.hub()
    with pytest.raises(errors.OfflineError):
        await hub.session().info(REF)
    assert test.requests == []


def test_the_delay_is_spread_over_a_bound_that_doubles() -> None:
    assert [backoff.delay(n, lambda _low, high: high) for n in range(7)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff.delay(10**6, lambda _low, high: high) == 8


def test_the_user_agent_holds_no_line_breaks() -> None:
    assert "\n" not in user_agent("a\nb")
