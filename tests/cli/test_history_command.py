"""``history``, ``diff`` and ``inventory``: what commands leave behind and what is made of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo
from tests.loopback.repo import Files

PLAIN: Files = {"config.json": "{}", "README.md": "# M\n" * 80}


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    for number in range(3):
        loopback_hub.model(f"acme/m{number}", PLAIN, card={"license": "mit"}, created="2022-01-01")
    cli.setenv({**loopback_hub.environment(str(cli.home / "hf")), "TRUSTAUDIT_NO_CACHE": "1"})
    monkeypatch.chdir(tmp_path)
    return loopback_hub


def repo(hub: LoopbackHub, name: str) -> Repo:
    found = hub.find("model", name)
    assert found is not None
    return found


def test_every_judging_command_leaves_a_record(cli: Cli, hub: LoopbackHub) -> None:
    assert "no audits" in cli("history").err
    cli("check", "acme/m0")
    Path("l.txt").write_text("acme/m1\n")
    cli("batch", "l.txt")
    cli("lock", "add", "acme/m2")
    rows = json.loads(cli("history", "--format", "json").out)
    assert {row["repo_id"] for row in rows} == {"acme/m0", "acme/m1", "acme/m2"}
    assert rows[0]["commit"] == repo(hub, "acme/m2").sha
    table = cli("history", "ACME/m0").out.splitlines()
    assert len(table) == 2
    assert "acme/m0" in table[1]


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_keeping_a_record_can_be_turned_off(cli: Cli, hub: LoopbackHub, how: str) -> None:
    flags = ["--no-history"] if how == "flag" else []
    if how == "variable":
        cli.setenv({"TRUSTAUDIT_NO_HISTORY": "1"})
    if how == "file":
        (cli.home / "config" / "trustaudit").mkdir(parents=True)
        (cli.home / "config" / "trustaudit" / "config.toml").write_text("history = false\n")
    assert cli("check", "acme/m0", *flags).code == 0
    assert not (cli.home / "data").exists()
    assert hub.failures == []


def test_two_audits_compared(cli: Cli, hub: LoopbackHub) -> None:
    assert cli("diff", "acme/m0").code == 2
    cli("check", "acme/m0")
    assert cli("diff", "acme/m0").code == 2
    first = repo(hub, "acme/m0").sha
    repo(hub, "acme/m0").commit({"handler.py": "x = 1\n", "config.json": '{"a": 1}'})
    cli("check", "acme/m0")
    ran = cli("diff", "acme/m0")
    assert ran.code == 0
    assert "+ handler.py" in ran.out
    assert "~ config.json" in ran.out
    assert "auto-run-file" in ran.out
    back = json.loads(cli("diff", "acme/m0", "latest", first[:8], "--format", "json").out)
    assert [pin["path"] for pin in back["files"]["removed"]] == ["handler.py"]
    assert "nothing differs" in cli("diff", "acme/m0", "latest", "latest").out
    assert cli("diff", "acme/m0", "zzzz").code == 2
    assert "is no day" in cli("diff", "acme/m0", "2026-13-01").err


def test_moving_the_history(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    cli("check", "acme/m0", "acme/m1")
    assert cli("history", "--export", "audits.jsonl").code == 0
    before = cli("history", "--format", "json").out
    cli.setenv({"TRUSTAUDIT_DATA_DIR": str(tmp_path / "elsewhere")})
    assert json.loads(cli("history", "--format", "json").out) == []
    assert cli("history", "--import", "audits.jsonl").code == 0
    assert cli("history", "--format", "json").out == before
    Path("audits.jsonl").write_text("{}\n")
    assert cli("history", "--import", "audits.jsonl").code == 2
    assert cli("history", "--import", "none.jsonl").code == 2
    assert cli("history", "--export", "none/x.jsonl").code == 2
    assert hub.failures == []


def test_forgetting_keeps_the_newest_of_each_repository(cli: Cli, hub: LoopbackHub) -> None:
    for number in range(3):
        repo(hub, "acme/m0").commit({"config.json": f'{{"n": {number}}}'})
        cli("check", "acme/m0", "acme/m1")
    assert "0 audits forgotten" in cli("history", "--older-than", "1").err
    assert "2 audits forgotten" in cli("history", "--keep", "2").err
    newest = repo(hub, "acme/m0").sha
    ran = cli("history", "--older-than", "0")
    assert "2 audits forgotten" in ran.err
    rows = json.loads(cli("history", "--format", "json").out)
    assert {(row["repo_id"], row["commit"]) for row in rows} == {
        ("acme/m0", newest),
        ("acme/m1", repo(hub, "acme/m1").sha),
    }
    assert cli("history", "--keep", "0").code == 2
    assert cli("inventory").out.count("acme/") == 2


def test_the_inventory_joins_lockfiles_and_history(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    cli("lock", "add", "acme/m1", "--lockfile", "other.lock")
    repo(hub, "acme/m0").commit({"config.json": '{"a": 1}'})
    cli("check", "acme/m0", "acme/m2")
    ran = cli("inventory", "-l", "trustaudit.lock", "-l", "other.lock", "--format", "csv")
    rows = {row["repository"]: row for row in csv.DictReader(io.StringIO(ran.out))}
    assert set(rows) == {"acme/m0", "acme/m1", "acme/m2"}
    assert rows["acme/m0"]["locked_in"] == "trustaudit.lock"
    assert repo(hub, "acme/m0").sha[:7] in rows["acme/m0"]["seen_since"]
    assert rows["acme/m1"]["locked_in"] == "other.lock"
    assert rows["acme/m2"]["locked_in"] == ""
    assert len(json.loads(cli("inventory", "--format", "json").out)) == 3
    assert "acme/m0" in cli("inventory").out
    assert cli("inventory", "--format", "xml").code == 2
    assert cli("inventory", "-l", "none.lock").code == 2


def test_a_damaged_history_costs_nobody_a_report(cli: Cli, hub: LoopbackHub) -> None:
    cli("check", "acme/m0")
    database = next((cli.home / "data").rglob("history.db"))
    database.write_bytes(b"garbage" * 1000)
    for file in database.parent.glob("history.db-*"):
        file.unlink()
    ran = cli("check", "acme/m0")
    assert ran.code == 0
    assert ran.out.startswith("PASS") or ran.out.startswith("REVIEW")
    assert "damaged" in ran.err
    assert cli("history").code == 2
    assert "damaged" in cli("history").err
    assert cli("inventory").code == 0
    assert hub.failures == []
