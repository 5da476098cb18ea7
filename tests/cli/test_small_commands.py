"""The small commands: what they print, and that help costs nothing and names examples."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import Cli
from trustaudit import __version__
from trustaudit.cli.app import app, program


def command_lines() -> Iterator[str]:
    """The program itself, its commands, its groups and theirs."""
    yield ""
    yield from (str(command.name) for command in app.registered_commands)
    for group in app.registered_groups:
        yield str(group.name)
        inner = group.typer_instance.registered_commands if group.typer_instance else ()
        yield from (f"{group.name} {command.name or command.callback.__name__}" for command in inner)  # type: ignore[union-attr]


@pytest.mark.parametrize("command", list(command_lines()))
def test_every_command_has_help_with_an_example(cli: Cli, command: str) -> None:
    ran = cli(*command.split(), "--help")
    assert ran.code == 0
    assert "Usage" in ran.out
    assert "Example" in ran.out


def test_help_loads_nothing_heavy() -> None:
    probe = (
        "import sys; sys.argv=['trustaudit','--help']\n"
        "from trustaudit.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy={'pydantic','httpx','huggingface_hub','rapidfuzz','rich','asyncio'} & set(sys.modules)\n"
        "print('HEAVY', sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    assert "HEAVY []" in done.stdout


def test_only_the_named_command_is_built() -> None:
    assert [command.name for command in program(["check", "a/b"]).registered_commands] == ["check"]
    assert [group.name for group in program(["lock", "add"]).registered_groups] == ["lock"]
    assert all(program(words) is app for words in ([], ["--help"], ["chekc"]))


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"trustaudit {__version__}\n"


def test_rules_and_explain_cover_every_check(cli: Cli) -> None:
    listed = json.loads(cli("rules", "--format", "json").out)
    assert len(listed) > 10
    for row in listed:
        ran = cli("explain", row["rule"])
        assert ran.code == 0
        assert row["rule"] in ran.out
        assert "How to fix" in ran.out
    assert {"not-allowed-by-policy", "incomplete-audit"} <= {row["rule"] for row in listed}
    assert "unsafe-format" in cli("rules").out


def test_explain_suggests_for_a_misspelt_rule(cli: Cli) -> None:
    ran = cli("explain", "unsafe-formt")
    assert ran.code == 2
    assert "unsafe-format" in ran.err


def test_policies(cli: Cli, tmp_path: Path) -> None:
    assert {"permissive", "default", "strict"} <= set(cli("policy", "list").out.split())
    shown = cli("policy", "show", "strict").out
    mine = tmp_path / "mine.toml"
    mine.write_text(shown)
    assert cli("policy", "validate", str(mine)).code == 0
    mine.write_text(shown + '\nthreshholds = "x"\n')
    ran = cli("policy", "validate", str(mine))
    assert ran.code == 2
    assert "thresh" in ran.err


def test_cache_info_and_clear(cli: Cli) -> None:
    assert "folder" in cli("cache", "info").out
    assert "removed 0" in cli("cache", "clear").out


def test_unknown_command_is_a_usage_error(cli: Cli) -> None:
    assert cli("frobnicate").code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("acme/encoder",), "for one repository: trustaudit check acme/encoder"),
        (("nope.txt",), "cannot read nope.txt: No such file or directory"),
        (("--collection", "foo"), "'foo' is no collection"),
    ],
)
def test_what_is_no_list_is_a_usage_error_that_says_what_is(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("batch", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "Errno" not in ran.err
    assert "proxy" not in ran.err
