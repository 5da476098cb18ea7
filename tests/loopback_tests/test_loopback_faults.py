"""Every switch of the loopback Hub does what it says, over a real socket."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx
import pytest

from tests.loopback import Blob, LoopbackHub, faults, presets

INFO = "/api/models/acme/encoder"
TREE = f"{INFO}/tree/main"


@pytest.fixture
def hub(loopback_hub: LoopbackHub) -> LoopbackHub:
    loopback_hub.model("acme/encoder", files={"config.json": "{}", "w.bin": Blob(bytes(range(100)))})
    return loopback_hub


@pytest.fixture
def client(hub: LoopbackHub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.endpoint, timeout=5) as made:
        yield made


def cdn_url(client: httpx.Client) -> str:
    return client.get("/acme/encoder/resolve/main/w.bin").headers["location"]


def test_a_fault_strikes_n_times_and_then_no_more(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.status(503), times=2)
    assert [client.get(TREE).status_code for _ in range(3)] == [503, 503, 200]
    assert client.get(INFO).status_code == 200


def test_a_fault_may_let_some_pass_and_may_be_repaired(hub: LoopbackHub, client: httpx.Client) -> None:
    rule = hub.fault("*/tree/*", faults.status(500), after=1)
    assert [client.get(TREE).status_code for _ in range(3)] == [200, 500, 500]
    hub.repair(rule)
    assert client.get(TREE).status_code == 200


def test_a_fault_may_choose_its_requests(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault(lambda request: request.flag("expand"), faults.html())
    assert client.get(TREE).json()
    assert client.get(TREE, params={"expand": "true"}).text.startswith("<!doctype html>")


@pytest.mark.parametrize("after", [None, 10])
def test_reset(hub: LoopbackHub, client: httpx.Client, after: int | None) -> None:
    hub.fault("tree", faults.reset(after))
    with pytest.raises(httpx.ReadError):
        client.get(TREE)


def test_truncated_bodies_end_early(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.truncate(10))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(TREE)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_truncation_shows_in_both_framings(hub: LoopbackHub, client: httpx.Client, encoding: str) -> None:
    hub.fault("info", faults.truncate(10))
    with pytest.raises((httpx.RemoteProtocolError, httpx.DecodingError)):
        client.get(INFO, params={"blobs": "true", "securityStatus": "true"}, headers={"Accept-Encoding": encoding})


def test_wrong_content_length(hub: LoopbackHub, client: httpx.Client) -> None:
    rule = hub.fault("tree", faults.wrong_length(10_000))
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(TREE)
    hub.repair(rule)
    hub.fault("tree", faults.wrong_length(5))
    assert len(client.get(TREE).content) == 5


def test_slow_drip_and_latency_outlast_a_client(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.drip(chunk=1, delay=60))
    with pytest.raises(httpx.ReadTimeout):
        client.get(TREE, timeout=0.2)
    hub.latency(60, "info")
    with pytest.raises(httpx.ReadTimeout):
        client.get(INFO, timeout=0.2)


def test_a_drip_arrives_whole(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.drip(chunk=7, delay=0))
    assert len(client.get(TREE).json()) == 2


def test_answers_that_are_not_what_they_seem(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.error_with_200("too many requests"))
    assert client.get(TREE).json() == {"error": "too many requests"}
    hub.repair()
    hub.fault("tree", faults.body(b'{"type":', content_type="application/json"))
    assert client.get(TREE).status_code == 200
    hub.repair()
    hub.fault("tree", faults.nested_json(100_000))
    assert client.get(TREE).text.startswith("[[[[")


def test_a_range_may_be_ignored_or_lied_about(hub: LoopbackHub, client: httpx.Client) -> None:
    url = cdn_url(client)
    rule = hub.fault("cdn", faults.ignore_range())
    whole = httpx.get(url, headers={"Range": "bytes=0-9"})
    assert (whole.status_code, len(whole.content)) == (200, 100)
    hub.repair(rule)
    hub.fault("cdn", faults.lying_range("bytes 50-59/77"))
    lie = httpx.get(url, headers={"Range": "bytes=0-9"})
    assert (lie.status_code, lie.headers["content-range"], lie.content) == (206, "bytes 50-59/77", bytes(range(10)))


def test_a_gzip_bomb_unpacks_to_its_size(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.gzip_bomb(64 * 2**20))
    with client.stream("GET", TREE) as answer:
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 100_000
    assert len(zlib.decompress(packed, wbits=31)) == 64 * 2**20


def test_signed_addresses_expire_and_cannot_be_edited(hub: LoopbackHub, client: httpx.Client) -> None:
    url = cdn_url(client)
    assert httpx.get(url).status_code == 200
    assert httpx.get(url.replace("Expires=1", "Expires=2")).status_code == 403
    hub.advance(3601)
    assert httpx.get(url).status_code == 403
    hub.cdn.lifetime = 0
    assert httpx.get(cdn_url(client)).status_code == 403


def test_an_unplugged_endpoint_has_no_codes_and_no_hub_headers(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.unplug("tree", "scan")
    for path in (TREE, f"{INFO}/scan"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "text/html" in answer.headers["content-type"]
        assert not {"x-error-code", "x-error-message", "x-request-id", "ratelimit"} & set(answer.headers)
    assert client.get(INFO).status_code == 200


def test_redirects_to_anywhere(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("tree", faults.redirect(hub.cdn.url("/elsewhere")))
    assert client.get(TREE).headers["location"] == f"{hub.cdn.origin}/elsewhere"
    hub.fault("info", faults.redirect("{target}"))
    with pytest.raises(httpx.TooManyRedirects):
        client.get(INFO, follow_redirects=True)
    hub.repair()
    hub.redirect("old/name", "acme/encoder", origin="http://127.0.0.1:1")
    assert client.get("/api/models/old/name").headers["location"] == "http://127.0.0.1:1/api/models/acme/encoder"


def test_main_moves_between_two_answers(hub: LoopbackHub, client: httpx.Client) -> None:
    repo = hub.find("model", "acme/encoder")
    assert repo is not None
    hub.on("tree", lambda: repo.commit({"new.py": "1"}))
    before = client.get(INFO).json()["sha"]
    assert len(client.get(TREE).json()) == 3
    assert client.get(INFO).json()["sha"] != before
    assert len(client.get(f"{INFO}/tree/{before}").json()) == 2


def test_quotas_count_down_refuse_and_start_anew(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.quota("api", q=2, w=60)
    assert client.get(INFO).headers["ratelimit"].startswith('"api";r=1;t=')
    assert client.get(INFO).headers["ratelimit-policy"] == '"fixed window";"api";q=2;w=60'
    refused = client.get(INFO)
    assert refused.status_code == 429
    assert refused.headers["ratelimit"].startswith('"api";r=0;t=')
    assert "rate limit your IP" in refused.json()["error"]
    assert client.get("/acme/encoder/resolve/main/config.json").status_code == 307
    hub.advance(61)
    assert client.get(INFO).status_code == 200


def test_a_token_has_its_own_quota_and_words(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.token("hf_t", plan="pro")
    auth = {"Authorization": "Bearer hf_t"}
    assert "q=2500;" in client.get(INFO, headers=auth).headers["ratelimit-policy"]
    assert "q=500;" in client.get(INFO).headers["ratelimit-policy"]
    hub.quota("api", q=0)
    hub.quotas.send_retry_after = True
    refused = client.get(INFO, headers=auth)
    assert "you hit the quota of 0 api requests" in refused.json()["error"]
    assert int(refused.headers["retry-after"]) > 0


def test_json_can_be_edited_on_its_way(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.fault("info", faults.edited(lambda body: {**body, "siblings": "not a list"}))
    assert client.get(INFO).json()["siblings"] == "not a list"


def test_files_may_come_without_a_redirect(hub: LoopbackHub, client: httpx.Client) -> None:
    hub.resolve_directly = True
    answer = client.get("/acme/encoder/resolve/main/w.bin", headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.content) == (206, b"\x01\x02")


def test_a_git_mirror_has_little_of_the_api(hub: LoopbackHub, client: httpx.Client) -> None:
    presets.git_mirror(hub)
    assert client.get(INFO).headers["x-error-code"] == "RepoNotFound"
    assert "config" not in client.get(f"{INFO}/revision/main").json()
    tree = client.get(TREE, params={"expand": "true"}, follow_redirects=True)
    assert [step.status_code for step in tree.history] == [307]
    assert not any("securityFileStatus" in entry for entry in tree.json())
    file = client.get("/acme/encoder/resolve/main/w.bin", headers={"Range": "bytes=0-3"})
    assert (file.status_code, len(file.content)) == (200, 100)
    assert not {"content-length", "etag", "ratelimit"} & set(file.headers)
