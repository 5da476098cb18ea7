"""Our readers of model formats beside those of the formats' own libraries, in an environment that has them."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.interop.environments import ROOT, NotInstallableError, clean_variables, environment

pytestmark = pytest.mark.interop

ORACLES = "gguf onnx h5py msgpack safetensors numpy"
SUITES = ("test_gguf.py", "test_onnx.py", "test_hdf5.py", "test_msgpack.py", "test_safetensors.py")


def requirement() -> str:
    """The libraries, what runs the tests, and what this project itself needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return " ".join([ORACLES, "pytest pytest-asyncio hypothesis", *project["dependencies"]])


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return environment("formats", requirement())
    except NotInstallableError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("suite", SUITES)
def test_our_reader_agrees_with_the_library(python: Path, suite: str) -> None:
    command = [str(python), "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", f"tests/formats/{suite}"]
    done = subprocess.run(command, check=False, cwd=ROOT, env=clean_variables(), capture_output=True, text=True)  # noqa: S603 - our own tests
    assert done.returncode == 0, done.stdout[-3000:]
    assert "could not import" not in done.stdout, done.stdout[-1000:]
