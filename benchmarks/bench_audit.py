"""One audit of a repository with a 1 GB checkpoint, custom code, a template and a GGUF, beside other scanners.

Every answer of the loopback Hub takes 100 ms. All programs meet it through the same front under the
public Hub's names and certificate; the command is measured from its start to its exit. The claims: a
complete report below 400 kB, and within four latencies plus half a second, the start of the program included.

Bytes are body bytes of answers that were read to their end. What a program broke off is told apart:
how much of it was under way is up to buffers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.front import front
from benchmarks.peers import UnmeasuredError, clean_environment, peer
from benchmarks.scene import CHECKPOINT, REPO, files, populate
from fixtures.example_hub.content import populate as example_hub
from tests.loopback import Blob, LoopbackHub, Request, run_hub

ROOT = Path(__file__).parents[1]
LATENCY = 0.1
LIMIT_BYTES = 400_000
LIMIT_SECONDS = 4 * LATENCY + 0.5
RUNS = 7
PATIENCE = 240
ORDINARY = "acme/encoder-base"
"""A model without anything special, of the bundled example Hub."""

REAL_VOCABULARY = 32_000
"""As Llama 2's. Every word is read: the chat template stands behind them."""

PEERS = {
    "picklescan": ("-hf", REPO),
    "mlsupplyscan": ("hub", "--online", REPO),
    "modelaudit": ("scan", f"hf://{REPO}", "--no-cache", "--format", "json"),
}
LIBRARY = """
import json, sys, time, trustaudit
from dataclasses import replace
settings = replace(trustaudit.Settings.load(), use_cache=False)
def once(repo):
    wall, cpu = time.perf_counter(), time.process_time()
    report = trustaudit.audit(repo, settings=settings)
    return time.perf_counter() - wall, time.process_time() - cpu, report
once(sys.argv[1])
rows = [once(sys.argv[1]) for _ in range(int(sys.argv[2]))]
report = rows[0][2]
print(json.dumps({"seconds": [row[0] for row in rows], "cpu": [row[1] for row in rows],
                  "seen": report.coverage.files_inspected, "not_seen": len(report.coverage.not_seen),
                  "api": report.cost.api_requests, "files": report.cost.file_requests, "bytes": report.cost.bytes}))
"""


@dataclass(frozen=True, slots=True)
class Library:
    """``trustaudit.audit()`` in a process that has audited before: medians of the seconds, and what one audit asked."""

    repo: str
    seconds: float
    cpu_seconds: float
    seen: int
    not_seen: int
    api_requests: int
    file_requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run asked of the Hub. ``checkpoint`` are the bytes of the 1 GB file alone."""

    requests: int
    bytes: int
    broken_off: int
    checkpoint: int


@dataclass(frozen=True, slots=True)
class Row:
    """One program. ``pickle`` and ``code``: whether it names the two inert hostile places."""

    program: str
    version: str = ""
    seconds: float | None = None
    cost: Cost | None = None
    pickle: bool = False
    code: bool = False
    unmeasured: str = ""


class Scene:
    """The Hub with its repository, and the variables that lead a program there."""

    def __init__(self, hub: LoopbackHub, variables: dict[str, str], content: dict[str, str | Blob]) -> None:
        self._hub, self._variables = hub, variables
        self._large = {blob.xet_hash: blob for blob in content.values() if isinstance(blob, Blob)}
        checkpoint = content[CHECKPOINT]
        self._checkpoint = checkpoint.xet_hash if isinstance(checkpoint, Blob) else ""

    def run(self, command: list[str], **more: str) -> tuple[float, str]:
        """Wall seconds and all output of a command in an empty home."""
        self._hub.requests.clear()
        self._hub.cdn.requests.clear()
        with tempfile.TemporaryDirectory() as home:
            variables = clean_environment(home, **self._variables)
            variables["PYTHONPATH"] += more.pop("path", "")
            started = time.perf_counter()
            done = subprocess.run(
                command, env=variables, cwd=home, check=False, capture_output=True, text=True, timeout=PATIENCE
            )
        return time.perf_counter() - started, done.stdout + done.stderr

    def cost(self) -> Cost:
        """What was asked for since the last run began."""
        everything = [*self._hub.requests, *self._hub.cdn.requests]
        broken = [request for request in everything if self._is_broken_off(request)]
        checkpoint = [request for request in everything if request.path.endswith(self._checkpoint)]
        total = sum(request.bytes_sent for request in everything)
        lost = sum(request.bytes_sent for request in broken)
        return Cost(len(everything), total - lost, lost, sum(request.bytes_sent for request in checkpoint) - lost)

    def _is_broken_off(self, request: Request) -> bool:
        blob = self._large.get(request.path.rpartition("/")[2])
        return blob is not None and "range" not in request.headers and request.bytes_sent < blob.size


OURS = f":{ROOT}"
COMMAND = [sys.executable, "-m", "trustaudit", "check", REPO, "--no-cache", "--format", "json"]


def command(scene: Scene, runs: int) -> Row:
    """``trustaudit check`` from start to exit."""
    rows = [scene.run(COMMAND, path=OURS) for _ in range(runs)]
    out = rows[-1][1]
    found = ("posix.system" in out, '"code-process"' in out)
    if not all(found):
        raise RuntimeError(f"trustaudit gave no complete report: {out[-2000:]}")
    return Row("trustaudit check", "", statistics.median(row[0] for row in rows), scene.cost(), *found)


def library(scene: Scene, repo: str, runs: int) -> Library:
    """The warm library call."""
    _, out = scene.run([sys.executable, "-c", LIBRARY, repo, str(runs)], path=OURS)
    told = json.loads(out.strip().splitlines()[-1])
    wall, cpu = statistics.median(told["seconds"]), statistics.median(told["cpu"])
    return Library(repo, wall, cpu, told["seen"], told["not_seen"], told["api"], told["files"], told["bytes"])


def other(scene: Scene, name: str) -> Row:
    """A peer, once: those that fetch the gigabyte take their time."""
    try:
        found = peer(name)
        seconds, out = scene.run(found.command(*PEERS[name]))
    except UnmeasuredError as error:
        return Row(name, unmeasured=str(error))
    except subprocess.TimeoutExpired:
        return Row(name, found.version, unmeasured=f"no end within {PATIENCE} s")
    return Row(name, found.version, seconds, scene.cost(), "posix" in out and "system" in out, names_code(name, out))


def names_code(name: str, out: str) -> bool:
    """Whether a peer reports the custom code for what it does, and not only that there is some."""
    if name == "modelaudit":
        issues = json.JSONDecoder().raw_decode(out, out.index("{"))[0]["issues"]
        places = (str(issue.get("location")) for issue in issues if issue["severity"] in ("warning", "critical"))
        return any("modeling_encoder.py" in place for place in places)
    return "location : modeling_encoder.py" in out


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything at one Hub."""

    library: list[Library]
    rows: list[Row]


def measured(content: dict[str, str | Blob], runs: int, names: tuple[str, ...]) -> Measured:
    """The library and every program."""
    with run_hub() as hub, tempfile.TemporaryDirectory() as folder, front(hub, Path(folder)) as variables:
        populate(hub, content)
        example_hub(hub)
        hub.quotas.unlimited()
        hub.latency(LATENCY)
        scene = Scene(hub, variables, content)
        rows = [command(scene, runs), *(other(scene, name) for name in names)]
        return Measured([library(scene, repo, runs) for repo in (REPO, ORDINARY)], rows)


def say(found: Measured) -> None:
    """For a person."""
    for one in found.library:
        print(
            f"library, warm, {one.repo}: {one.seconds:.2f} s (claim: <= {LIMIT_SECONDS:.1f}), {one.seen} files seen, "
            f"{one.api_requests} API and {one.file_requests} file requests, {one.bytes / 1000:,.0f} kB"
        )
    for row in found.rows:
        print(_line(row))


def _line(row: Row) -> str:
    if row.cost is None or row.seconds is None:
        return f"{row.program} {row.version}: not measured: {row.unmeasured}"
    lost = f"; {row.cost.broken_off / 1000:,.0f} kB broken off" if row.cost.broken_off else ""
    size = f"{row.cost.bytes / 1000:,.0f} kB ({row.cost.checkpoint / 1000:,.0f} of the checkpoint{lost})"
    found = f"finds pickle {row.pickle}, code {row.code}"
    return f"{row.program} {row.version}: {row.seconds:.2f} s, {row.cost.requests} requests, {size}, {found}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs, without the scanner that takes longest")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    names = tuple(name for name in PEERS if not (given.quick and name == "modelaudit"))
    found = measured(files(), 2 if given.quick else RUNS, names)
    large = measured(files(REAL_VOCABULARY), 1, ())
    if given.json:
        limits = {"latency": LATENCY, "limit_bytes": LIMIT_BYTES, "limit_seconds": LIMIT_SECONDS}
        print(json.dumps({**limits, **asdict(found), "vocabulary": REAL_VOCABULARY, "large": asdict(large.rows[0])}))
        return
    say(found)
    print(f"with a vocabulary of {REAL_VOCABULARY:,} words: {_line(large.rows[0])}")


if __name__ == "__main__":
    main()
