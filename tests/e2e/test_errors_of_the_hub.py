"""Every way a Hub says no, through the command line: its own words, its exit code, never a traceback."""

from __future__ import annotations

import json

import pytest

from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, faults

TOKEN = "hf_tokenfortests"
KINDS = [
    *("429", "500", "503", "html", "error with 200", "reset", "truncated", "length"),
    *("bomb", "nested", "elsewhere", "loop", "list", "odd", "empty"),
]


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    loopback_hub.organization("acme", created="2021-01-01")
    card = {"license": "mit"}
    loopback_hub.model("acme/open", {"config.json": "{}", "README.md": "# x\n" * 100}, card=card)
    loopback_hub.model("acme/private", {"config.json": "{}"}, card=card, private=True)
    loopback_hub.model("acme/gated", {"model.safetensors": b"x" * 99}, card=card, gated="manual")
    loopback_hub.model("acme/gone", {"config.json": "{}"}, card=card, disabled=True)
    loopback_hub.token(TOKEN)
    cli.setenv({**loopback_hub.environment(str(cli.home / "hf")), "TRUSTAUDIT_TIMEOUT": "3"})
    return loopback_hub


def report(cli: Cli, *arguments: str, code: int) -> tuple[dict[str, object], str]:
    ran = cli("check", *arguments, "--no-cache", "--format", "json")
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    table = cli("check", *arguments, "--no-cache")
    assert table.code == code
    assert "Traceback" not in table.err
    return json.loads(ran.out)["reports"][0], table.out


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("with_token", [False, True])
@pytest.mark.parametrize("ref", ["acme/none", "acme/private", "nobody/none"])
def test_missing_private_and_removed_are_one_answer(cli: Cli, ref: str, with_token: bool) -> None:
    if with_token:
        cli.setenv({"HF_TOKEN": TOKEN})
    found, table = report(cli, ref, code=3)
    assert found["verdict"] == "incomplete"
    assert "does not exist, is private, or was removed" in table.replace("\n            ", " ")
    assert "authentication failed" not in table.lower()
    assert found["repo"]["commit"] is None  # type: ignore[index]


def test_a_refused_token_is_said_to_be_the_token(cli: Cli, hub: LoopbackHub) -> None:
    cli.setenv({"HF_TOKEN": "hf_wrongwrongwrong"})
    _, table = report(cli, "acme/open", code=3)
    assert "token" in table
    assert "hf_wrongwrongwrong" not in table
    assert hub.whoami_calls == 0


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("with_token", [False, True])
def test_gated_names_what_to_do(cli: Cli, with_token: bool) -> None:
    if with_token:
        cli.setenv({"HF_TOKEN": TOKEN})
    found, table = report(cli, "acme/gated", code=3)
    assert found["score"] is None
    assert "gated" in table
    assert "HF_TOKEN" in table


def test_gated_with_access_is_an_ordinary_audit(cli: Cli, hub: LoopbackHub) -> None:
    hub.token("hf_insider", grants=["acme/gated"])
    cli.setenv({"HF_TOKEN": "hf_insider"})
    found, _ = report(cli, "acme/gated", code=0)
    assert found["verdict"] in ("pass", "review")


@pytest.mark.usefixtures("hub")
def test_disabled_is_a_block(cli: Cli) -> None:
    found, table = report(cli, "acme/gone", code=1)
    assert found["verdict"] == "block"
    assert "disabled" in table


@pytest.mark.usefixtures("hub")
def test_a_bad_revision_is_named(cli: Cli) -> None:
    _, table = report(cli, "acme/open@no-such-branch", code=3)
    assert "no such revision" in table


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(429, {"error": "We had to rate limit your IP"}, headers={"RateLimit": '"api";r=0;t=299'}),
        faults.status(500),
        faults.status(503),
        faults.html(),
        faults.error_with_200(),
        faults.reset(),
        faults.truncate(10),
        faults.wrong_length(5),
        faults.gzip_bomb(200_000_000),
        faults.nested_json(50_000),
        faults.redirect("http://elsewhere.invalid/api/models/acme/open"),
        faults.redirect("/api/models/acme/open"),
        faults.body(b"[1, 2, 3]"),
        faults.body(b'{"_id": 7, "id": ["x"], "siblings": "none"}'),
        faults.body(b""),
    ],
    ids=KINDS,
)
def test_trouble_everywhere_is_incomplete_and_never_a_crash(cli: Cli, hub: LoopbackHub, fault: faults.Fault) -> None:
    hub.fault(None, fault)
    found, _ = report(cli, "acme/open", code=3)
    assert found["verdict"] == "incomplete"
    assert found["coverage"]["not_seen"]  # type: ignore[index]
    assert hub.leaks == []


def test_nobody_is_there(cli: Cli) -> None:
    cli.setenv({"HF_ENDPOINT": "http://127.0.0.1:9", "TRUSTAUDIT_TIMEOUT": "4"})
    found, table = report(cli, "acme/open", code=3)
    assert found["verdict"] == "incomplete"
    assert "connect" in table.lower() or "reach" in table.lower()
