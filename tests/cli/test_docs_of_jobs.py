"""The pages about lists, lockfiles and jobs: their YAML parses, their commands and options exist."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml

from tests.cli.harness import Cli

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("lockfile.md", "batch.md", "ci.md")
_CALL = re.compile(r"(?<![/\w.-])trustaudit ((?:[a-z]+ ?){1,2})([^\n|`]*)")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of one language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def calls() -> set[tuple[str, tuple[str, ...]]]:
    """Command and options of every call in a code block."""
    found = set()
    for page in PAGES:
        for block in blocks(page, r"\w+"):
            for words, rest in _CALL.findall(block):
                parts = words.split()
                command = " ".join(parts[: 2 if parts[0] == "lock" else 1])
                found.add((command, tuple(sorted(set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest))))))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_yaml_parses(page: str) -> None:
    for block in blocks(page, "yaml"):
        assert isinstance(yaml.safe_load(block), dict)


def test_unit_files_parse() -> None:
    for block in blocks("ci.md", "ini"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(block)
        assert "Unit" in unit


def test_every_command_and_option_exists(cli: Cli) -> None:
    cli.setenv({"COLUMNS": "200"})
    found = calls()
    assert len(found) > 15
    for command, options in sorted(found):
        ran = cli(*command.split(), "--help")
        assert ran.code == 0, command
        for option in options:
            assert re.search(rf"(?<!\S){option}\b", ran.out), f"{command} has no {option}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text(encoding="utf-8")):
            assert "://" in target or (DOCS / target).exists(), target
