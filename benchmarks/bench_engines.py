"""One batch by one process, and by 1, 2 and 4 dask workers; results in a file, or in a PostgreSQL of its own.

No quota, so that the processes are what limits. The Hub shares the cores of the machine with them:
on two cores there is nothing to win, and the page says how many there were.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest

from benchmarks.bench_batch import QuotaHub, quota_hub, trustaudit
from tests.engines.server import run_server

MODELS = 300
WORKERS = (1, 2, 4)
UNLIMITED = 10**7
LATENCY = 0.02


@dataclass(frozen=True, slots=True)
class Row:
    """One way to run the batch; ``workers`` is 0 for the command's own process."""

    engine: str
    workers: int
    results: str
    seconds: float = 0.0
    models_per_second: float = 0.0
    unmeasured: str = ""


def row(hub: QuotaHub, workers: int, results: str, database: str = "") -> Row:
    """One run into an empty home."""
    engine = "dask" if workers else "local"
    words = ["--db", database] if database else []
    words += ["--engine", "dask", "--workers", str(workers)] if workers else []
    models = hub.told["models"]
    with tempfile.TemporaryDirectory() as home:
        listed = Path(home) / "models.txt"
        listed.write_text("\n".join(models) + "\n", encoding="ascii")
        try:
            ran = trustaudit(hub, home, "batch", listed, "--quiet", "--exit-zero", *words)
        except RuntimeError as error:
            return Row(engine, workers, results, unmeasured=str(error))
    hub.stats()
    return Row(engine, workers, results, ran.seconds, len(models) / ran.seconds)


@contextmanager
def database() -> Iterator[tuple[str, str]]:
    """The address of a PostgreSQL, or why there is none."""
    try:
        with run_server() as server:
            yield server.url, ""
    except pytest.skip.Exception as error:
        yield "", str(error.msg)


def rows(models: int, workers: tuple[int, ...]) -> Iterator[Row]:
    """Every way, one after the other."""
    options = ("--models", models, "--quota", UNLIMITED, "--files", UNLIMITED, "--latency", LATENCY)
    with quota_hub(*options) as hub, database() as (url, missing):
        for count in (0, *workers):
            yield row(hub, count, "file")
        for count in (0, *workers):
            engine = "dask" if count else "local"
            found = row(hub, count, "PostgreSQL", url) if url else None
            yield found or Row(engine, count, "PostgreSQL", unmeasured=missing)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer models, two workers only")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    models, workers = (40, (2,)) if given.quick else (MODELS, WORKERS)
    found = list(rows(models, workers))
    if given.json:
        print(json.dumps({"models": models, "rows": [asdict(one) for one in found]}))
        return
    for one in found:
        told = f"{one.seconds:.1f} s, {one.models_per_second:.1f} models/s"
        print(f"{one.engine} {one.workers or ''} into {one.results}: {one.unmeasured or told}")


if __name__ == "__main__":
    main()
