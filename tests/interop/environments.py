"""Throwaway virtual environments, made once and kept until their requirement changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".interop"


class NotInstallableError(Exception):
    """The requirement could not be installed; the message holds pip's last words."""


def environment(name: str, requirement: str) -> Path:
    """The Python of an environment that has ``requirement`` installed: one or several, a blank between them."""
    folder = FOLDER / name
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = folder / ".requirement"
    if stamp.is_file() and stamp.read_text() == requirement and python.is_file():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirement.split()]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - pip of our environment
    if done.returncode != 0:
        raise NotInstallableError(done.stderr.strip()[-400:])
    stamp.write_text(requirement)
    return python


def version_of(python: Path, distribution: str) -> str:
    """Which version of a distribution an environment has."""
    script = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    done = subprocess.run([str(python), "-c", script], check=True, capture_output=True, text=True)  # noqa: S603 - as above
    return done.stdout.strip()


def clean_variables(**extra: str) -> dict[str, str]:
    """The process environment without anything that would change how a Hub client behaves."""
    foreign = ("HF_", "HUGGING", "TRUSTAUDIT_", "TRANSFORMERS_", "PYTHONPATH", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"NO_PROXY": "127.0.0.1,localhost", "DO_NOT_TRACK": "1"} | extra
