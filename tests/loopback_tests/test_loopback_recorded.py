"""The loopback Hub against recordings of the real one: same keys, same words, same headers for the same question."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.loopback import Blob, LoopbackHub, run_hub

RECORDED = Path(os.environ.get("TRUSTAUDIT_RECORDED", Path(__file__).parents[3] / "shared" / "recorded"))
HEADER = b'{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
SAFETENSORS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(16)

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings are not here")


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with run_hub() as made:
        _describe(made)
        yield made


def _describe(hub: LoopbackHub) -> None:
    hub.user("wzshiming", orgs=["openai-community"])
    hub.user("julien-c")
    hub.organization("openai-community", details="historical checkpoints")
    repo = hub.model(
        "wzshiming/gpt2",
        files={
            "config.json": '{"architectures":["GPT2LMHeadModel"],"model_type":"gpt2"}',
            "tokenizer_config.json": "{}",
            "64-8bits.tflite": Blob(b"TFL3", size=125162496),
            "model.safetensors": SAFETENSORS,
            "onnx/config.json": "{}",
        },
        card={"language": "en", "tags": ["exbert"], "license": "mit"},
        author="julien-c",
        title="Duplicate from openai-community/gpt2",
    )
    repo.discuss("Update README.md", pull_request=True)
    hub.dataset("wzshiming/fixtures_image_utils", files={"README.md": "x", "ai2d-demo.jpg": Blob(b"x", lfs=True)})
    hub.space("wzshiming/hello_world", files={"app.py": "x"}, card={"sdk": "gradio"})
    hub.model("meta-llama/Llama-3.1-8B", files={"config.json": "{}"}, gated="manual")
    hub.model("meta-llama/Llama-3.1-8B-Instruct", files={"config.json": "{}"}, gated="manual")
    hub.model("openai-community/gpt2", files={"README.md": "x"}).commit({"x": "y"}, author="julien-c")
    hub.redirect("t5-small", "google-t5/t5-small")
    hub.redirect("runwayml/stable-diffusion-v1-5", "stable-diffusion-v1-5/stable-diffusion-v1-5")
    hub.user("TheBloke", details="LLM: quantisation, fine tuning")
    hub.model("Qwen/Qwen3-32B", files={"config.json": "{}"})


def recorded(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return loaded


def ask(hub: LoopbackHub, recording: dict[str, Any]) -> httpx.Response:
    """The recorded question, put to the loopback Hub."""
    request = recording["request"]
    url = request["url"].replace("https://huggingface.co", hub.endpoint)
    return httpx.request(request["method"], url, json=request.get("body"), headers={"Accept-Encoding": "identity"})


WORD_FOR_WORD = [
    "hfd-models.notfound",
    "hfd-models.resolve.notfound",
    "hfd-models.revision.notfound",
    "hfd-models.tree.notfound",
    "hfd-whoami-v2",
    "hfhub-vcr-redirect-models__t5-small",
    "repoing-commits-bad-revision",
    "repoing-commits-gated",
    "repoing-model-not-found",
    "repoing-org-not-found",
    "repoing-user-not-found",
]


@pytest.mark.parametrize("name", WORD_FOR_WORD)
def test_refusals_are_word_for_word(hub: LoopbackHub, name: str) -> None:
    recording = recorded(name)
    answer = ask(hub, recording)
    body = recording["response"]["body"]
    assert answer.status_code == recording["response"]["status"]
    assert (answer.text if isinstance(body, str) else answer.json()) == body
    etag = {key.lower(): value for key, value in recording["response"]["headers"].items()}.get("etag")
    assert etag in (None, answer.headers.get("etag"))


SAME_KEYS = [
    "hfd-models.info",
    "hfd-models.list",
    "hfd-models.commits",
    "hfd-models.refs",
    "hfd-models.treesize",
    "hfd-models.xet-read-token",
    "hfd-spaces.info",
    "repoing-org-openai-community",
    "repoing-user-thebloke",
]


@pytest.mark.parametrize("name", SAME_KEYS)
def test_answers_have_the_recorded_keys_in_the_recorded_order(hub: LoopbackHub, name: str) -> None:
    recording = recorded(name)
    theirs, ours = recording["response"]["body"], ask(hub, recording).json()
    theirs, ours = (theirs[0], ours[0]) if isinstance(theirs, list) else (theirs, ours)
    assert list(ours) == list(theirs)


def test_a_dataset_has_the_recorded_keys_and_its_card(hub: LoopbackHub) -> None:
    recording = recorded("hfd-datasets.info")
    assert set(recording["response"]["body"]) <= set(ask(hub, recording).json())


@pytest.mark.parametrize("name", ["hfd-models.tree.recursive", "hfd-datasets.tree.recursive.first12"])
def test_tree_entries_have_the_recorded_keys(hub: LoopbackHub, name: str) -> None:
    recording = recorded(name)
    theirs, ours = recording["response"]["body"], ask(hub, recording).json()
    assert {_shape(entry) for entry in ours} <= {_shape(entry) for entry in theirs}
    scanners = {scanner for entry in theirs for scanner in entry.get("securityFileStatus", {})}
    assert {scanner for entry in ours for scanner in entry.get("securityFileStatus", {})} == scanners


def _shape(entry: dict[str, Any]) -> tuple[str, ...]:
    return (entry["type"], *entry, *entry.get("lfs", {}), *entry["lastCommit"])


def test_paths_info_drops_the_missing_path(hub: LoopbackHub) -> None:
    recording = recorded("hfd-models.paths-info")
    theirs, ours = recording["response"]["body"], ask(hub, recording).json()
    assert [entry["path"] for entry in ours] == [entry["path"] for entry in theirs]
    assert [_shape(entry) for entry in ours] == [_shape(entry) for entry in theirs]
    assert ours[1]["lfs"]["pointerSize"] == theirs[1]["lfs"]["pointerSize"]


def test_discussions_and_trending_have_the_recorded_keys(hub: LoopbackHub) -> None:
    talk = httpx.get(f"{hub.endpoint}/api/models/wzshiming/gpt2/discussions").json()
    theirs = recorded("repoing-discussions-gpt2")["response"]["body"]
    assert list(talk) == list(theirs)
    assert list(talk["discussions"][0]) == list(theirs["discussions"][0])
    trend = ask(hub, recorded("repoing-trending-models")).json()["recentlyTrending"][0]
    theirs = recorded("repoing-trending-models")["response"]["body"]["recentlyTrending"][0]
    assert set(trend["repoData"]) <= set(theirs["repoData"])
    assert set(trend["repoData"]["authorData"]) <= {*theirs["repoData"]["authorData"], "avatarUrl", "plan"}


# The hosting's own headers differ by day and by place; a relay may also replace them.
VOLATILE = {"via", "date", "x-amz-cf-pop", "x-cache", "alt-svc", "x-hub-cache", "x-request-id", "connection"}
SAME_HEADERS = [
    "curl-200-api-model",
    "curl-307-resolve-cache",
    "curl-401-gated-resolve",
    "hfd-models.commits",
    "hfd-models.info",
    "hfd-models.notfound",
    "hfd-models.resolve.config.head",
    "hfd-models.resolve.lfs.head",
    "hfd-models.revision.notfound",
    "hfd-models.xet-read-token",
    "repoing-commits-gated",
    "repoing-redirect-case-gpt2",
    "repoing-redirect-runwayml-stable-diffusion-v1-5",
    "repoing-redirect-user-case",
]
CONSTANT = {"content-type", "vary", "x-error-code", "x-error-message", "www-authenticate", "x-powered-by"}


@pytest.mark.parametrize("name", SAME_HEADERS)
def test_answers_carry_the_recorded_headers(hub: LoopbackHub, name: str) -> None:
    recording = recorded(name)
    theirs = {key.lower(): value for key, value in recording["response"]["headers"].items()}
    answer = ask(hub, recording)
    if name == "curl-200-api-model":
        answer = httpx.head(f"{hub.endpoint}/api/models/Qwen/Qwen3-32B", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == recording["response"]["status"]
    assert set(theirs) - VOLATILE <= set(answer.headers)
    for header in CONSTANT & set(theirs):
        assert answer.headers[header] == theirs[header]


def test_redirect_targets_are_the_recorded_ones(hub: LoopbackHub) -> None:
    for name in SAME_HEADERS[-3:]:
        recording = recorded(name)
        assert ask(hub, recording).headers["location"] == recording["response"]["headers"]["location"]


def test_both_final_hops_carry_the_recorded_headers(hub: LoopbackHub) -> None:
    for name in ("hfd-models.resolve.config.head", "hfd-models.resolve.lfs.head"):
        recording = recorded(name)
        url = recording["request"]["url"].replace("https://huggingface.co", hub.endpoint)
        final = httpx.head(url, follow_redirects=True, headers={"Accept-Encoding": "identity"})
        theirs = {key.lower(): value for key, value in recording["final"]["headers"].items()}
        assert set(theirs) - VOLATILE <= set(final.headers)
        assert final.headers["content-type"] == theirs["content-type"]
        assert final.headers["content-disposition"] == theirs["content-disposition"]
