"""Other scanners, each in an environment of its own under ``.benchmarks/``, at pinned versions with hashes."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".benchmarks" / "peers"
LOCKS = Path(__file__).parent / "requirements"
NAMES = ("picklescan", "modelscan", "modelaudit", "mlsupplyscan")
INSTALL_SECONDS = 300

_FOREIGN = ("HF_", "HUGGING", "TRUSTAUDIT_", "PYTHONPATH", "VIRTUAL_ENV")
_QUIET = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "NO_ANALYTICS": "1",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed scanner."""

    name: str
    version: str
    python: Path

    def command(self, *words: str | Path) -> list[str]:
        """Its command line, by the script that its distribution installs."""
        return [str(self.python.parent / self.name), *map(str, words)]


class UnmeasuredError(Exception):
    """A peer that cannot be measured; the message says why, for the page."""


@cache
def peer(name: str) -> Peer:
    """Install it once. Raises UnmeasuredError with pip's last line."""
    lock, folder = (LOCKS / f"{name}.txt").read_text(encoding="ascii"), FOLDER / name
    python, stamp = folder / "bin" / "python", folder / ".lock"
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != lock:
        _install(folder, python, LOCKS / f"{name}.txt")
        stamp.write_text(lock, encoding="ascii")
    return Peer(name, _version(lock, name), python)


def _install(folder: Path, python: Path, lock: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
    try:
        done = subprocess.run(
            [*command, str(lock)], check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise UnmeasuredError(f"not installed within {INSTALL_SECONDS} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise UnmeasuredError(
            f"cannot be installed on Python {sys.version_info.major}.{sys.version_info.minor}: {last}"
        )


def _version(lock: str, name: str) -> str:
    line = next(line for line in lock.splitlines() if line.startswith(f"{name}=="))
    return line.partition("==")[2].split()[0]


def clean_environment(home: str, **more: str) -> dict[str, str]:
    """Variables for a measured command: an empty home, no telemetry, nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**kept, **_QUIET, "HOME": home, "TMPDIR": home, "HF_HOME": f"{home}/hf", **more}
