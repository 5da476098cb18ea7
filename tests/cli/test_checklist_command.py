"""``trustaudit checklist``: from a live audit, a snapshot, reports and the history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    loopback_hub.model("acme/gone", {"config.json": "{}"}, card={"license": "mit"}, disabled=True)
    loopback_hub.model("acme/gated", {"config.json": "{}"}, card={"license": "mit"}, gated="manual")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


@pytest.mark.usefixtures("hub")
def test_a_live_audit_is_read_against_the_guidance(cli: Cli) -> None:
    ran = cli("checklist", "acme/gated", "--format", "json")
    assert ran.code == 3, ran
    (read,) = json.loads(ran.out)["checklists"]
    assert read["repo"] == "acme/gated"
    standing = {item["id"]: item["standing"] for guidance in read["guidance"] for item in guidance["items"]}
    assert standing["models-backdoors"] == "not visible from outside"
    assert standing["models-format"] != "checked"
    assert cli("checklist", "acme/gated", "--allow-incomplete").out.startswith("acme/gated")
    quiet = cli("checklist", "acme/gated", "acme/gone", "-q").out.splitlines()
    assert [line.partition(" ")[0].rstrip(":") for line in quiet] == ["acme/gated", "acme/gone"]


@pytest.mark.usefixtures("hub")
def test_saved_answers_need_no_network(cli: Cli, tmp_path: Path) -> None:
    facts, report, lines = (tmp_path / name for name in ("facts.json", "report.json", "reports.jsonl"))
    assert cli("check", "acme/gone", "--save-snapshot", str(facts), "-f", "json", "-o", str(report)).code == 1
    assert cli("check", "acme/gone", "acme/gated", "-f", "jsonl", "-o", str(lines)).code == 1
    cli.setenv({"HF_ENDPOINT": "http://127.0.0.1:9"})
    for source in (("--from-snapshot", facts), ("--from-report", report)):
        ran = cli("checklist", source[0], str(source[1]))
        assert ran.code == 1, ran
        assert ran.out.startswith("acme/gone")
    ran = cli("checklist", "--from-report", str(lines), "--format", "markdown", "-o", str(tmp_path / "list.md"))
    assert (ran.code, ran.out) == (1, "")
    assert "acme/gated" in (tmp_path / "list.md").read_text()
    assert cli("checklist", "--from-report", str(lines)).out.startswith("2 repositories")


@pytest.mark.usefixtures("hub")
def test_the_inventory_is_what_the_history_knows(cli: Cli) -> None:
    assert cli("check", "acme/gone", "acme/gated", "-q").code == 1
    ran = cli("checklist", "--inventory", "--exit-zero")
    assert ran.code == 0, ran
    assert ran.out.startswith("2 repositories")


@pytest.mark.parametrize("arguments", [(), ("acme/x", "--inventory"), ("--from-report", "nowhere.json")])
def test_wrong_uses_are_named(cli: Cli, arguments: tuple[str, ...]) -> None:
    ran = cli("checklist", *arguments)
    assert ran.code == 2, ran
    assert "Traceback" not in ran.err


def test_a_file_that_is_no_report_is_a_usage_error(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "report.json"
    for text in ("", "{}", "[1]", '{"repo": 1}', "\x00"):
        broken.write_text(text)
        assert cli("checklist", "--from-report", str(broken)).code == 2
