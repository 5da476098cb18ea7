"""What one audit of a repository with a 1 GB checkpoint asks of the Hub: counted, never timed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.scene import CHECKPOINT, REPO, files, populate
from tests.loopback import Blob, LoopbackHub
from trustaudit.engine import audit_async
from trustaudit.report.model import TrustReport
from trustaudit.settings import Settings

CONTENT = files()


@pytest.fixture
async def report(loopback_hub: LoopbackHub) -> TrustReport:
    populate(loopback_hub, CONTENT)
    return await audit_async(REPO, settings=replace(Settings(), endpoint=loopback_hub.endpoint, use_cache=False))


async def test_the_report_is_complete_and_names_both_hostile_places(report: TrustReport) -> None:
    assert report.verdict == "block"
    assert report.coverage.files_inspected == report.coverage.files_total == len(CONTENT) + 1
    assert not report.coverage.not_seen
    found = {finding.rule for finding in report.findings}
    assert {"pickle-dangerous-call", "code-process", "custom-code"} <= found
    assert "archive-anomaly" not in found
    assert "format-damage" not in found


async def test_it_takes_four_api_requests_and_less_than_400_kb(report: TrustReport, loopback_hub: LoopbackHub) -> None:
    assert len(loopback_hub.api_requests()) == 4
    assert loopback_hub.bytes_sent < 400_000
    assert report.cost.repo_bytes is not None
    assert report.cost.repo_bytes > 2**30


async def test_no_file_takes_more_than_three_round_trips(report: TrustReport, loopback_hub: LoopbackHub) -> None:
    """With info in front: four, of which a file in git takes three, a large one its redirect and two ranges."""
    assert report.coverage.files_total
    reads = Counter(request.path for request in loopback_hub.cdn.requests)
    checkpoint = CONTENT[CHECKPOINT]
    assert isinstance(checkpoint, Blob)
    assert {path.rpartition("/")[2]: count for path, count in reads.items()}[checkpoint.xet_hash] == 2
    assert max(reads.values()) == 2
    assert max(Counter(request.path for request in loopback_hub.requests).values()) == 1
