"""Processes of a test: a Hub, a dask scheduler with workers, commands. All are ended by their own ids."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

from trustaudit.store.place import Place
from trustaudit.store.steady import Steady

ROOT = Path(__file__).parents[2]
LEASE = 2.0
"""Seconds: whoever is killed is missed soon."""

PATIENCE = 120.0
T = TypeVar("T")


def eventually(look: Callable[[], T], patience: float = PATIENCE) -> T:
    """What ``look`` gives as soon as it is true."""
    until = time.monotonic() + patience
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


@dataclass
class Log:
    """What the Hub saw."""

    audits: dict[str, int]
    requests: int
    refused: int
    windows: list[int]
    failures: list[str]


@dataclass
class HubProcess:
    """The Hub. ``log`` may be asked at any time."""

    process: subprocess.Popen[str]
    endpoint: str

    def log(self) -> Log:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Log(**json.loads(self.process.stdout.readline()))


@dataclass
class Fleet:
    """A Hub with models, and whatever is started to audit them. ``home`` is the folder of the test."""

    home: Path
    hub: HubProcess
    models: int
    place: Place
    scheduler: str = ""
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The list, in order."""
        return [f"acme/m{number}" for number in range(self.models)]

    def environment(self, name: str) -> dict[str, str]:
        """A machine of its own, as far as folders go."""
        base = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRUSTAUDIT_", "XDG_"))}
        own = self.home / name
        return {
            **base,
            "PYTHONPATH": str(ROOT),
            "HF_ENDPOINT": self.hub.endpoint,
            "HF_HOME": str(own / "hf"),
            "XDG_CACHE_HOME": str(own / "cache"),
            "XDG_DATA_HOME": str(own / "data"),
            "XDG_CONFIG_HOME": str(own / "config"),
            "TRUSTAUDIT_LEASE_SECONDS": str(LEASE),
            "DASK_CONFIG": str(own / "dask"),
            "NO_PROXY": "127.0.0.1,localhost",
            "NO_COLOR": "1",
        }

    def start(self, name: str, *arguments: str, log: IO[str]) -> subprocess.Popen[str]:
        """A Python module, on a machine of that name; what it says goes to ``log``."""
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", *arguments],
            env=self.environment(name),
            text=True,
            cwd=self.home,
            stdout=log,
            stderr=log,
            preexec_fn=_interruptible,  # noqa: PLW1509 - no thread of a test holds a lock meanwhile
        )
        self._started.append(process)
        return process

    def batch(self, name: str, *options: str) -> subprocess.Popen[str]:
        """``trustaudit batch`` of the whole list; its report goes to ``NAME.jsonl``, its messages to ``NAME.err``."""
        listed = self.home / "list.txt"
        listed.write_text("\n".join(self.names))
        arguments = ("batch", str(listed), "--db", self.place.address, "-f", "jsonl", "-o", f"{name}.jsonl", "-j", "4")
        with (self.home / f"{name}.err").open("a") as errors:
            return self.start(name, "trustaudit", *arguments, *options, log=errors)

    def on_dask(self, name: str, *options: str) -> subprocess.Popen[str]:
        """The same on the workers of the scheduler."""
        return self.batch(name, "--engine", "dask", "--scheduler", self.scheduler, *options)

    def reported(self, name: str) -> list[str]:
        """The ids that a finished batch reported, in order."""
        text = (self.home / f"{name}.jsonl").read_text()
        return [json.loads(line)["repo"]["requested"] for line in text.splitlines()]

    def said(self, name: str) -> str:
        """The messages of a batch."""
        return (self.home / f"{name}.err").read_text()

    def finished(self, batch: subprocess.Popen[str], name: str) -> None:
        """Wait for the end of a batch that should be well."""
        assert batch.wait(PATIENCE) in (0, 3), self.said(name)
        assert self.reported(name) == self.names, self.said(name)

    def start_scheduler(self) -> None:
        """A dask scheduler."""
        file = self.home / "scheduler.json"
        common = ("--host", "127.0.0.1", "--no-dashboard")
        with (self.home / "scheduler.log").open("w") as log:
            arguments = (*common, "--port", "0", "--scheduler-file", str(file))
            self.start("scheduler", "distributed.cli.dask_scheduler", *arguments, log=log)
        self.scheduler = eventually(lambda: _address(file))

    def add_worker(self, *options: str) -> subprocess.Popen[str]:
        """A dask worker of one thread, with caches of its own."""
        name = f"worker{len(self.workers)}"
        with (self.home / f"{name}.log").open("w") as log:
            arguments = (self.scheduler, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", *options)
            worker = self.start(name, "distributed.cli.dask_worker", *arguments, log=log)
        self.workers.append(worker)
        return worker

    def query(self, sql: str) -> list[Any]:
        """Rows of the database, whatever state it is in."""
        steady = Steady(self.place)
        try:
            return steady.run(lambda connection: connection.execute(sql).fetchall())
        finally:
            steady.close()

    def done(self) -> list[str]:
        """The ids that have a result."""
        return [row[0] for row in self.query("SELECT name FROM results ORDER BY position")]

    def wait_for(self, count: int) -> list[str]:
        """Until so many have a result."""

        def enough() -> list[str]:
            found = self.done() if self._is_begun() else []
            return found if len(found) >= count else []

        return eventually(enough)

    def _is_begun(self) -> bool:
        return self.place.path is None or self.place.path.exists()

    def assert_once(self) -> None:
        """Every model has one result, of one run, and the Hub has nothing to complain of."""
        assert sorted(self.done()) == sorted(self.names)
        assert self.query("SELECT COUNT(DISTINCT run_id) FROM results") == [(1,)]
        assert self.query("SELECT DISTINCT state FROM work_items") == [("done",)]
        assert self.hub.log().failures == []

    def end(self) -> None:
        """End everything that was started here."""
        for process in reversed(self._started):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM if process in self.workers else signal.SIGKILL)
        for process in self._started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def _interruptible() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored by all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _address(file: Path) -> str:
    try:
        return str(json.loads(file.read_text())["address"])
    except (OSError, ValueError, KeyError):
        return ""


def audits_of(log: Log, names: Sequence[str]) -> int:
    """How often these were audited, all in all."""
    return sum(log.audits.get(name, 0) for name in names)


@contextmanager
def run_fleet(home: Path, place: Place, models: int, quota: tuple[int, int] | None = None) -> Iterator[Fleet]:
    """A Hub with so many models, and nobody at work yet."""
    with ExitStack() as stack:
        numbers = [str(number) for number in (models, *(quota or ()))]
        hub = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "tests.engines.hub_process", *numbers],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        stack.enter_context(hub)
        stack.callback(hub.kill)
        assert hub.stdout is not None
        fleet = Fleet(home, HubProcess(hub, hub.stdout.readline().strip()), models, place)
        stack.callback(fleet.end)
        yield fleet
