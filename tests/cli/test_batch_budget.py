"""What a batch says it will cost, what it costs, and what of an earlier one is shown again."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.harness import Cli, Ran
from tests.loopback import LoopbackHub

MODELS, OWNERS = 60, 12


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.quotas.unlimited()
    for number in range(OWNERS):
        declare = loopback_hub.organization if number % 2 else loopback_hub.user
        declare(f"owner{number}", created="2021-01-01", followers=30)
    ids = [f"owner{number % OWNERS}/m{number}" for number in range(MODELS)]
    for number, name in enumerate(ids):
        author = "ann" if number % 2 else None
        files = {"config.json": "{}", "README.md": "# M\n" * 80}
        loopback_hub.model(name, files, card={"license": "mit"}, created="2022-01-01", author=author)
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    Path("l.txt").write_text("\n".join(ids))
    return loopback_hub


def foretold(text: str) -> int:
    """The API requests of the line about the budget."""
    found = re.search(r"about ([\d,]+) API requests", text)
    assert found, text
    return int(found[1].replace(",", ""))


def reports(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def test_the_budget_is_within_15_percent_of_the_cost(cli: Cli, hub: LoopbackHub) -> None:
    dry = cli("batch", "l.txt", "--dry-run")
    assert (dry.code, hub.requests) == (0, [])
    assert dry.out.startswith("60 models, about ")
    ran = cli("batch", "l.txt", "--no-cache", "--no-history")
    assert foretold(dry.out) == foretold(ran.err)
    spent = len(hub.api_requests())
    assert abs(foretold(dry.out) - spent) <= 0.15 * spent
    assert spent <= 2.6 * MODELS


def test_unchanged_models_are_shown_again(cli: Cli, hub: LoopbackHub) -> None:
    first = reports(cli("batch", "l.txt", "--no-cache", "--format", "jsonl"))
    changed, gone = hub.find("model", "owner1/m1"), hub.find("model", "owner3/m3")
    assert changed is not None
    assert gone is not None
    changed.commit({"new.txt": "x"}, author="ann", title="New")
    gone.disabled = True
    hub.requests.clear()
    again = reports(cli("batch", "l.txt", "--no-cache", "--format", "jsonl", "--reuse-unchanged", "7"))
    assert {request.path.split("/")[4] for request in hub.api_requests("tree")} == {"m1", "m3"}
    assert len(hub.api_requests()) <= OWNERS + 8 + 8
    noted = [any("unchanged since the audit of" in str(note) for note in report["notes"]) for report in again]
    assert noted == [number not in {1, 3} for number in range(MODELS)]
    kept = [number for number in range(MODELS) if noted[number]]
    for key in ("verdict", "findings", "score", "collected_at"):
        assert [again[number][key] for number in kept] == [first[number][key] for number in kept]


@pytest.mark.parametrize("options", [("--policy", "strict"), ("--refresh",)])
def test_another_policy_or_too_old_an_audit_is_no_reason_to_skip(
    cli: Cli, hub: LoopbackHub, options: tuple[str, ...]
) -> None:
    Path("one.txt").write_text("owner1/m1\n")
    cli("batch", "one.txt", "--no-cache")
    hub.requests.clear()
    days = "7" if options[0] == "--policy" else "0"
    cli("batch", "one.txt", "--no-cache", "--reuse-unchanged", days, *options)
    assert len(hub.api_requests("tree")) == 1


@pytest.mark.usefixtures("hub")
def test_a_budget_knows_what_is_only_looked_at(cli: Cli) -> None:
    Path("one.txt").write_text("owner1/m1\n")
    cli("batch", "one.txt", "--no-cache")
    ran = cli("batch", "one.txt", "--dry-run", "--reuse-unchanged", "7")
    assert ran.out.startswith("1 model, 1 of them if unchanged only looked at, about 1 API requests")


@pytest.mark.usefixtures("hub")
def test_a_budget_names_the_lines_that_cost_nothing(cli: Cli) -> None:
    Path("odd.txt").write_text("owner1/m1\nno id!!\na/b/c/d\nowner1/m1\n")
    ran = cli("batch", "odd.txt", "--dry-run")
    assert ran.out.startswith("1 model, about 4 API requests")
    assert ran.out.endswith("; 1 repeated left out; 2 that name no repository\n")
    assert "1 model, no API requests" in cli("batch", "odd.txt", "--dry-run", "--offline").out


@pytest.mark.usefixtures("hub")
def test_the_budget_of_a_resumed_run_is_that_of_the_rest(cli: Cli) -> None:
    cli("batch", "l.txt", "--run", "run.jsonl", "--no-history")
    run = Path("run.jsonl")
    half = b"".join(run.read_bytes().splitlines(keepends=True)[:21]) + b'{"key":"torn'
    run.write_bytes(half)
    resumed = cli("batch", "l.txt", "--dry-run", "--resume", "--run", "run.jsonl")
    assert resumed.out.startswith(f"{MODELS - 20} models, about ")
    assert resumed.out.endswith("; 20 done\n")
    assert run.read_bytes() == half
    assert cli("batch", "l.txt", "--dry-run").out.startswith(f"{MODELS} models, about ")


@pytest.mark.usefixtures("hub")
def test_a_budget_looks_for_a_run_to_resume_in_a_database_and_makes_none(cli: Cli) -> None:
    options = ("--dry-run", "--resume", "--db", "runs.db")
    assert cli("batch", "l.txt", *options).out.startswith(f"{MODELS} models")
    assert not Path("runs.db").exists()
    cli("batch", "l.txt", "--db", "runs.db")
    with closing(sqlite3.connect("runs.db")) as database:
        database.execute("UPDATE work_runs SET finished_at = NULL")
        database.execute("DELETE FROM results WHERE position >= 10")
        database.commit()
    assert cli("batch", "l.txt", *options).out.startswith(f"{MODELS - 10} models")
