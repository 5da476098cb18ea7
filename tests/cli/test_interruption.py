"""Ctrl-C ends a run cleanly: what is known is printed, and the exit code says that it is not all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import trustaudit
from fixtures.example_hub.content import populate
from tests.loopback import LoopbackHub


def test_what_is_known_is_printed_and_the_code_is_130(loopback_hub: LoopbackHub, tmp_path: Path) -> None:
    populate(loopback_hub)
    loopback_hub.latency(20.0, lambda request: "custom-vit" in request.path)
    environment = {
        **os.environ,
        **loopback_hub.environment(str(tmp_path / "hf")),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONPATH": str(Path(trustaudit.__file__).parents[1]),
    }
    command = [sys.executable, "-m", "trustaudit", "check", "acme/encoder-base", "vision-lab/custom-vit"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_interrupts,  # noqa: PLW1509 - only a system call, before anything runs
    ) as running:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any("custom-vit" in r.path for r in loopback_hub.requests):
            time.sleep(0.05)
        time.sleep(1.5)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 130, (out, err)
    assert out.startswith("PASS  acme/encoder-base")
    assert "interrupted" in err
    assert "Traceback" not in err


def _hear_interrupts() -> None:
    """Programs that a shell starts in the background ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_while_the_program_is_loaded_ctrl_c_ends_it_without_a_traceback() -> None:
    press = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    press += "class Press:\n  def find_spec(self, name, path=None, target=None):\n"
    press += "    if name == 'typer': os.kill(os.getpid(), signal.SIGINT)\n"
    start = f"{press}sys.meta_path.insert(0, Press())\nfrom trustaudit.cli.start import main\nmain()"
    environment = {**os.environ, "PYTHONPATH": str(Path(trustaudit.__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-c", start], env=environment, capture_output=True, check=False)  # noqa: S603 - our own interpreter
    assert (ran.returncode, ran.stdout, ran.stderr) == (-signal.SIGINT, b"", b"")
