"""Real answers of the Hub, where they are at hand, become the right facts through the whole collector."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_async, judge
from trustaudit.facts import Known, Reason, Unavailable
from trustaudit.hub.client import Hub
from trustaudit.settings import Settings
from trustaudit.snapshot import SCANNERS, Snapshot

ROOT = Path(__file__).parents[2]
RECORDED = Path(os.environ.get("TRUSTAUDIT_RECORDED", ROOT.parent / "shared" / "recorded"))

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded answers at hand")


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"{name}.json").read_text())["response"]


def answer(name: str) -> httpx.Response:
    found = recorded(name)
    headers = {
        k: v for k, v in (found["headers"] or {}).items() if k.lower() not in ("content-length", "content-encoding")
    }
    return httpx.Response(found["status"], headers=headers, json=found["body"])


MODELS = "/api/models"
ANSWERS = {
    f"{MODELS}/wzshiming/gpt2": "hfd-models.info",
    f"{MODELS}/wzshiming/gpt2/tree/": "hfd-models.tree.recursive",
    f"{MODELS}/wzshiming/gpt2/commits/": "hfd-models.commits",
    f"{MODELS}/wzshiming/gpt2/refs": "hfd-models.refs",
    f"{MODELS}/wzshiming/gpt2/revision/": "hfd-models.revision.notfound",
    f"{MODELS}/runwayml/stable-diffusion-v1-5": "repoing-redirect-runwayml-stable-diffusion-v1-5",
    f"{MODELS}/stable-diffusion-v1-5/stable-diffusion-v1-5": "repoing-model-stable-diffusion-v1-5",
    f"{MODELS}/ykilcher/gpt-4chan": "repoing-model-gpt-4chan",
    f"{MODELS}/meta-llama/Llama-3.1-8B/commits/": "repoing-commits-gated",
    f"{MODELS}/meta-llama/Llama-3.1-8B": "repoing-model-llama-3.1-8b",
}
"""Recordings by path; one that ends in a slash stands for every commit below it."""


def gpt2(request: httpx.Request) -> httpx.Response:
    """The Hub as recorded; everything else does not exist there."""
    path = request.url.path
    name = ANSWERS.get(path) or ANSWERS.get(path.rpartition("/")[0] + "/")
    return answer(name or ("repoing-org-not-found" if "overview" in path else "hfd-models.notfound"))


def collected(ref: str, *, refs: bool = False) -> Snapshot:
    async def run() -> Snapshot:
        settings = replace(Settings(), use_cache=False)
        async with Hub(settings, transport=httpx.MockTransport(gpt2)) as hub:
            plan = Plan(ruleset="test", contents=False, refs=refs)
            return await collect_async(ref, settings=settings, hub=hub, plan=plan)

    return asyncio.run(run())


def test_a_recorded_model_becomes_facts() -> None:
    snapshot = collected("wzshiming/gpt2", refs=True)
    assert snapshot.commit == "ae329b6937f31305a0d6c6779f6cd4072cc4097e"
    pickle = next(entry for entry in snapshot.entries if entry.path == "pytorch_model.bin")
    assert isinstance(pickle.scans, Known)
    assert {scan.scanner for scan in pickle.scans.value.scanners} == set(SCANNERS)
    assert isinstance(snapshot.history, Known)
    assert (snapshot.history.value.total, len(snapshot.history.value.commits)) == (1, 1)
    assert isinstance(snapshot.refs, Known)
    assert isinstance(snapshot.publisher, Unavailable)
    assert snapshot.publisher.reason is Reason.OWNER_NOT_FOUND
    rules = {finding.rule for finding in judge(snapshot).findings}
    assert "history-rewritten" in rules or "name-confusion" in rules


def test_recorded_redirects_are_facts_and_change_the_owner() -> None:
    snapshot = collected("runwayml/stable-diffusion-v1-5")
    assert [hop.status for hop in snapshot.redirects] == [307]
    assert snapshot.repo_info is not None
    assert snapshot.repo_info.id == "stable-diffusion-v1-5/stable-diffusion-v1-5"
    assert "renamed-repository" in {finding.rule for finding in judge(snapshot).findings}


@pytest.mark.parametrize(
    ("ref", "verdict", "words"),
    [
        ("wzshiming/does-not-exist", "incomplete", "does not exist, is private, or was removed"),
        ("wzshiming/gpt2@does-not-exist", "incomplete", "revision"),
        ("meta-llama/Llama-3.1-8B", "incomplete", "gated"),
        ("ykilcher/gpt-4chan", "block", "disabled"),
    ],
)
def test_recorded_refusals_have_the_right_words(ref: str, verdict: str, words: str) -> None:
    report = judge(collected(ref))
    assert report.verdict == verdict
    told = " ".join([report.headline, *(item.reason for item in report.coverage.not_seen)])
    assert words in told, told
