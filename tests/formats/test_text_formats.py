"""Cards, scripts, requirement files and credentials: total, bounded in time, and routed by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.inspecting import assert_total, inspect, kinds, notes
from trustaudit.filefacts import Coverage
from trustaudit.formats.card_text import inspect_card
from trustaudit.formats.dependencies.inspector import inspect_dependencies
from trustaudit.formats.dependencies.requirements import parse_arguments, parse_line
from trustaudit.formats.dispatch import inspect_file
from trustaudit.formats.interface import Inspector, Source
from trustaudit.formats.plain_text import decoded
from trustaudit.formats.scripts import inspect_script
from trustaudit.formats.secrets import entropy, inspect_secrets
from trustaudit.formats.shell_lines import installs, shell_traits, urls_in

INSPECTORS = {
    "card": inspect_card,
    "script": inspect_script,
    "dependencies": inspect_dependencies,
    "secrets": inspect_secrets,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/modeling.py", "python"),
        ("README.md", "markdown"),
        ("readme", "markdown"),
        ("sub/requirements-dev.txt", "dependencies"),
        ("environment.yml", "dependencies"),
        ("pyproject.toml", "dependencies"),
        ("run.sh", "shell-script"),
        ("Dockerfile.gpu", "shell-script"),
        ("start.BAT", "shell-script"),
        ("demo.ipynb", "notebook"),
        ("notes.txt", "text"),
        ("MODELING.PY ", "python"),
    ],
)
def test_names_decide(path: str, expected: str) -> None:
    data = b'{"cells": [], "nbformat": 4}' if expected == "notebook" else b"torch\n"
    assert inspect(inspect_file, data, path).format == expected


def test_shebangs_decide_where_names_do_not() -> None:
    assert inspect(inspect_file, b"#!/usr/bin/env python3\nx = 1\n", "run").format == "python"
    assert inspect(inspect_file, b"#!/bin/bash\ntrue\n", "run").format == "shell-script"


def test_credentials_are_found_in_any_text() -> None:
    token = "hf_" + "kT9wQz3LmXv7RbNc5YpJd8FgHs2AeUiO4tW6"[:34]
    for path in ("notes.txt", ".env", "a.html", "x.py"):
        facts = inspect(inspect_file, f"<html>token = '{token}'\n".encode(), path)
        assert "secret" in kinds(facts)
        assert token[5:] not in facts.model_dump_json()


@pytest.mark.parametrize("inspector", INSPECTORS.values(), ids=INSPECTORS)
@settings(max_examples=40, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.text(alphabet="-=[]{}<>!|#:;@`'\"\\ \n\tpipinstallcurlhttp/.0", max_size=300).map(str.encode)
)
def test_any_bytes(inspector: Inspector, data: bytes) -> None:
    assert_total(inspector, data)


@pytest.mark.parametrize("name", ["environment.yml", "pyproject.toml", "setup.cfg", "Pipfile", "requirements.txt"])
@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=200))
def test_any_list_of_requirements(name: str, text: str) -> None:
    facts = inspect(
        lambda source: inspect_dependencies(Source(name, source.size)), text.encode("utf-8", "surrogatepass"), name
    )
    assert facts.coverage in (Coverage.COMPLETE, Coverage.PARTIAL)


@pytest.mark.parametrize(
    "piece",
    [
        "curl ",
        "rm -",
        "powershell ",
        "bash -i ",
        "pip install ",
        "env |",
        "mkfifo ",
        "<!--",
        "<p style='display:none' ",
        "password: ",
        "https://a",
        "from_pretrained('a/b', ",
        "official ",
    ],
)
def test_repeated_words_are_read_in_linear_time(piece: str) -> None:
    """No assertion on time: a quadratic pattern would need hours for this."""
    text = (piece * 12_000)[:100_000]
    inspect(inspect_card, text.encode(), "README.md")


def test_continued_lines_keep_their_numbers() -> None:
    facts = inspect(inspect_script, b"true\ncurl http://a.invalid/x \\\n  | sh\n", "run.sh")
    assert [note.line for note in notes(facts, "script-trait")] == [2]


def test_requirement_lines() -> None:
    def shown(line: str) -> list[tuple[str, str, str, str]]:
        return [(w.kind, w.name, w.version, w.value) for w in parse_line(line)]

    assert shown("torch[extra] >=2,<3 ; python_version>'3.8' # why") == [("name", "torch", "<3,>=2", "")]
    assert shown("acme @ git+https://a.invalid/x@main") == [("direct", "acme", "", "git+https://a.invalid/x@main")]
    assert shown("-e ./local") == [("local", "", "", "./local")]
    assert shown("--index-url=https://a.invalid") == [("index-url", "", "", "https://a.invalid")]
    assert shown("torch==2.0 --hash=sha256:abc") == [("name", "torch", "==2.0", "")]
    assert shown("# nothing") == shown("") == shown("???") == []


def test_arguments_end_where_prose_goes_on() -> None:
    assert [w.name for w in parse_arguments("torch numpy, then run it")] == ["torch", "numpy"]
    assert [w.name for w in parse_arguments("-U torch --no-cache-dir -t x einops")] == ["torch", "einops"]


def test_small_tools() -> None:
    assert urls_in("see https://a.invalid/x, or (http://b.invalid).") == ("https://a.invalid/x", "http://b.invalid")
    assert [name for name, _ in installs("python -m pip install -U acme && true")] == ["-U acme"]
    assert list(shell_traits("nothing here")) == []
    assert decoded("a\r\nb".encode("utf-16")) == "a\nb"
    assert entropy("") == 0.0
    assert entropy("ab") == 1.0
