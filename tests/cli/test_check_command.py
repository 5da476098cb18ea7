"""``trustaudit check`` from the command line: reports, exit codes, files, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, faults


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    loopback_hub.model(
        "acme/good",
        {
            "config.json": '{"model_type": "bert"}',
            "model.safetensors": files.safetensors(),
            "README.md": "# Good\n" * 80,
        },
        card={"license": "apache-2.0", "library_name": "transformers"},
        created="2022-01-01",
    )
    loopback_hub.model("acme/gone", {"config.json": "{}"}, card={"license": "mit"}, disabled=True)
    loopback_hub.model("acme/gated", {"config.json": "{}"}, card={"license": "mit"}, gated="manual")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


def test_a_good_model_passes_with_exit_code_0(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("check", "acme/good")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("PASS")
    assert hub.find("model", "acme/good").sha in ran.out  # type: ignore[union-attr]
    assert "use_safetensors=True" in ran.out
    assert "trust_remote_code=False" in ran.out


@pytest.mark.usefixtures("hub")
def test_a_file_given_for_an_id_is_said_to_lie_here(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models.txt").write_text("acme/good\n")
    Path("acme/good").mkdir(parents=True)
    assert "trustaudit batch models.txt" in cli("check", "models.txt").err
    assert "lies here" not in cli("check", "acme/good").err


def test_json_follows_the_published_schema(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("check", "acme/good", "acme/gone", "acme/gated", "acme/none", "--format", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads(cli("schema").out))
    assert [report["verdict"] for report in document["reports"]] == ["pass", "block", "incomplete", "incomplete"]
    assert document["summary"] == {"pass": 1, "review": 0, "block": 1, "incomplete": 2}
    assert document["reports"][0]["repo"]["commit"] == hub.find("model", "acme/good").sha  # type: ignore[union-attr]
    assert ran.code == 1


@pytest.mark.parametrize(
    ("refs", "flags", "code"),
    [
        (("acme/gone",), (), 1),
        (("acme/gated",), (), 3),
        (("acme/gated",), ("--allow-incomplete",), 0),
        (("acme/none",), (), 3),
        (("acme/gone", "acme/gated"), ("--exit-zero",), 0),
        (("acme/good@nope",), (), 3),
        ((), (), 2),
        (("a/b/c",), (), 2),
        (("acme/good",), ("--policy", "nonesuch"), 2),
        (("acme/good",), ("--format", "nonesuch"), 2),
        (("acme/good",), ("--endpoint", "ftp://x"), 2),
        (("acme/good",), ("-o", "/nonesuch/folder/report.json"), 2),
    ],
)
def test_exit_codes(cli: Cli, hub: LoopbackHub, refs: tuple[str, ...], flags: tuple[str, ...], code: int) -> None:
    ran = cli("check", *refs, *flags)
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    assert hub.failures == []


def test_look_alike_letters_are_named_and_cost_nothing(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("check", "acme/good", "\u0430cme/good")
    assert ran.code == 2
    assert "U+0430 CYRILLIC SMALL LETTER A" in ran.err
    assert hub.requests == []


@pytest.mark.parametrize("route", ["info", "tree", "commits", "organization-overview"])
@pytest.mark.parametrize(
    "fault",
    [faults.status(500), faults.status(502), faults.html(), faults.reset(), faults.truncate(20), faults.not_there()],
    ids=["500", "502", "html", "reset", "truncated", "unplugged"],
)
def test_an_endpoint_in_trouble_is_named_and_never_a_crash(
    cli: Cli, hub: LoopbackHub, route: str, fault: faults.Fault
) -> None:
    hub.fault(route, fault)
    cli.setenv({"TRUSTAUDIT_TIMEOUT": "6"})
    ran = cli("check", "acme/good", "--policy", "strict", "--no-cache", "--format", "json")
    assert ran.code in (1, 3), ran
    assert "Traceback" not in ran.err
    report = json.loads(ran.out)["reports"][0]
    assert report["coverage"]["not_seen"]


@pytest.mark.usefixtures("hub")
def test_a_dash_for_a_file_is_stdout(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("check", "acme/good", "-q", "-o", "-").out.startswith("PASS")
    assert not Path("-").exists()


@pytest.mark.usefixtures("hub")
def test_report_goes_to_a_file_as_a_whole(cli: Cli, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    ran = cli("check", "acme/good", "-f", "json", "-o", str(target))
    assert (ran.code, ran.out) == (0, "")
    assert json.loads(target.read_text())["summary"]["pass"] == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_saved_snapshot_is_judged_again_without_network(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    saved = tmp_path / "facts.json"
    assert cli("check", "acme/good", "--save-snapshot", str(saved)).code == 0
    asked = len(hub.requests)
    again = [cli("check", "--from-snapshot", str(saved), "--format", "json") for _ in range(2)]
    assert again[0].out == again[1].out
    assert len(hub.requests) == asked
    assert json.loads(again[0].out)["reports"][0]["verdict"] == "pass"


def test_a_broken_snapshot_is_a_usage_error(cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "facts.json"
    for text in ("", "{}", "[1]", '{"snapshot_version": "2"}'):
        broken.write_text(text)
        ran = cli("check", "--from-snapshot", str(broken))
        assert ran.code == 2, ran
        assert str(broken) in ran.err
        assert "--save-snapshot" in ran.err
    assert cli("check", "--from-snapshot", str(tmp_path / "none")).code == 2


def test_record_then_replay_without_network(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    first = cli("check", "acme/good", "--record", str(folder), "--format", "json", "--no-cache")
    hub.fault(None, faults.reset())
    second = cli("check", "acme/good", "--replay", str(folder), "--format", "json")
    assert second.code == 0, second.err
    before, after = (json.loads(ran.out)["reports"][0] for ran in (first, second))
    assert (before["verdict"], before["score"], before["findings"]) == (
        after["verdict"],
        after["score"],
        after["findings"],
    )
    assert cli("check", "acme/other", "--replay", str(folder)).code == 3


def test_offline_answers_from_the_cache_and_says_how_old(cli: Cli, hub: LoopbackHub) -> None:
    assert cli("check", "acme/good").code == 0
    hub.fault(None, faults.reset())
    ran = cli("check", "acme/good", "--offline")
    assert ran.code == 0, ran
    assert "cache" in ran.out.lower()
    assert cli("check", "acme/gone", "--offline").code == 3


@pytest.mark.usefixtures("hub")
def test_quiet_and_verbose(cli: Cli) -> None:
    assert len(cli("check", "acme/good", "-q").out.strip().splitlines()) <= 3
    assert len(cli("check", "acme/good", "-v").out) > len(cli("check", "acme/good").out)


def test_the_token_goes_to_the_hub_and_nowhere_else(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    hub.token("hf_verysecret", grants=["acme/gated"])
    cli.setenv({"HF_TOKEN": "hf_verysecret"})
    ran = cli("check", "acme/good", "acme/gated", "--record", str(tmp_path / "r"), "-f", "json")
    assert hub.leaks == []
    assert "hf_verysecret" not in ran.out + ran.err
    stored = [path for path in cli.home.rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if b"hf_verysecret" in path.read_bytes()]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("-o", "none/report.json"), "there is no folder"),
        (("-o", "file.txt/report.json"), "there is no folder"),
        (("--save-snapshot", "none/facts.json"), "there is no folder"),
        (("--save-snapshot", "."), "it is a folder"),
        (("--write-baseline", "none/known.json"), "there is no folder"),
        (("--lineage-graph", "none/graph.mmd"), "there is no folder"),
        (("--lineage-graph", "graph.png"), ".mmd, .mermaid, .dot"),
        (("--lineage-graph", "graph"), ".mmd, .mermaid, .dot"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_before_any_request(
    cli: Cli, hub: LoopbackHub, tmp_path: Path, file: tuple[str, str], said: str
) -> None:
    option, name = file
    (tmp_path / "file.txt").write_text("x")
    ran = cli("check", "acme/good", option, str(tmp_path / name))
    assert ran.code == 2
    assert said in ran.err
    assert "try:" in ran.err
    assert ran.out == ""
    assert hub.requests == []


def in_a_shell(redirection: str) -> tuple[int, str]:
    """Exit code and stderr of a small command whose streams the shell arranges."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "trustaudit", "policy", "validate", "strict"]
    shell = ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *command]
    ran = subprocess.run(shell, capture_output=True, check=False, text=True)  # noqa: S603 - our own command line
    return ran.returncode, ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_stdout_is_said() -> None:
    code, told = in_a_shell(">/dev/full")
    assert code == 2
    assert "cannot write to stdout: No space left" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_defect(closed: str) -> None:
    assert in_a_shell(closed) == (0, "")
