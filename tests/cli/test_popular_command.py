"""``trustaudit popular``: the lists, and refreshing them from a Hub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, faults

NOW = datetime.now(UTC)


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    old, new = NOW - timedelta(days=400), NOW - timedelta(days=2)
    loopback_hub.model("steady/popular-thing", downloads=500_000, likes=40, created=old)
    loopback_hub.model("steady/second-thing", downloads=400_000, likes=30, created=old)
    loopback_hub.model("steady/trending-thing", downloads=12_000, trending=900.0, created=old)
    loopback_hub.model("fresh/copied-thing", downloads=900_000, trending=999.0, created=new)
    loopback_hub.model("Qwen/Qwen9-8B", downloads=800_000, created=new)
    loopback_hub.model("anthfu/popular-thing", downloads=950_000, created=old)
    loopback_hub.dataset("steady/numbers", downloads=70_000, created=old)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


def test_info_names_all_kinds(cli: Cli) -> None:
    ran = cli("popular", "info")
    assert ran.code == 0
    assert "2026-11-22" in ran.out
    assert ran.out.count("no list of this kind") == 2


def test_search(cli: Cli) -> None:
    assert "openai/privacy-filter" in cli("popular", "search", "Privacy-Filter").out
    assert len(cli("popular", "search", "llama", "--limit", "3").out.splitlines()) == 5
    assert cli("popular", "search", "x", "--type", "movie").code == 2
    nothing = cli("popular", "search", "no such id")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing in the list of models holds 'no such id'" in nothing.err


@pytest.mark.usefixtures("hub")
def test_refresh_takes_what_is_popular_and_leaves_out_what_may_imitate_it(cli: Cli) -> None:
    ran = cli("popular", "refresh", "--limit", "100", "--trending", "10")
    assert ran.code == 0, ran.err
    assert ran.out == "4 repositories stored\n"
    assert "known malicious owner" in ran.err
    assert "younger than 30 days" in ran.err
    found = cli("popular", "search", "thing").out
    assert "steady/popular-thing" in found
    assert "steady/trending-thing" in found
    assert "copied-thing" not in found
    assert "anthfu" not in found
    assert "Qwen/Qwen9-8B" in cli("popular", "search", "qwen9").out
    assert str(NOW.year) in cli("popular", "info").out


@pytest.mark.usefixtures("hub")
def test_a_refreshed_list_is_what_names_are_judged_against(cli: Cli) -> None:
    assert "same-name" not in cli("names", "somebody/popular-thing").out
    cli("popular", "refresh")
    assert "steady/popular-thing" in cli("names", "somebody/popular-thing").out
    cli("popular", "refresh", "--type", "dataset")
    assert "steady/numbers" in cli("names", "datasets/somebody/numbers").out


def test_an_interrupted_refresh_keeps_what_it_has_and_goes_on(cli: Cli, hub: LoopbackHub) -> None:
    trouble = hub.fault(lambda request: "trending" in request.target, faults.status(503))
    ran = cli("popular", "refresh", "--timeout", "5")
    assert ran.code == 3
    assert "run again within the hour" in ran.err
    assert "steady/popular-thing" in cli("popular", "search", "popular-thing").out
    hub.repair(trouble)
    hub.requests.clear()
    assert cli("popular", "refresh").code == 0
    assert [request.one("sort") for request in hub.requests] == ["trendingScore"]


def test_an_interrupted_refresh_loses_nothing_of_the_one_before(cli: Cli, hub: LoopbackHub) -> None:
    cli.setenv({"TRUSTAUDIT_NO_CACHE": "1"})
    cli("popular", "refresh")
    hub.fault(lambda request: "trending" in request.target, faults.status(503))
    assert cli("popular", "refresh", "--limit", "2", "--timeout", "5").code == 3
    assert "steady/second-thing" in cli("popular", "search", "second-thing").out


def test_no_hub_no_list(cli: Cli) -> None:
    ran = cli("popular", "refresh", "--timeout", "3")
    assert ran.code == 3
    assert ran.out == "0 repositories stored\n"
