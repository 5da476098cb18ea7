"""A batch on a Hub with small windows, over sockets. How well it uses them is told in simulated time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    """Eight models: more requests than a window has."""
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    for number in range(8):
        loopback_hub.model(f"acme/q{number}", {"config.json": "{}"}, card={"license": "mit"}, created="2022-01-01")
    loopback_hub.quota("api", q=14, w=1)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    Path("l.txt").write_text("\n".join(f"acme/q{number}" for number in range(8)))
    return loopback_hub


def refused(hub: LoopbackHub) -> int:
    return [request.status for request in hub.requests].count(429)


@pytest.mark.slow
def test_windows_are_waited_for_without_one_refusal(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("batch", "l.txt", "--no-cache", "--format", "jsonl", "--timeout", "2")
    assert ran.code == 0, ran
    assert ran.out.count('"verdict":') == 8
    assert refused(hub) == 0


def test_a_quota_that_others_use_up_makes_no_audit_incomplete(cli: Cli, hub: LoopbackHub) -> None:
    def others() -> None:
        for _ in range(14):
            hub.quotas.spend("api", "ip", "anonymous")

    hub.on("tree", others, times=2)
    ran = cli("batch", "l.txt", "--no-cache", "--format", "jsonl")
    assert ran.code == 0, ran
    assert refused(hub) > 0
