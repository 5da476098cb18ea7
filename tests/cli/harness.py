"""Run the real command line in this process, in a scrubbed environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from trustaudit.cli.app import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Cli:
    """``cli("check", "org/name")`` → exit code, stdout, stderr."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path) -> None:
        self._monkeypatch, self._capsys, self.home = monkeypatch, capsys, home
        for name in list(os.environ):
            if name.startswith(("HF_", "HUGGING", "TRUSTAUDIT_", "XDG_", "TRANSFORMERS_")) or name.upper().endswith(
                "_PROXY"
            ):
                monkeypatch.delenv(name)
        scrubbed = {
            "HF_HOME": str(home / "hf"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "HF_ENDPOINT": "http://127.0.0.1:9",
            "NO_COLOR": "1",
            "COLUMNS": "80",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        for name, value in scrubbed.items():
            monkeypatch.setenv(name, value)

    def setenv(self, variables: Mapping[str, str]) -> None:
        """More variables for the commands that follow."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Ran:
        self._monkeypatch.setattr(sys, "argv", ["trustaudit", *arguments])
        self._capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)
