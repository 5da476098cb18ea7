"""Order, bounds and memory of concurrent work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest

from trustaudit.batch.estimate import Estimate
from trustaudit.batch.ordered import in_order
from trustaudit.batch.rows import Row, Sums
from trustaudit.batch.words import as_text, duration
from trustaudit.report.model import Verdict
from trustaudit.report.style import Style


async def test_results_come_in_order_and_work_is_bounded() -> None:
    running = most = 0

    async def work(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(random.random() / 1000)  # noqa: S311 - only to shuffle
        running -= 1
        return item

    assert [result async for result in in_order(range(200), work, at_once=5)] == list(range(200))
    assert most == 5


async def test_items_are_taken_as_places_become_free() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while taken < 10_000:
            taken += 1
            yield taken

    async def work(item: int) -> int:
        return item

    ahead = 0
    async for result in in_order(items(), work, at_once=4):
        ahead = max(ahead, taken - result)
    assert ahead <= 4 * 8


async def test_an_error_ends_the_rest() -> None:
    finished: list[int] = []

    async def work(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        await asyncio.sleep(0.001)
        finished.append(item)
        return item

    with pytest.raises(ValueError, match="three"):
        [_ async for _ in in_order(range(1000), work, at_once=2)]
    await asyncio.sleep(0.01)
    assert len(finished) < 10


@pytest.mark.parametrize(
    ("repos", "owners", "quota", "requests", "minutes"),
    [(1, 1, 500, 4, 0), (612, 100, 500, 1966, 20), (612, 100, 6000, 1966, 5), (10_000, 1_000, 1000, 31_300, 160)],
)
def test_estimates(repos: int, owners: int, quota: int, requests: int, minutes: int) -> None:
    found = Estimate(repos, owners, quota)
    assert found.requests == requests
    assert round(found.minutes) == minutes


def test_an_assumed_quota_says_so() -> None:
    assert "assumed" in Estimate(5, 1, None).sentence()
    assert "1,000 requests" in Estimate(5, 1, None, authenticated=True).sentence()
    assert "assumed" not in Estimate(5, 1, 500).sentence()
    assert Estimate(1, 1, 500).sentence().startswith("1 repository, about 4 API requests, about a minute")


def row(name: str, verdict: str, score: int | None = 50) -> Row:
    return Row(name, Verdict(verdict), score, "rule  place", 4, 2)


def test_the_table_is_worst_first_and_hides_what_passes_in_long_lists() -> None:
    rows = [row(f"org/p{number}", "pass", 100) for number in range(60)]
    rows += [
        row("org/r", "review"),
        row("org/i", "incomplete", None),
        row("org/b2", "block", 9),
        row("org/b1", "block", 3),
    ]
    text = as_text(rows, 561, Style())
    names = [line.split()[1] for line in text.splitlines()[2:-1]]
    assert names == ["org/b1", "org/b2", "org/i", "org/r"]
    assert text.splitlines()[0] == (
        "64 repositories · 60 pass · 1 review · 2 block · 1 incomplete · 256 API requests · 9 min 21 s"
    )
    assert text.endswith("+ 60 that pass (-v lists them)\n")
    assert "org/p59" in as_text(rows, 1, Style(verbose=True))
    assert len(as_text(rows, 1, Style(quiet=True)).splitlines()) == 1


def test_hostile_names_stay_in_their_line() -> None:
    text = as_text([row("org/\x1b[2Jx\nPASS org/y", "block")], 1, Style())
    assert len(text.splitlines()) == 3
    assert "\x1b" not in text


def test_what_was_read_back_costs_nothing() -> None:
    sums = Sums.of([row("a", "pass"), Row("b", Verdict.PASS, 1, "", 4, 2, again=True)])
    assert (sums.total, sums.api_requests, sums.again) == (2, 4, 1)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (561, "9 min 21 s"), (7_300, "2 h 1 min")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
