"""Lineage through the command line: the tree, what it costs, what is inherited, and what descends from what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo, scan

TEXT = "# A model\n\nTrained on public text, described at length.\n" * 12
BASE = "deeplab/base-7b"
TUNED = "tuners/chat-7b"
QUANT = "quants/chat-7b-awq"
LORA = "poets/chat-7b-poems"


def model(hub: LoopbackHub, name: str, base: str = "", more: dict[str, Any] | None = None, **card: object) -> Repo:
    """An honest repository of safetensors, made from ``base``."""
    contents = {"README.md": TEXT, "config.json": "{}", "model.safetensors": files.safetensors(), **(more or {})}
    stated = {"license": "apache-2.0", **({"base_model": base} if base else {}), **card}
    return hub.model(name, contents, card=stated, created="2024-05-01", likes=3, downloads=200)


def adapter_of(base: str) -> dict[str, Any]:
    return {"adapter_config.json": json.dumps({"base_model_name_or_path": base, "peft_type": "LORA"})}


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    """A LoRA of a quantization of a fine-tune of a base model, each of another owner."""
    for owner in ("deeplab", "tuners", "quants", "poets"):
        loopback_hub.organization(owner, created="2021-01-01", followers=90, members=["a", "b", "c"])
    model(loopback_hub, BASE)
    model(loopback_hub, TUNED, BASE)
    model(loopback_hub, QUANT, TUNED, base_model_relation="quantized")
    model(loopback_hub, LORA, QUANT, adapter_of(QUANT), base_model_relation="adapter")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


def audited(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("check", *arguments, "--format", "json")
    assert ran.err == "", ran.err
    report: dict[str, Any] = json.loads(ran.out)["reports"][0]
    return report


def rules(report: dict[str, Any]) -> dict[str, str]:
    """The worst severity of every rule that found something more than a note."""
    return {item["rule"]: item["severity"] for item in reversed(report["findings"]) if item["severity"] != "info"}


def test_a_lora_of_a_quantization_of_a_fine_tune(cli: Cli, hub: LoopbackHub) -> None:
    report = audited(cli, LORA, "--lineage", "--no-cache")
    assert [(item["id"], item["relation"], item["depth"]) for item in report["lineage"]] == [
        (QUANT, "adapter", 1),
        (TUNED, "quantized", 2),
        (BASE, "finetune", 3),
    ]
    assert report["lineage"][2]["path"] == [LORA, QUANT, TUNED, BASE]
    assert all(item["verdict"] == "pass" and item["api_requests"] == 4 for item in report["lineage"])
    assert report["cost"]["api_requests"] == len(hub.api_requests()) == 4 * 4
    assert report["verdict"] == "pass"


@pytest.mark.usefixtures("hub")
def test_the_tree_stands_in_the_table(cli: Cli) -> None:
    lines = cli("check", LORA, "--lineage").out.splitlines()
    first = next(number for number, line in enumerate(lines) if "Made from" in line)
    found = lines[first : first + 3]
    assert [name in line for name, line in zip((QUANT, TUNED, BASE), found, strict=True)] == [True] * 3
    starts = [line.index(word) for word, line in zip(("adapter", "quantized", "finetune"), found, strict=True)]
    assert starts[0] < starts[1] < starts[2]


def test_without_the_option_it_costs_nothing(cli: Cli, hub: LoopbackHub) -> None:
    report = audited(cli, LORA)
    assert report["lineage"] == []
    assert report["cost"]["api_requests"] == len(hub.api_requests()) == 4
    states = {item["id"]: item["outcome"] for item in report["checks"]}
    assert states["inherited-finding"] == states["missing-ancestor"] == "not_applicable"


def test_cached_ancestors_cost_nothing(cli: Cli, hub: LoopbackHub) -> None:
    audited(cli, LORA, "--lineage")
    before = len(hub.api_requests())
    assert audited(cli, LORA, "--lineage")["cost"]["api_requests"] == 0
    assert len(hub.api_requests()) == before


def test_another_child_of_cached_ancestors_pays_for_itself_only(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("hobbyist", created="2020-01-01", followers=80)
    model(hub, "hobbyist/base-1b")
    for name in ("poets/first", "poets/second"):
        model(hub, name, "hobbyist/base-1b")
    audited(cli, "poets/first", "--lineage")
    before = len(hub.api_requests())
    report = audited(cli, "poets/second", "--lineage")
    assert report["lineage"][0]["api_requests"] == 0
    assert len(hub.api_requests()) - before == 3  # the owner is known


def test_the_depth_is_bounded_and_said(cli: Cli, hub: LoopbackHub) -> None:
    report = audited(cli, LORA, "--lineage=1", "--no-cache")
    assert [(item["id"], item["beyond"]) for item in report["lineage"]] == [(QUANT, True)]
    assert len(hub.api_requests()) == 8
    assert len(audited(cli, "--lineage-depth", "2", LORA, "--no-cache")["lineage"]) == 2


def test_a_user_as_owner_still_costs_four(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("hobbyist", created="2020-01-01", followers=80)
    model(hub, "hobbyist/base-1b")
    model(hub, "poets/tiny-poems", "hobbyist/base-1b")
    report = audited(cli, "poets/tiny-poems", "--lineage", "--no-cache")
    assert report["lineage"][0]["api_requests"] == 4
    assert len(hub.api_requests()) == 8


def test_a_circle_is_named_and_ends(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "tuners/one", "quants/two")
    model(hub, "quants/two", "tuners/one")
    report = audited(cli, "tuners/one", "--lineage")
    assert [(item["id"], item["circular"]) for item in report["lineage"]] == [
        ("quants/two", False),
        ("tuners/one", True),
    ]
    assert rules(report)["missing-ancestor"] == "low"


def test_a_model_made_from_itself(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "tuners/self", "tuners/self")
    report = audited(cli, "tuners/self", "--lineage")
    assert [(item["id"], item["circular"]) for item in report["lineage"]] == [("tuners/self", True)]


def test_missing_and_gated_ancestors_are_told_apart(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "poets/orphan", "nobody/gone", adapter_of("nobody/gone"))
    hub.model(
        "deeplab/locked-8b",
        {"config.json": "{}", "model.safetensors": b"x" * 9},
        gated="manual",
        card={"license": "mit"},
    )
    model(hub, "poets/child", "deeplab/locked-8b")
    missing = audited(cli, "poets/orphan", "--lineage")
    assert (missing["lineage"][0]["state"], rules(missing)["missing-ancestor"]) == ("unavailable", "medium")
    gated = audited(cli, "poets/child", "--lineage")
    assert (gated["lineage"][0]["verdict"], gated["lineage"][0]["reason"]) == ("incomplete", "gated")
    assert gated["verdict"] == "pass"


def test_a_finding_comes_down_one_level_per_generation(cli: Cli, hub: LoopbackHub) -> None:
    hostile = {"pytorch_model.bin": files.torch_zip(files.calling_pickle("posix", "system"))}
    model(hub, "deeplab/odd", more=hostile).scans["pytorch_model.bin"] = scan(
        av="unsafe", pickle="unsafe", imports=[("posix", "system", "dangerous")]
    )
    model(hub, "tuners/odd-chat", "deeplab/odd")
    model(hub, "poets/odd-poems", "tuners/odd-chat")
    child, grandchild = (audited(cli, name, "--lineage") for name in ("tuners/odd-chat", "poets/odd-poems"))
    assert child["lineage"][0]["verdict"] == "block"
    assert (rules(child)["inherited-finding"], rules(grandchild)["inherited-finding"]) == ("high", "medium")
    inherited = next(item for item in grandchild["findings"] if item["rule"] == "inherited-finding")
    assert "poets/odd-poems ← tuners/odd-chat ← deeplab/odd" in inherited["evidence"]


def test_a_child_that_claims_more_than_it_was_given(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "deeplab/closed", license="cc-by-nc-4.0")
    model(hub, "tuners/opened", "deeplab/closed")
    model(hub, "poets/opened-poems", "tuners/opened")
    for name in ("tuners/opened", "poets/opened-poems"):
        report = audited(cli, name, "--lineage")
        assert (rules(report)["license-conflict"], report["verdict"]) == ("medium", "review")
    model(hub, "tuners/faithful", "deeplab/closed", license="cc-by-nc-4.0")
    assert "license-conflict" not in rules(audited(cli, "tuners/faithful", "--lineage"))


def test_an_adapter_that_is_loaded_on_something_else(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "poets/two-faced", BASE, adapter_of("mallory/trojan"), base_model_relation="adapter")
    report = audited(cli, "poets/two-faced")
    assert (rules(report)["base-model-mismatch"], report["verdict"]) == ("medium", "review")


def test_a_redirected_ancestor_is_the_same_one(cli: Cli, hub: LoopbackHub) -> None:
    hub.redirect("oldname/base-7b", BASE)
    model(hub, "poets/merge", more={}, base_model=["oldname/base-7b", BASE])
    report = audited(cli, "poets/merge", "--lineage", "--no-cache")
    assert {item["state"] for item in report["lineage"]} == {"known"}


def test_datasets_are_named_and_not_audited(cli: Cli, hub: LoopbackHub) -> None:
    hub.dataset("deeplab/rows", {"README.md": TEXT}, card={"license": "cc-by-4.0"})
    model(hub, "poets/trained", datasets=["deeplab/rows"])
    report = audited(cli, "poets/trained", "--lineage", "--no-cache")
    (dataset,) = report["lineage"]
    assert (dataset["type"], dataset["relation"], dataset["verdict"], dataset["api_requests"]) == (
        "dataset",
        "dataset",
        None,
        1,
    )


def test_many_at_once_share_their_ancestors(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "poets/other-poems", QUANT)
    ran = cli("check", LORA, "poets/other-poems", "--lineage", "--no-cache", "--format", "json")
    assert [len(item["lineage"]) for item in json.loads(ran.out)["reports"]] == [3, 3]
    paths = [request.path for request in hub.api_requests("revision") + hub.api_requests("info")]
    assert sum(BASE in path for path in paths) == 1


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("name", "starts"), [("a.mmd", "flowchart"), ("a.dot", "digraph"), ("a.json", "{")])
def test_graphs(cli: Cli, tmp_path: Path, name: str, starts: str) -> None:
    assert cli("check", LORA, "--lineage-graph", str(tmp_path / name)).code == 0
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text.startswith(starts)
    assert all(repo in text for repo in (LORA, QUANT, TUNED, BASE))


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("output_format", ["tree", "mermaid", "graphviz", "json"])
def test_the_lineage_command(cli: Cli, output_format: str) -> None:
    ran = cli("lineage", LORA, "--format", output_format)
    assert ran.code == 0
    assert BASE in ran.out
    gone = cli("lineage", "nobody/none")
    assert gone.code == 3
    assert "what it is made from could not be seen in full: missing-or-private" in gone.out


@pytest.mark.usefixtures("hub")
def test_what_descends_from_what(cli: Cli, tmp_path: Path) -> None:
    assert cli("check", LORA, "--lineage", "--save-snapshot", str(tmp_path / "lora.json")).code == 0
    rows = json.loads(cli("affected", BASE, "--format", "json").out)["affected"]
    assert [row["repository"] for row in rows] == [TUNED, QUANT, LORA]
    assert rows[-1]["made_from"] == f"{QUANT} ← {TUNED} ← {BASE}"
    assert rows[-1]["audited"]
    assert not rows[0]["audited"]
    assert LORA in cli("affected", QUANT).out
    assert "nothing" in cli("affected", "deeplab/unrelated").out


@pytest.mark.usefixtures("hub")
def test_snapshots_answer_without_a_memory(cli: Cli, tmp_path: Path) -> None:
    saved = tmp_path / "lora.json"
    assert cli("check", LORA, "--lineage", "--no-history", "--save-snapshot", str(saved)).code == 0
    assert "nothing" in cli("affected", BASE).out
    assert LORA in cli("affected", BASE, "--snapshots", str(tmp_path)).out


@pytest.mark.usefixtures("hub")
def test_what_cannot_be_read_is_no_answer(cli: Cli, tmp_path: Path) -> None:
    assert cli("check", LORA, "--lineage", "--save-snapshot", str(tmp_path / "lora.json")).code == 0
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    ran = cli("affected", BASE, "--snapshots", str(tmp_path))
    assert ran.code == 3
    assert LORA in ran.out
    assert "broken.json is left out" in ran.err
    (history,) = cli.home.rglob("history.db")
    history.write_bytes(b"no database" * 100)
    ran = cli("affected", BASE)
    assert ran.code == 3
    assert "what it knows is missing here" in ran.err


def test_a_saved_lineage_is_judged_again_offline(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    saved = tmp_path / "lora.json"
    first = audited(cli, LORA, "--lineage", "--save-snapshot", str(saved))
    hub.requests.clear()
    again = audited(cli, "--from-snapshot", str(saved))
    assert (again["lineage"], again["findings"]) == (first["lineage"], first["findings"])
    assert hub.requests == []
