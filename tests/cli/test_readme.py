"""Every command and every line of Python in the README works as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from fixtures.example_hub.content import populate
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """The lines that start with ``$ trustaudit`` in console blocks."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ ")) for line in lines]


def test_the_readme_has_commands() -> None:
    assert len(commands()) >= 10
    assert {words[0] for words in commands()} == {"trustaudit"}


def test_every_command_of_the_readme_runs(
    cli: Cli, loopback_hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(loopback_hub)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "downloaded-model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "models.txt").write_text("acme/encoder-base  # ours\noldlab/sentiment-lstm\n")
    for words in commands():
        ran = cli(*words[1:])
        assert ran.code in (0, 3 if "strict" in words else 0), (words, ran)
        assert "Traceback" not in ran.err


def test_the_python_of_the_readme_runs(cli: Cli, loopback_hub: LoopbackHub, capsys: pytest.CaptureFixture[str]) -> None:
    populate(loopback_hub)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own page
    assert "from_pretrained" in capsys.readouterr().out


def test_every_link_of_the_readme_leads_somewhere() -> None:
    root = Path(__file__).parents[2]
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (root / target).exists(), target
