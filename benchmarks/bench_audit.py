"""One ordinary public model on a loopback Hub with 100 ms latency: requests, bytes, wall time.

The claims: four API requests, and a wall time of at most four latencies plus half a second for
the metadata; file contents add the round trips of their own reads.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixtures.example_hub.content import populate
from tests.loopback import run_hub
from trustaudit.collect.plan import Plan
from trustaudit.engine import collect_async
from trustaudit.hub.client import Hub
from trustaudit.settings import Settings

LATENCY = 0.1
RUNS = 7


async def once(endpoint: str, *, contents: bool) -> tuple[float, int, int, int]:
    """Wall seconds, API requests, file requests and bytes of one audit without cache."""
    settings = replace(Settings(), endpoint=endpoint, use_cache=False)
    started = time.perf_counter()
    async with Hub(settings) as hub:
        plan = Plan(ruleset="bench", contents=contents)
        snapshot = await collect_async("acme/encoder-base", settings=settings, hub=hub, plan=plan)
    cost = snapshot.cost
    return time.perf_counter() - started, cost.api_requests, cost.file_requests, cost.bytes


def report(endpoint: str, *, contents: bool) -> None:
    """Print medians over the runs."""
    asyncio.run(once(endpoint, contents=contents))
    rows = [asyncio.run(once(endpoint, contents=contents)) for _ in range(RUNS)]
    wall = statistics.median(row[0] for row in rows)
    what = "whole audit" if contents else "metadata"
    print(
        f"{what}: {wall:.2f} s = {wall / LATENCY:.1f} x latency (claim for metadata: <= {4 + 0.5 / LATENCY:.0f}), "
        f"{rows[0][1]} API + {rows[0][2]} file requests, {rows[0][3] / 1000:.0f} kB"
    )


def main() -> None:
    """Metadata alone, then with file contents."""
    with run_hub() as hub:
        populate(hub)
        hub.quotas.unlimited()
        hub.latency(LATENCY)
        report(hub.endpoint, contents=False)
        report(hub.endpoint, contents=True)


if __name__ == "__main__":
    main()
