"""``trustaudit batch`` of 2,000 models at a Hub with a quota, and the re-audit of 1,000 pins that did not change.

The Hub runs in a process of its own with the free token's quota (1,000 API and 5,000 file
requests per window) and windows that are shorter than its 300 s. The claims: at least 97 % of the
permitted API requests used in every full window, no 429, memory that does not grow with the
list, at most one API request for a pin that did not change.

The last window is no full one, nor is the first unless the batch began with it. How much faster
than the real Hub's pace this is says ``--window``: 10 s are 30 times as fast.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PINS = 1000


class QuotaHub:
    """The other end of ``quota_hub.py``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.told = self._line()

    def stats(self) -> dict[str, Any]:
        """Requests per bucket and window, and refusals, so far."""
        print("stats", file=self._process.stdin, flush=True)
        return self._line()

    def _line(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the Hub of the benchmark ended early")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def quota_hub(*options: object) -> Iterator[QuotaHub]:
    """A running Hub."""
    command = [sys.executable, str(HERE / "quota_hub.py"), *map(str, options)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parent
    ) as process:
        try:
            yield QuotaHub(process)
        finally:
            process.kill()


@dataclass
class Ran:
    """One command: wall and CPU seconds, and its resident memory in MB each time one quarter more was done."""

    seconds: float = 0.0
    cpu: float = 0.0
    memory: list[float] = field(default_factory=list)


def environment(hub: QuotaHub, home: str) -> dict[str, str]:
    """Variables that point a command at that Hub and into an empty home."""
    return {
        **os.environ,
        "HOME": home,
        "HF_HOME": f"{home}/hf",
        "HF_ENDPOINT": hub.told["endpoint"],
        "HF_TOKEN": hub.told["token"],
        "TRUSTAUDIT_CACHE_DIR": f"{home}/cache",
        "TRUSTAUDIT_DATA_DIR": f"{home}/data",
        "PYTHONPATH": str(HERE.parent),
    }


def trustaudit(hub: QuotaHub, home: str, *words: object, lines: Path | None = None, expected: int = 0) -> Ran:
    """Run a command. ``lines``: a file that grows by one line per finished model, of ``expected`` in all."""
    started, ran = time.monotonic(), Ran()
    command = [sys.executable, "-m", "trustaudit", *map(str, words)]
    process = subprocess.Popen(command, env=environment(hub, home), cwd=home, stdout=subprocess.DEVNULL)
    usage = None
    while usage is None:
        _sample(process.pid, ran, lines, expected)
        pid, status, found = os.wait4(process.pid, os.WNOHANG)
        usage = found if pid else None
        time.sleep(0 if usage else 0.1)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {process.returncode}")
    ran.seconds, ran.cpu = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    return ran


def _sample(pid: int, ran: Ran, lines: Path | None, expected: int) -> None:
    if lines is None or not lines.exists() or len(ran.memory) >= 4:  # noqa: PLR2004 - quarters
        return
    if _lines(lines) - 1 >= expected * (len(ran.memory) + 1) / 4:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
        ran.memory += [int(kilobytes) / 1000 for kilobytes in found]


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@dataclass
class BatchFigures:
    """What a batch used of the Hub and of the machine. Shares are of the permitted API requests."""

    models: int
    owners: int
    window: float
    quota: int
    shares: list[float]
    refused: int
    api_per_model: float
    files_per_model: float
    seconds: float
    models_per_second: float
    cpu_ms_per_model: float
    memory_mb: list[float]


@dataclass
class ReauditFigures:
    """What looking at unchanged pins used."""

    pins: int
    api_requests: int
    api_per_pin: float
    seconds: float
    cpu_ms_per_pin: float


def batch(given: argparse.Namespace) -> BatchFigures:
    """Audit them all, into an empty cache."""
    with hub_of(given, given.models) as hub, tempfile.TemporaryDirectory() as home:
        models = hub.told["models"]
        listed = Path(home) / "models.txt"
        listed.write_text("\n".join(models) + "\n", encoding="ascii")
        results = Path(home) / "run.jsonl"
        words = ("batch", listed, "--run", results, "--quiet", "--exit-zero", *given.words)
        ran = trustaudit(hub, home, *words, lines=results, expected=len(models))
        stats = hub.stats()
    return BatchFigures(
        models=len(models),
        owners=len({name.partition("/")[0] for name in models}),
        window=given.window,
        quota=given.quota,
        shares=[round(used / given.quota, 4) for used in full_windows(stats["api"])],
        refused=sum(stats["refused"].values()),
        api_per_model=round(sum(stats["api"]) / len(models), 3),
        files_per_model=round(sum(stats["resolvers"]) / len(models), 3),
        seconds=round(ran.seconds, 2),
        models_per_second=round(len(models) / ran.seconds, 1),
        cpu_ms_per_model=round(1000 * ran.cpu / len(models), 2),
        memory_mb=ran.memory,
    )


def full_windows(used: list[int]) -> list[int]:
    """The windows between the one of the first request and the one of the last."""
    while used and not used[-1]:
        used = used[:-1]
    return used[1:-1]


def reaudit(given: argparse.Namespace) -> ReauditFigures:
    """Lock models, then ask whether they changed, which they did not."""
    with hub_of(given, given.pins, "--quota", 10**6, "--files", 10**6) as hub, tempfile.TemporaryDirectory() as home:
        trustaudit(hub, home, "lock", "add", *hub.told["models"], "--quiet")
        before = sum(hub.stats()["api"])
        ran = trustaudit(hub, home, "reaudit", "--no-cache", "--quiet", "--exit-zero")
        asked = sum(hub.stats()["api"]) - before
    return ReauditFigures(
        pins=given.pins,
        api_requests=asked,
        api_per_pin=round(asked / given.pins, 3),
        seconds=round(ran.seconds, 2),
        cpu_ms_per_pin=round(1000 * ran.cpu / given.pins, 2),
    )


@contextmanager
def hub_of(given: argparse.Namespace, models: int, *more: object) -> Iterator[QuotaHub]:
    """A Hub as asked for on the command line; ``more`` has the last word."""
    options = ("--models", models, "--window", given.window, "--quota", given.quota, "--files", 5 * given.quota)
    with quota_hub(*options, "--latency", given.latency, "--rounding", given.rounding, *more) as hub:
        yield hub


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--pins", type=int, default=PINS, help="0: no re-audit")
    parser.add_argument("--window", type=float, default=15.0, help="seconds of a quota window")
    parser.add_argument(
        "--quota", type=int, default=1000, help="API requests per window; files have five times as many"
    )
    parser.add_argument("--latency", type=float, default=0.02, help="seconds of an answer, on average")
    parser.add_argument("--rounding", choices=("up", "down"), default="up", help="of the seconds a window has left")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("words", nargs="*", help="more words for trustaudit batch, after --")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    given = arguments()
    batched = batch(given) if given.models else None
    audited = reaudit(given) if given.pins else None
    if given.json:
        print(json.dumps({"batch": batched and asdict(batched), "reaudit": audited and asdict(audited)}))
        return
    if batched:
        say(batched)
    if audited:
        print(
            f"re-audit of {audited.pins:,} unchanged pins: {audited.api_requests:,} API requests, "
            f"{audited.api_per_pin:.2f} a pin (claim: <= 1), {audited.seconds:.1f} s, "
            f"{audited.cpu_ms_per_pin:.1f} ms CPU a pin"
        )


def say(found: BatchFigures) -> None:
    """For a person."""
    shares = " ".join(f"{100 * share:.1f}" for share in found.shares) or "none was full"
    memory = " ".join(f"{megabytes:.0f}" for megabytes in found.memory_mb)
    print(f"{found.models:,} models of {found.owners} owners, {found.quota:,} API requests per {found.window:g} s")
    print(f"  % of the permitted API requests used in each full window: {shares} (claim: >= 97)")
    print(f"  answers with 429: {found.refused} (claim: 0)")
    print(f"  requests a model: {found.api_per_model:.2f} API, {found.files_per_model:.2f} file")
    print(
        f"  {found.seconds:.1f} s, {found.models_per_second:.1f} models/s, {found.cpu_ms_per_model:.1f} ms CPU a model"
    )
    print(f"  memory in MB at each quarter of the list: {memory}")


if __name__ == "__main__":
    main()
