"""What the loopback Hub answers, and what it promises to the tests that rely on it."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Unpack

import httpx
import pytest

from tests.loopback import Blob, LoopbackError, LoopbackHub, Repo, assert_clean, run_hub, scan
from tests.loopback.finish import weak_etag
from tests.loopback.repo import Files
from tests.loopback.world import RepoOptions

TOKEN = "hf_loopbacktoken"
ROOT = Path(__file__).parents[2]
# httpx makes a TLS context per call otherwise, which takes longer than the call
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def get(hub: LoopbackHub, path: str, token: str | None = None, **headers: str) -> httpx.Response:
    auth = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(hub.endpoint + path, headers={"Accept-Encoding": "identity", **auth, **headers}, verify=NO_TLS)


def encoder(hub: LoopbackHub, **options: Unpack[RepoOptions]) -> Repo:
    files: Files = {"config.json": '{"model_type":"bert"}', "pytorch_model.bin": b"weights", "sub/deep/a.txt": "a"}
    return hub.model("acme/encoder", files=files, **options)


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603 - git, on our files
    return done.stdout.strip()


def entries(hub: LoopbackHub, revision: str = "main") -> dict[str, dict[str, Any]]:
    """Every expanded tree entry of acme/encoder by path."""
    listed = get(hub, f"/api/models/acme/encoder/tree/{revision}?expand=true&recursive=true").json()
    return {entry["path"]: entry for entry in listed}


def test_object_ids_are_those_of_git(loopback_hub: LoopbackHub, tmp_path: Path) -> None:
    contents = {"a.txt": b"a", "a/b.txt": b"b", "a-b/c.txt": b"c", "a/b/c.json": b"{}"}
    commit = loopback_hub.model("acme/git", files=contents).head
    for path, data in contents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / path).is_dir():
            (tmp_path / path).write_bytes(data)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    assert git(tmp_path, "write-tree") == commit.tree_oid()
    assert git(tmp_path, "hash-object", "a.txt") == commit.tree["a.txt"].oid


def test_lfs_files_have_true_digests_and_pointers(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    body = get(loopback_hub, "/api/models/acme/encoder/tree/main?recursive=true").json()
    entry = next(item for item in body if item["path"] == "pytorch_model.bin")
    pointer = get(loopback_hub, "/acme/encoder/raw/main/pytorch_model.bin").content
    assert entry["lfs"]["oid"] == hashlib.sha256(b"weights").hexdigest()
    assert entry["lfs"]["pointerSize"] == len(pointer)
    assert entry["oid"] == hashlib.sha1(b"blob %d\x00" % len(pointer) + pointer).hexdigest()  # noqa: S324 - git's


def test_a_huge_file_costs_nothing_and_serves_any_part(loopback_hub: LoopbackHub) -> None:
    size = 15 * 10**9
    blob = Blob(b"head", size=size, suffix=b"tail", segments={10**9: b"middle"})
    loopback_hub.model("acme/huge", files={"model.gguf": blob})
    url = get(loopback_hub, "/acme/huge/resolve/main/model.gguf").headers["location"]
    parts = {"bytes=0-5": b"head\0\0", "bytes=1000000000-1000000005": b"middle", "bytes=-6": b"\0\0tail"}
    for wanted, expected in parts.items():
        answer = httpx.get(url, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (206, expected)
        assert answer.headers["content-range"].endswith(f"/{size}")
    assert loopback_hub.cdn.bytes_sent == 18
    assert httpx.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    assert httpx.head(url).headers["content-length"] == str(size)


def test_small_files_go_through_the_resolve_cache_in_ranges(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub)
    first = get(loopback_hub, "/acme/encoder/resolve/main/config.json")
    assert first.status_code == 307
    assert first.headers["x-linked-etag"] == f'"{repo.head.tree["config.json"].oid}"'
    assert "x-linked-size" not in first.headers
    answer = get(loopback_hub, first.headers["location"], Range="bytes=1-12")
    assert (answer.status_code, answer.text) == (206, '"model_type"')


def test_trees_page_by_cursor_and_say_how_they_continue(loopback_hub: LoopbackHub) -> None:
    loopback_hub.model("acme/many", files={f"f{index:04}.txt": "x" for index in range(250)})
    url, seen = f"{loopback_hub.endpoint}/api/models/acme/many/tree/main?recursive=true&expand=true", []
    while url:
        answer = httpx.get(url)
        seen += [entry["path"] for entry in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [f"f{index:04}.txt" for index in range(250)]
    assert len(loopback_hub.api_requests("tree")) == 3


def test_last_commits_belong_to_the_pinned_revision(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub)
    first = repo.sha
    repo.commit({"sub/deep/a.txt": "b"}, title="Edit a")
    found = entries(loopback_hub)
    assert found["sub"]["lastCommit"]["title"] == found["sub/deep/a.txt"]["lastCommit"]["title"] == "Edit a"
    assert found["config.json"]["lastCommit"]["id"] == first
    old = get(loopback_hub, f"/api/models/acme/encoder/tree/{first}/sub/deep?expand=1").json()
    assert [entry["lastCommit"]["id"] for entry in old] == [first]


def test_every_spelling_of_a_revision(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub)
    repo.tag("v1.0").branch("dev").convert("parquet")
    repo.discuss("Add a file", files={"new.txt": "n"})
    spellings = ["main", "v1.0", "dev", "refs%2Fconvert%2Fparquet", repo.sha, repo.sha[:7]]
    for revision in spellings:
        assert get(loopback_hub, f"/api/models/acme/encoder/revision/{revision}").json()["sha"] == repo.sha
    for revision in ("refs%2Fpr%2F1", "refs/pr/1"):
        names = [e["path"] for e in get(loopback_hub, f"/api/models/acme/encoder/tree/{revision}").json()]
        assert "new.txt" in names
    assert get(loopback_hub, "/api/models/acme/encoder/revision/nope").headers["x-error-code"] == "RevisionNotFound"


def test_a_super_squash_leaves_old_commits_unreachable(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub)
    old = repo.commit({"b": "b"}).sha
    repo.squash()
    assert get(loopback_hub, f"/api/models/acme/encoder/revision/{old}").status_code == 404
    assert get(loopback_hub, "/api/models/acme/encoder/commits/main").headers["x-total-count"] == "1"


def test_a_long_history_pages(loopback_hub: LoopbackHub) -> None:
    repo = loopback_hub.model("acme/old", files={"a": "0"})
    for index in range(1500):
        repo.commit({"a": str(index)}, title=f"Edit {index}")
    oldest = get(loopback_hub, "/api/models/acme/old/commits/main?limit=1&p=1500")
    assert oldest.headers["x-total-count"] == "1501"
    assert oldest.json()[0]["title"] == "initial commit"
    assert "link" not in oldest.headers


def test_scans_by_path_by_commit_and_not_yet(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub, scans={"config.json": None, "sub/deep/a.txt": "suspicious"})
    repo.scans[repo.sha, "pytorch_model.bin"] = scan(av="unsafe", imports=[("posix", "system", "dangerous")])
    found = entries(loopback_hub)
    assert "securityFileStatus" not in found["config.json"]
    assert found["pytorch_model.bin"]["securityFileStatus"]["status"] == "unsafe"
    roll_up = get(loopback_hub, "/api/models/acme/encoder/scan").json()
    assert roll_up["filesWithIssues"] == [
        {"path": "pytorch_model.bin", "level": "unsafe"},
        {"path": "sub/deep/a.txt", "level": "suspicious"},
    ]
    assert get(loopback_hub, "/api/models/acme/encoder?securityStatus=true").json()["securityRepoStatus"] == roll_up


def test_expand_gives_exactly_what_was_asked(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub, downloads_all_time=9, card={"base_model": "a/b"})
    answer = get(loopback_hub, "/api/models/acme/encoder?expand[]=downloadsAllTime&expand=baseModels")
    assert set(answer.json()) == {"_id", "id", "downloadsAllTime", "baseModels"}
    refused = get(loopback_hub, "/api/models/acme/encoder?expand[]=_id")
    assert refused.status_code == 400
    assert '"childrenModelCount"' in refused.json()["error"]


def test_info_can_be_overridden_key_by_key(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub, info={"gguf": {"total": 7}, "config": {"auto_map": 5}, "downloads": ...})
    body = get(loopback_hub, "/api/models/acme/encoder").json()
    assert (body["gguf"], body["config"], "downloads" in body) == ({"total": 7}, {"auto_map": 5}, False)
    repo.info["sha"] = "not a sha"
    assert get(loopback_hub, "/api/models/acme/encoder").json()["sha"] == "not a sha"


def test_custom_code_shows_in_tags_config_and_info(loopback_hub: LoopbackHub) -> None:
    config = '{"auto_map":{"AutoModel":"modeling.Net"}}'
    loopback_hub.model("acme/code", files={"config.json": config, "modeling.py": "class Net: ..."})
    body = get(loopback_hub, "/api/models/acme/code").json()
    assert "custom_code" in body["tags"]
    assert body["config"]["auto_map"] == {"AutoModel": "modeling.Net"}
    assert body["transformersInfo"]["custom_class"] == "modeling.Net"


def test_missing_and_private_look_alike(loopback_hub: LoopbackHub) -> None:
    loopback_hub.token(TOKEN, "bob")
    loopback_hub.model("acme/secret", private=True)
    for path in ("/api/models/acme/{}", "/api/models/acme/{}/tree/main", "/acme/{}/resolve/main/x"):
        missing, private = (get(loopback_hub, path.format(name)) for name in ("nothing", "secret"))
        assert missing.status_code == private.status_code == 401
        assert missing.text == private.text
        assert "x-error-code" not in missing.headers
        assert get(loopback_hub, path.format("secret"), TOKEN).headers["x-error-code"] == "RepoNotFound"
    assert get(loopback_hub, "/api/models/ACME/secret").status_code == 401


def test_members_and_grants_open_doors(loopback_hub: LoopbackHub) -> None:
    loopback_hub.organization("acme", members=["bob"])
    loopback_hub.model("acme/secret", private=True)
    loopback_hub.model("other/gated", files={"a": "b"}, gated="auto")
    loopback_hub.token(TOKEN, "bob", grants=["other/gated"])
    assert get(loopback_hub, "/api/models/acme/secret", TOKEN).json()["private"] is True
    assert get(loopback_hub, "/api/models/other/gated/commits/main", TOKEN).status_code == 200
    assert get(loopback_hub, "/other/gated/resolve/main/a", TOKEN).status_code == 307


def test_gated_metadata_is_public_and_the_rest_is_not(loopback_hub: LoopbackHub) -> None:
    loopback_hub.token(TOKEN)
    encoder(loopback_hub, gated="manual")
    for open_route in ("", "/tree/main", "/discussions", "/refs"):
        assert get(loopback_hub, f"/api/models/acme/encoder{open_route}").status_code == 200
    for closed in ("/api/models/acme/encoder/commits/main", "/acme/encoder/resolve/main/config.json"):
        stranger, known = get(loopback_hub, closed), get(loopback_hub, closed, TOKEN)
        assert (stranger.status_code, known.status_code) == (401, 403)
        assert stranger.headers["x-error-code"] == known.headers["x-error-code"] == "GatedRepo"


def test_a_disabled_repository_still_tells_that_it_is(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub, disabled=True)
    assert get(loopback_hub, "/api/models/acme/encoder").json()["disabled"] is True
    refused = get(loopback_hub, "/acme/encoder/resolve/main/config.json")
    assert refused.status_code == 403
    assert refused.headers["x-error-message"] == "Access to this resource is disabled."
    assert "x-error-code" not in refused.headers


def test_an_unknown_token_is_refused_everywhere(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    refused = get(loopback_hub, "/api/models/acme/encoder", "hf_unknown")
    assert (refused.status_code, refused.json()["error"]) == (401, "Invalid credentials in Authorization header")


def test_users_and_organizations_exclude_each_other(loopback_hub: LoopbackHub) -> None:
    loopback_hub.user("Bob", created="2023-05-06", followers=4)
    loopback_hub.organization("acme", plan="team", members=["Bob"])
    assert get(loopback_hub, "/api/users/Bob/overview").json()["createdAt"] == "2023-05-06T00:00:00.000Z"
    assert get(loopback_hub, "/api/users/bob/overview").headers["location"] == "/api/users/Bob/overview"
    assert get(loopback_hub, "/api/organizations/ACME/overview").json()["plan"] == "team"
    assert get(loopback_hub, "/api/organizations/acme/members").json()[0]["user"] == "Bob"
    assert get(loopback_hub, "/api/users/acme/overview").status_code == 404
    assert get(loopback_hub, "/api/organizations/Bob/overview").status_code == 404
    loopback_hub.forget("acme")
    assert get(loopback_hub, "/api/organizations/acme/overview").status_code == 404


def test_renames_cases_and_loops_redirect_with_path_and_query(loopback_hub: LoopbackHub) -> None:
    repo = encoder(loopback_hub)
    before = repo.mongo_id
    loopback_hub.rename("acme/encoder", "acme/encoder-v2")
    answer = get(loopback_hub, "/api/models/acme/encoder/tree/main?expand=true")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/api/models/acme/encoder-v2/tree/main?expand=true"
    assert loopback_hub.find("model", "acme/encoder-v2") is repo
    assert loopback_hub.model("acme/encoder").mongo_id != before
    assert get(loopback_hub, "/api/models/acme/encoder").status_code == 200
    loopback_hub.redirect("a/b", "b/a")
    loopback_hub.redirect("b/a", "a/b")
    with pytest.raises(httpx.TooManyRedirects):
        httpx.get(f"{loopback_hub.endpoint}/api/models/a/b", follow_redirects=True)


def test_legacy_ids_live_at_the_root(loopback_hub: LoopbackHub) -> None:
    loopback_hub.model("gpt2", files={"config.json": "{}"})
    assert get(loopback_hub, "/api/models/gpt2/tree/main").json()[0]["path"] == "config.json"
    location = get(loopback_hub, "/gpt2/resolve/main/config.json").headers["location"]
    assert get(loopback_hub, location).text == "{}"


def test_lists_filter_sort_and_page(loopback_hub: LoopbackHub) -> None:
    for index in range(5):
        loopback_hub.model(f"acme/bert-{index}", downloads=index, card={"license": "mit"} if index % 2 else None)
    loopback_hub.model("other/bert", private=True)
    first = get(loopback_hub, "/api/models?author=acme&search=BERT&sort=downloads&limit=2&expand[]=downloads")
    assert [item["downloads"] for item in first.json()] == [4, 3]
    second = httpx.get(first.links["next"]["url"])
    assert [item["downloads"] for item in second.json()] == [2, 1]
    assert len(get(loopback_hub, "/api/models?filter=license:mit").json()) == 2
    assert get(loopback_hub, "/api/quicksearch?q=bert&limit=1&type=model").json()["modelsCount"] == 5


def test_etags_are_hashes_of_the_exact_body(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    plain = get(loopback_hub, "/api/models/acme/encoder/tree/main?expand=true&recursive=true")
    packed = httpx.get(plain.url, headers={"Accept-Encoding": "gzip"})
    assert plain.headers["etag"] == packed.headers["etag"] == weak_etag(plain.content)
    assert packed.content == plain.content
    assert packed.headers["transfer-encoding"] == "chunked"
    assert packed.headers["vary"] == "Origin, Accept-Encoding"


def test_head_tells_the_size_of_the_get_body(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    body = get(loopback_hub, "/api/models/acme/encoder").content
    head = httpx.head(f"{loopback_hub.endpoint}/api/models/acme/encoder", headers={"Accept-Encoding": "identity"})
    assert (head.content, int(head.headers["content-length"])) == (b"", len(body))


def test_one_connection_serves_many_requests(loopback_hub: LoopbackHub) -> None:
    encoder(loopback_hub)
    loopback_hub.quotas.unlimited()
    with httpx.Client(base_url=loopback_hub.endpoint) as client:
        answers = [client.get("/api/models/acme/encoder/refs").status_code for _ in range(300)]
    assert set(answers) == {200}
    assert len(loopback_hub.api_requests()) == 300


def test_a_trace_id_is_echoed(loopback_hub: LoopbackHub) -> None:
    answer = get(loopback_hub, "/api/models/acme/none", **{"X-Amzn-Trace-Id": "mine"})
    assert answer.headers["x-request-id"].endswith(";mine")


def test_whoami_is_counted(loopback_hub: LoopbackHub) -> None:
    loopback_hub.token(TOKEN, "bob")
    assert get(loopback_hub, "/api/whoami-v2").status_code == 401
    assert get(loopback_hub, "/api/whoami-v2", TOKEN).json()["name"] == "bob"
    assert loopback_hub.whoami_calls == 2


def test_everything_moves_below_a_prefix(start_hub: Callable[..., LoopbackHub]) -> None:
    hub = start_hub(prefix="/artifactory/hf")
    encoder(hub)
    assert get(hub, "/api/models/acme/encoder").status_code == 200
    assert httpx.get(f"{hub.origin}/api/models/acme/encoder").status_code == 404
    location = get(hub, "/acme/encoder/resolve/main/config.json").headers["location"]
    assert location.startswith("/artifactory/hf/api/resolve-cache/")
    assert httpx.get(hub.origin + location).status_code == 200


def test_a_token_on_the_cdn_fails_the_run() -> None:
    with run_hub(check=False) as hub:
        hub.token(TOKEN)
        encoder(hub)
        url = get(hub, "/acme/encoder/resolve/main/pytorch_model.bin", TOKEN).headers["location"]
        httpx.get(url, headers={"Authorization": f"Bearer {TOKEN}"})
    with pytest.raises(LoopbackError, match="reached the CDN"):
        assert_clean(hub)


@pytest.mark.parametrize("address", ["{cdn}/?t={token}", "{hub}/api/models?token={token}"])
def test_a_token_in_an_address_fails_the_run(address: str) -> None:
    with run_hub(check=False) as hub:
        get(hub, "/api/models", "hf_never_declared")
        httpx.get(address.format(cdn=hub.cdn.origin, hub=hub.endpoint, token="hf_never_declared"))
    with pytest.raises(LoopbackError, match="does not belong"):
        assert_clean(hub)


def test_garbage_on_the_socket_harms_nobody(loopback_hub: LoopbackHub) -> None:
    import socket  # noqa: PLC0415 - raw bytes are needed here only

    host, port = loopback_hub.origin.removeprefix("http://").split(":")
    for garbage in (b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x00" * 300_000):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
    assert get(loopback_hub, "/api/models").status_code == 200


def test_it_starts_and_stops_within_a_blink() -> None:
    script = "from tests.loopback import run_hub\nfor _ in range(20):\n    with run_hub(): pass\n"
    command = [sys.executable, "-W", "error", "-c", script]
    subprocess.run(command, cwd=ROOT, timeout=30, check=True)  # noqa: S603 - our own interpreter
