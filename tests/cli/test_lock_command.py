"""``lock`` and ``reaudit`` over real sockets: what is pinned, what is refused, every drift, and what it costs."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo, faults
from tests.loopback.repo import Files

CALM = {"license": "apache-2.0", "library_name": "transformers"}


def make(hub: LoopbackHub, name: str, **options: Any) -> Repo:  # noqa: ANN401 - options of a repository
    content: Files = {
        "config.json": '{"model_type": "bert"}',
        "model.safetensors": files.safetensors(),
        "README.md": "# M\n" * 80,
    }
    return hub.model(name, content, card=CALM, created="2022-01-01", **options)


def make_hostile(hub: LoopbackHub) -> Repo:
    """A pickle that names a shell; the argument is harmless and nothing loads it."""
    pickle = files.torch_zip(files.calling_pickle("posix", "system"))
    content: Files = {"pytorch_model.bin": pickle, "README.md": "# M\n" * 80}
    return hub.model("acme/hostile", content, card=CALM, created="2022-01-01")


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    loopback_hub.organization("acme", verified=True, followers=900, created="2021-01-01")
    for number in range(6):
        make(loopback_hub, f"acme/m{number}")
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    return loopback_hub


def repo(hub: LoopbackHub, name: str) -> Repo:
    found = hub.find("model", name)
    assert found is not None
    return found


def locked() -> dict[str, Any]:
    return {entry["id"]: entry for entry in tomllib.loads(Path("trustaudit.lock").read_text())["repository"]}


def test_an_entry_holds_all_that_was_judged(cli: Cli, hub: LoopbackHub) -> None:
    pinned = repo(hub, "acme/m0").tag("v1.0")
    ran = cli("lock", "add", "acme/m0")
    assert ran.code == 0
    assert ran.out.startswith("PASS        acme/m0 @ ")
    assert "locked acme/m0" in ran.err
    entry = locked()["acme/m0"]
    assert entry["commit"] == pinned.sha
    assert entry["object_id"] == pinned.mongo_id
    assert entry["publisher"]["verified"] is True
    assert entry["tags"] == [{"ref": "refs/tags/v1.0", "commit": pinned.sha}]
    by_path = {pin["path"]: pin for pin in entry["files"]}
    assert by_path["model.safetensors"]["sha256"] == pinned.head.tree["model.safetensors"].blob.sha256
    assert by_path["config.json"]["git"] == pinned.head.tree["config.json"].oid
    assert set(by_path) == set(pinned.head.tree)


def test_locking_twice_gives_the_same_bytes(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m1", "acme/m0")
    first = Path("trustaudit.lock").read_text()
    cli("lock", "remove", "acme/m0", "acme/m1")
    cli("lock", "add", "acme/m0")
    cli("lock", "add", "acme/m1")
    stamped = [line for line in first.splitlines() if not line.startswith("audited")]
    assert [
        line for line in Path("trustaudit.lock").read_text().splitlines() if not line.startswith("audited")
    ] == stamped
    assert cli("lock", "list").out.count("acme/m") == 2
    assert [entry["id"] for entry in json.loads(cli("lock", "list", "--format", "json").out)] == ["acme/m0", "acme/m1"]
    assert hub.failures == []


def test_a_block_is_refused_and_the_others_are_locked(cli: Cli, hub: LoopbackHub) -> None:
    make(hub, "acme/gone", disabled=True)
    ran = cli("lock", "add", "acme/gone", "acme/m0")
    assert ran.code == 1
    assert ran.out.startswith("BLOCK")
    assert list(locked()) == ["acme/m0"]
    assert "--accept" in ran.err


def test_what_cannot_be_seen_is_not_locked(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("lock", "add", "acme/none", "-q")
    assert ran.code == 3
    assert "not locked: acme/none" in ran.err
    assert ran.out.startswith("INCOMPLETE")
    assert len(ran.out.splitlines()) == 1
    make(hub, "acme/gated", gated="manual")
    assert cli("lock", "add", "acme/gated").code == 3
    assert not Path("trustaudit.lock").exists()
    assert cli("lock", "add", "acme/gated", "--allow-incomplete").code == 0
    assert locked()["acme/gated"]["verdict"] == "incomplete"


def test_accepting_needs_a_reason_and_ends(cli: Cli, hub: LoopbackHub) -> None:
    make_hostile(hub)
    assert cli("lock", "add", "acme/hostile", "--force").code == 2
    marks = [word for word in cli("lock", "add", "acme/hostile").err.split() if len(word) == 32]
    accepts = [part for mark in marks for part in ("--accept", mark)]
    assert marks
    assert cli("lock", "add", "acme/hostile", *accepts).code == 2
    late = cli("lock", "add", "acme/hostile", *accepts, "--reason", "x", "--expires", "2020-01-01")
    assert late.code == 2
    assert "2020-01-01 has passed" in late.err
    soon = (datetime.now(UTC) + timedelta(days=2)).date()
    reason = ("--reason", "we only look at it", "--expires", soon.isoformat())
    assert cli("lock", "add", "acme/hostile", *accepts, *reason).code == 0
    accepted = locked()["acme/hostile"]["accepted"]
    assert {pin["fingerprint"] for pin in accepted} == set(marks)
    assert {(pin["reason"], pin["expires"]) for pin in accepted} == {("we only look at it", soon)}
    assert cli("lock", "check").code == 0
    assert cli("reaudit").code == 0
    text = Path("trustaudit.lock").read_text()
    Path("trustaudit.lock").write_text(text.replace(soon.isoformat(), "2020-01-01"))
    ran = cli("lock", "check")
    assert ran.code == 1
    assert "expired on 2020-01-01" in ran.err


def test_force_accepts_all_that_blocks(cli: Cli, hub: LoopbackHub) -> None:
    make_hostile(hub)
    assert cli("lock", "add", "acme/hostile", "--force", "--reason", "known").code == 0
    assert locked()["acme/hostile"]["verdict"] != "block"
    assert cli("reaudit").code == 0
    assert cli("lock", "upgrade").code == 0


def test_lock_check_asks_nobody_and_tells_places(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    asked = len(hub.requests)
    assert cli("lock", "check").code == 0
    path = Path("trustaudit.lock")
    path.write_text(path.read_text().replace("size = ", 'size = "x" #', 1))
    ran = cli("lock", "check")
    assert ran.code == 2
    assert "repository[0].files" in ran.err or "TOML" in ran.err
    path.write_text('lock_version = "7"\n')
    assert "'7'" in cli("lock", "check").err
    assert len(hub.requests) == asked
    assert cli("lock", "check", "none.lock").code == 2


def test_removing_what_is_not_there_is_a_usage_error(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    assert cli("lock", "remove", "acme/m1").code == 2
    assert cli("reaudit", "acme/m1").code == 2
    assert list(locked()) == ["acme/m0"]
    assert hub.failures == []


def lose_badge(hub: LoopbackHub) -> None:
    hub.organization("acme", verified=False, followers=900, created="2021-01-01")


def move_tag(hub: LoopbackHub) -> None:
    model = repo(hub, "acme/m0")
    model.branch("dev")
    model.tag("v1.0", at=model.commit({"config.json": "{}"}, branch="dev"))


def swap_hashes(hub: LoopbackHub) -> None:
    def swap(body: dict[str, Any]) -> dict[str, Any]:
        large = [item for item in body.get("siblings", []) if "lfs" in item]
        for item in large:
            item["lfs"]["sha256"] = "0" * 64
        return body

    hub.fault("info", faults.edited(swap))


def make_anew(hub: LoopbackHub) -> None:
    hub.remove("acme/m0")
    make(hub, "acme/m0").tag("v1.0")


ALONE: dict[str, tuple[Callable[[LoopbackHub], object], str]] = {
    "hashes": (swap_hashes, "has other files than when it was locked"),
    "tag": (move_tag, "tag v1.0 pointed to"),
    "badge": (lose_badge, "acme is no longer verified"),
    "recreated": (make_anew, "now a different repository"),
    "owner": (lambda hub: hub.forget("acme"), "the account acme no longer exists"),
}


@pytest.mark.parametrize("way", ALONE)
def test_one_change_alone_is_seen_right_after_locking(cli: Cli, hub: LoopbackHub, way: str) -> None:
    repo(hub, "acme/m0").tag("v1.0")
    cli("lock", "add", "acme/m0")
    change, words = ALONE[way]
    change(hub)
    ran = cli("reaudit")
    assert ran.code == 1
    assert words in " ".join(ran.out.split())


def test_unverified_owners_are_compared_once_anything_changed(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("jane", created="2021-01-01")
    make(hub, "jane/m")
    cli("lock", "add", "jane/m", "acme/m0")
    hub.forget("jane")
    assert cli("reaudit").code == 0
    repo(hub, "acme/m0").commit({"config.json": "{}"})
    assert "the account jane no longer exists" in " ".join(cli("reaudit").out.split())


def test_scan_results_of_datasets_are_asked_for(cli: Cli, hub: LoopbackHub) -> None:
    data = hub.dataset("acme/data", {"a.csv": "a,b\n", "README.md": "# D\n" * 80}, created="2022-01-01")
    cli("lock", "add", "datasets/acme/data")
    assert cli("reaudit").code == 0
    data.scans["a.csv"] = "unsafe"
    ran = cli("reaudit")
    assert ran.code == 1
    assert "a.csv: unsafe" in ran.out


@pytest.mark.parametrize("tags", [1, 30])
def test_tags_where_file_addresses_name_no_commit(cli: Cli, hub: LoopbackHub, tags: int) -> None:
    for number in range(tags):
        repo(hub, "acme/m0").tag(f"v{number}")
    cli("lock", "add", "acme/m0")
    hub.fault("resolve", faults.header("X-Repo-Commit", None))
    before = len(hub.api_requests("refs"))
    assert cli("reaudit").code == 0
    assert len(hub.api_requests("refs")) - before == 1
    repo(hub, "acme/m0").commit({"README.md": "x"}, branch="main")
    repo(hub, "acme/m0").tag("v0")
    assert "tag v0 pointed to" in cli("reaudit").out


def test_tags_that_cannot_be_looked_at_are_told(cli: Cli, hub: LoopbackHub) -> None:
    repo(hub, "acme/m0").tag("v1.0")
    cli("lock", "add", "acme/m0")
    hub.fault("resolve", faults.status(503))
    hub.fault("refs", faults.status(503))
    ran = cli("reaudit", "--timeout", "1.5")
    assert ran.code == 3
    assert "could not be looked at: tags:" in " ".join(ran.out.split())


def test_a_closer_look_asks_each_question_once(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    repo(hub, "acme/m0").commit({"config.json": "{}"})
    before = len(hub.api_requests())
    cli("reaudit")
    asked = [request.route for request in hub.api_requests()[before:]]
    assert sorted(asked) == ["commits", "info", "organization-overview", "refs", "tree"]


def drift(hub: LoopbackHub) -> None:
    """One of each kind."""
    weights: Files = {"model.safetensors": files.safetensors(8), "handler.py": "x = 1\n"}
    repo(hub, "acme/m0").commit(weights, title="Upload model.safetensors", author="newuser")
    tagged = repo(hub, "acme/m1")
    tagged.commit({"README.md": "other"})
    tagged.tag("v1.0")
    repo(hub, "acme/m2").squash()
    hub.remove("acme/m3")
    make(hub, "acme/m3")
    hub.remove("acme/m4")
    hub.organization("acme", verified=False, followers=900, created="2021-01-01")


def test_every_drift_is_told(cli: Cli, hub: LoopbackHub) -> None:
    repo(hub, "acme/m1").tag("v1.0")
    cli("lock", "add", "acme/m0", "acme/m1@v1.0", "acme/m2", "acme/m3", "acme/m4", "acme/m5")
    drift(hub)
    ran = cli("reaudit", "--format", "json")
    assert ran.code == 1
    results = {item["repo"]["id"]: item for item in json.loads(ran.out)["results"]}
    kinds = {name: {d["kind"] for d in item["drifts"] if d["matters"]} for name, item in results.items()}
    assert kinds["acme/m0"] >= {"new-commits", "publisher"}
    assert "tag-moved" in kinds["acme/m1"]
    assert "history-rewritten" in kinds["acme/m2"]
    assert "recreated" in kinds["acme/m3"]
    assert kinds["acme/m4"] == {"missing"}
    assert kinds["acme/m5"] == {"publisher"}
    states = {name: item["state"] for name, item in results.items()}
    assert states == {
        "acme/m0": "changed",
        "acme/m1": "moved",
        "acme/m2": "moved",
        "acme/m3": "gone",
        "acme/m4": "gone",
        "acme/m5": "changed",
    }
    assert results["acme/m5"]["api_requests"] == 1


def test_a_re_audit_for_a_person(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0", "acme/m3", "acme/m5")
    drift(hub)
    ran = cli("reaudit")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("GONE     acme/m3@main")
    assert any(line.startswith("CHANGED  acme/m0@main") for line in lines)
    assert "1 commit by newuser (never committed" in ran.out
    assert "~ model.safetensors  sha256 " in ran.out
    assert "+ handler.py" in ran.out


def test_new_scanner_issues(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    repo(hub, "acme/m0").scans["model.safetensors"] = "unsafe"
    ran = cli("reaudit")
    assert ran.code == 1
    assert "model.safetensors: unsafe" in ran.out


def test_new_rules_that_fire(cli: Cli, hub: LoopbackHub) -> None:
    make_hostile(hub)
    cli("lock", "add", "acme/hostile", "--force", "--reason", "known")
    path = Path("trustaudit.lock")
    lines = path.read_text().splitlines()
    older = [line for line in lines if "pickle-dangerous-call" not in line or "reason" in line]
    text = "\n".join(line if not line.startswith("ruleset") else 'ruleset = "0.0.1+00000000"' for line in older)
    start, end = text.index("accepted = ["), text.index("findings = [")
    path.write_text(text[:start] + text[end:])
    ran = cli("reaudit")
    assert ran.code == 1, ran
    assert "pickle-dangerous-call" in ran.out
    assert "now block" in ran.out


def test_documentation_alone_lets_the_job_pass(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    repo(hub, "acme/m0").commit({"README.md": "# Better\n" * 80}, title="Update the card")
    ran = cli("reaudit")
    assert ran.code == 0, ran
    assert ran.out.startswith("NOTE     acme/m0@main")


@pytest.mark.parametrize(
    "fault",
    [faults.status(503), faults.reset(), faults.html(), faults.status(429)],
    ids=["503", "reset", "html", "429"],
)
def test_what_could_not_be_looked_at_is_neither_drift_nor_fine(cli: Cli, hub: LoopbackHub, fault: faults.Fault) -> None:
    hub.user("jane", created="2021-01-01")
    make(hub, "jane/m")
    cli("lock", "add", "acme/m0", "jane/m")
    hub.fault(lambda request: request.path.endswith("/acme/m0"), fault)
    ran = cli("reaudit", "--timeout", "1.5")
    assert ran.code == 3, ran
    assert ran.out.startswith("UNSEEN   acme/m0@main")
    assert "1 unchanged" in ran.out


def test_update_writes_what_was_reviewed_and_never_a_namesake(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0", "acme/m3")
    drift(hub)
    ran = cli("reaudit", "--update")
    assert ran.code == 1
    assert locked()["acme/m0"]["commit"] == repo(hub, "acme/m0").sha
    assert locked()["acme/m3"]["object_id"] != repo(hub, "acme/m3").mongo_id
    assert "another repository took its name" in ran.err
    assert cli("reaudit", "acme/m3", "--update").code == 0
    assert cli("reaudit").code == 0


def test_update_never_pins_what_blocks(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    before = Path("trustaudit.lock").read_bytes()
    repo(hub, "acme/m0").disabled = True
    assert cli("reaudit", "--update").code == 1
    assert Path("trustaudit.lock").read_bytes() == before
    assert cli("lock", "upgrade").code == 1
    assert Path("trustaudit.lock").read_bytes() == before


def test_upgrade_moves_the_pin(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0", "acme/m1")
    newest = repo(hub, "acme/m0").commit({"config.json": "{}"}).sha
    repo(hub, "acme/m1").commit({"config.json": "{}"})
    assert cli("lock", "upgrade", "acme/m0").code == 0
    assert locked()["acme/m0"]["commit"] == newest
    assert locked()["acme/m1"]["commit"] != repo(hub, "acme/m1").sha
    assert cli("reaudit", "acme/m0").code == 0


def test_full_audits_what_seems_unchanged(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    before = len(hub.api_requests())
    assert cli("reaudit", "--full").code == 0
    asked = {request.route for request in hub.api_requests()[before:]}
    assert asked >= {"info", "organization-overview", "refs", "tree"}


def test_owners_of_older_entries_are_asked_once_per_run(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0", "acme/m1", "acme/m2")
    path = Path("trustaudit.lock")
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join("audited = 2025-01-01T00:00:00Z" if line.startswith("audited") else line for line in lines)
    )
    hub.organization("acme", verified=False, followers=900, created="2021-01-01")
    before = len(hub.api_requests("organization-overview"))
    ran = cli("reaudit", "--exit-zero")
    assert ran.code == 0
    assert ran.out.count("no longer verified") == 3
    assert len(hub.api_requests("organization-overview")) - before == 1


def test_who_locks_an_old_name_hears_when_somebody_takes_it(cli: Cli, hub: LoopbackHub) -> None:
    hub.rename("acme/m0", "acme/renamed")
    assert cli("lock", "add", "acme/m0", "ACME/m1").code == 0
    assert set(locked()) == {"acme/m0", "acme/m1"}
    assert locked()["acme/m0"]["answers_as"] == "acme/renamed"
    assert cli("reaudit").code == 0
    hub.rename("acme/renamed", "acme/again")
    hub.redirect("acme/m0", "acme/again")
    ran = cli("reaudit", "acme/m0")
    assert ran.code == 1
    assert ran.out.startswith("MOVED    acme/m0@main")
    make(hub, "acme/m0")
    ran = cli("reaudit", "acme/m0")
    assert ran.code == 1
    assert ran.out.startswith("GONE     acme/m0@main")


def test_offline_re_audit_is_refused(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    cli.setenv({"HF_HUB_OFFLINE": "1"})
    assert cli("reaudit").code == 2
    assert hub.failures == []


def test_another_hub_with_the_same_commits_is_no_other_repository(cli: Cli, hub: LoopbackHub) -> None:
    cli("lock", "add", "acme/m0")
    path = Path("trustaudit.lock")
    entry = locked()["acme/m0"]
    path.write_text(path.read_text().replace(entry["object_id"], "f" * 24).replace(hub.endpoint, "https://hub.example"))
    ran = cli("reaudit")
    assert ran.code == 0, ran
    assert "another Hub" in ran.err
