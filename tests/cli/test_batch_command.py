"""``batch`` over real sockets: any list, any trouble, killed and resumed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, faults
from tests.loopback.repo import Files

ROOT = Path(__file__).parents[2]
PLAIN: Files = {"config.json": "{}", "README.md": "# M\n" * 80}


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    for number in range(6):
        loopback_hub.model(
            f"acme/m{number}", PLAIN, card={"license": "mit"}, created="2022-01-01", downloads=100 - number
        )
    loopback_hub.dataset("acme/data", {"README.md": "# D\n" * 80}, card={"license": "mit"}, created="2022-01-01")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    return loopback_hub


def names(text: str) -> list[str]:
    """The ids of JSON Lines."""
    return [json.loads(line)["repo"]["id"] for line in text.splitlines()]


def test_a_list_with_everything_wrong_in_it(cli: Cli, hub: LoopbackHub) -> None:
    hub.model("acme/gone", PLAIN, disabled=True)
    Path("l.txt").write_text("acme/m0\nnot an id\nacme/none\nacme/gone\nacme/m1@nope\nacme/m0\nacme/m2 # ok\n")
    ran = cli("batch", "l.txt", "--format", "json")
    assert ran.code == 1
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads(cli("schema").out))
    assert [(report["repo"]["requested"], report["verdict"]) for report in document["reports"]] == [
        ("acme/m0", "pass"),
        ("not an id", "incomplete"),
        ("acme/none", "incomplete"),
        ("acme/gone", "block"),
        ("acme/m1@nope", "incomplete"),
        ("acme/m2", "pass"),
    ]
    assert "l.txt:2" in document["reports"][1]["headline"]
    assert "1 repeated left out" in ran.err
    assert hub.failures == []


def test_the_table_for_a_person(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.txt").write_text("\n".join(f"acme/m{n}" for n in range(6)) + "\nacme/none\n")
    ran = cli("batch", "l.txt")
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[0].startswith("7 repositories · 6 pass · 0 review · 0 block · 1 incomplete · ")
    assert lines[2].split()[:2] == ["INCOMPLETE", "acme/none"]
    assert cli("batch", "l.txt", "--allow-incomplete", "-q").err == ""
    assert hub.failures == []


def test_lines_come_in_the_order_of_the_list(cli: Cli, hub: LoopbackHub) -> None:
    wanted = ["acme/m3", "acme/m0", "acme/m5", "acme/m1"]
    hub.latency(0.2, lambda request: request.path.endswith("/acme/m3"))
    Path("l.yaml").write_text("".join(f"- {name}\n" for name in wanted))
    assert names(cli("batch", "l.yaml", "--format", "jsonl").out) == wanted
    assert cli("batch", "l.yaml", "--format", "jsonl", "-o", "out.jsonl").out == ""
    assert names(Path("out.jsonl").read_text()) == wanted


def test_standard_input(cli: Cli, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"acme/m0\nacme/m1\n")))
    assert names(cli("batch", "-", "--format", "jsonl").out) == ["acme/m0", "acme/m1"]
    assert hub.failures == []


def test_accounts_and_collections(cli: Cli, hub: LoopbackHub) -> None:
    assert names(cli("batch", "--author", "acme", "--format", "jsonl").out) == [f"acme/m{n}" for n in range(6)]
    assert names(cli("batch", "--author", "acme", "--type", "dataset", "--format", "jsonl").out) == ["acme/data"]
    assert len(names(cli("batch", "--author", "acme", "--limit", "2", "--format", "jsonl").out)) == 2
    slug = hub.collection(
        "acme/best-0123456789abcdef01234567", "acme/m1", ("dataset", "acme/data"), ("paper", "2401.00001")
    )
    ran = cli("batch", "--collection", slug, "--format", "jsonl")
    assert [json.loads(line)["repo"]["type"] for line in ran.out.splitlines()] == ["model", "dataset"]
    assert cli("batch", "--author", "nobody").code == 2
    assert cli("batch", "--collection", "acme/none-0123456789abcdef01234567").code == 3
    assert cli("batch", "--collection", "../x").code == 2


def test_a_dry_run_asks_nothing_of_a_list(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.txt").write_text("\n".join(f"acme/m{n}" for n in range(6)))
    ran = cli("batch", "l.txt", "--dry-run")
    assert ran.code == 0
    assert ran.out.startswith("6 models, about 15 API requests, about a minute at your quota (500 requests")
    assert hub.requests == []
    known = cli("batch", "--author", "acme", "--dry-run")
    assert "assumed" not in known.out
    assert len(hub.requests) == 1


def test_policies_per_line(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.json").write_text('[{"id": "acme/m0", "policy": "strict"}, {"id": "acme/m1"}]')
    reports = [json.loads(line) for line in cli("batch", "l.json", "--format", "jsonl").out.splitlines()]
    assert "judged by policy strict" in reports[0]["notes"]
    assert "judged by policy strict" not in reports[1]["notes"]
    Path("l.json").write_text('[{"id": "acme/m0", "policy": "strickt"}]')
    asked = len(hub.requests)
    assert cli("batch", "l.json").code == 2
    assert len(hub.requests) == asked


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("none.txt",),
        ("empty.txt",),
        ("l.txt", "--format", "xls"),
        ("l.txt", "-o", "none/report"),
        ("l.txt", "--policy", "none"),
        ("l.txt", "--type", "paper"),
        ("l.txt", "--run", "l.txt"),
        ("binary",),
    ],
)
def test_usage_errors_cost_nothing(cli: Cli, hub: LoopbackHub, arguments: tuple[str, ...]) -> None:
    Path("l.txt").write_text("acme/m0\n")
    Path("empty.txt").write_text("# nothing\n")
    Path("binary").write_bytes(bytes(range(256)))
    ran = cli("batch", *arguments)
    assert ran.code == 2, ran
    assert "Traceback" not in ran.err
    assert hub.requests == []


def test_publishers_are_asked_once_per_run(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.txt").write_text("\n".join(f"acme/m{n}" for n in range(6)))
    cli("batch", "l.txt", "--no-cache")
    assert len(hub.api_requests("organization-overview")) == 1
    assert len(hub.api_requests("user-overview")) <= 1
    assert len(hub.api_requests("tree")) == len(hub.api_requests("commits")) == 6


def test_models_of_one_owner_are_listed_not_asked_for_one_by_one(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.txt").write_text("\n".join(f"acme/m{n}" for n in range(6)))
    cli("batch", "l.txt", "--no-cache")
    assert len(hub.api_requests("list")) == 1
    assert len(hub.api_requests("info")) == 1


def test_a_used_up_quota_is_waited_for(cli: Cli, hub: LoopbackHub) -> None:
    hub.quota("api", q=8, w=1)
    Path("l.txt").write_text("\n".join(f"acme/m{n}" for n in range(6)))
    ran = cli("batch", "l.txt", "--no-cache", "--jobs", "2")
    assert ran.code == 0, ran
    assert "6 pass" in ran.out


def test_a_hub_in_trouble_gives_reports_that_say_so(cli: Cli, hub: LoopbackHub) -> None:
    hub.fault("tree", faults.status(403))
    Path("l.txt").write_text("acme/m0\nacme/m1\n")
    ran = cli("batch", "l.txt", "--format", "jsonl", "--policy", "strict")
    assert len(names(ran.out)) == 2
    assert ran.code in (1, 3)


def test_an_unwritable_home_still_gives_the_report(cli: Cli, hub: LoopbackHub) -> None:
    (cli.home / "data").write_text("")
    Path("l.txt").write_text("acme/m0\nacme/m1\n")
    ran = cli("batch", "l.txt", "--format", "jsonl")
    assert ran.code == 0
    assert names(ran.out) == ["acme/m0", "acme/m1"]
    assert "cannot be resumed" in ran.err
    assert "history" in ran.err
    assert cli("check", "acme/m0").code == 0
    assert cli("check", "acme/m0", "--no-history").err == ""
    assert hub.failures == []


def test_a_finished_run_leaves_no_file_and_resume_says_so(cli: Cli, hub: LoopbackHub) -> None:
    Path("l.txt").write_text("acme/m0\n")
    assert cli("batch", "l.txt").code == 0
    assert list((cli.home / "data" / "trustaudit" / "runs").iterdir()) == []
    assert "nothing to resume" in cli("batch", "l.txt", "--resume").err
    assert cli("batch", "l.txt", "--run", "run.jsonl").code == 0
    asked = len(hub.requests)
    ran = cli("batch", "l.txt", "--run", "run.jsonl", "--resume")
    assert "1 of 1 are done" in ran.err
    assert "1 read back" in ran.out
    assert len(hub.requests) == asked


def start(hub: LoopbackHub, home: Path, *arguments: str) -> subprocess.Popen[str]:
    variables = {
        **hub.environment(str(home / "hf")),
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "trustaudit", "batch", *arguments]
    return subprocess.Popen(command, env=variables, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own command


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.slow
def test_killed_in_the_middle_of_500(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.quotas.unlimited()
    ids = [f"acme/many{number:03}" for number in range(500)]
    for name in ids:
        hub.model(name, {"config.json": "{}"}, card={"license": "mit"}, created="2022-01-01")
    (tmp_path / "l.txt").write_text("\n".join(ids))
    run = tmp_path / "run.jsonl"
    slow = hub.latency(0.02)
    first = start(hub, tmp_path, "l.txt", "--run", "run.jsonl", "--no-cache", "--jobs", "8")
    while lines_in(run) < 60 and first.poll() is None:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    done = lines_in(run) - 1
    assert 50 < done < 500
    hub.repair(slow)
    second = start(hub, tmp_path, "l.txt", "--run", "run.jsonl", "--no-cache", "--resume", "--format", "jsonl")
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    assert names(out) == ids
    asked = Counter(request.path for request in hub.api_requests("commits"))
    again = [path for path, count in asked.items() if count > 1]
    assert len(asked) == 500
    assert len(again) <= 8, f"{len(again)} models were asked about twice"
    assert f"resuming run.jsonl: {done}" in err


def test_two_batches_at_once_share_one_history(hub: LoopbackHub, tmp_path: Path, cli: Cli) -> None:
    lists = []
    for part in (0, 1):
        for number in range(20):
            hub.model(f"acme/p{part}n{number}", {"config.json": "{}"}, card={"license": "mit"}, created="2022-01-01")
        lists.append(tmp_path / f"l{part}.txt")
        lists[part].write_text("\n".join(f"acme/p{part}n{number}" for number in range(20)))
    runs = [start(hub, tmp_path, str(path), "-q") for path in lists]
    for run in runs:
        _, err = run.communicate(timeout=60)
        assert (run.returncode, err) == (0, "")
    cli.setenv({"XDG_DATA_HOME": str(tmp_path / ".local" / "share")})
    rows: list[dict[str, Any]] = json.loads(cli("history", "--format", "json", "--limit", "100").out)
    assert len({row["repo_id"] for row in rows}) == 40
