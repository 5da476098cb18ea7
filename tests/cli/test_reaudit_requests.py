"""What a re-audit asks of the API: no more than a request for each model, and still every drift is seen."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo, faults
from tests.loopback.message import Answer, Request
from tests.loopback.repo import Files

CARD = {"license": "apache-2.0", "library_name": "transformers"}
PICKLED = "acme/m0"
"""The only model with a pickle; all others have weights without code."""


def make(hub: LoopbackHub, name: str, *, pickled: bool = False) -> Repo:
    content: Files = {
        "config.json": '{"model_type": "bert"}',
        "model.safetensors": files.safetensors(),
        "README.md": f"# {name}\n" * 80,
    }
    if pickled:
        content = {**content, "pytorch_model.bin": files.torch_zip(files.state_dict_pickle())}
    return hub.model(name, content, card=CARD, created="2022-01-01")


def declare(hub: LoopbackHub, owner: str, *, verified: bool) -> None:
    hub.organization(owner, verified=verified, followers=900, created="2021-01-01")


def own(hub: LoopbackHub, owner: str, models: int, *, verified: bool) -> list[str]:
    declare(hub, owner, verified=verified)
    names = [f"{owner}/m{number}" for number in range(models)]
    for name in names:
        make(hub, name, pickled=name == PICKLED).tag("v1.0")
    return names


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    monkeypatch.chdir(tmp_path)
    return loopback_hub


def repo(hub: LoopbackHub, name: str) -> Repo:
    found = hub.find("model", name)
    assert found is not None
    return found


def asked(hub: LoopbackHub, cli: Cli, *words: str) -> tuple[Counter[str], str]:
    """What an unchanged lock costs, by route, and what is printed."""
    before = len(hub.api_requests())
    ran = cli("reaudit", *words)
    assert ran.code == 0, ran
    return Counter(request.route for request in hub.api_requests()[before:]), ran.out


_LOCKS: dict[tuple[tuple[str, ...], bool], str] = {}


def lock(cli: Cli, hub: LoopbackHub, names: list[str], *, verified: bool) -> None:
    """The lock of these models, audited once for all tests: only the Hub's port differs."""
    made = _LOCKS.get((tuple(names), verified))
    if made is None:
        assert cli("lock", "add", *names).code == 0
        made = Path("trustaudit.lock").read_text()
        _LOCKS[tuple(names), verified] = made.replace(hub.endpoint, "http://hub.example")
    Path("trustaudit.lock").write_text(made.replace("http://hub.example", hub.endpoint))


@pytest.mark.parametrize(
    ("models", "verified", "page", "owner", "infos"),
    [
        (1, False, 0, 0, 1),
        (1, True, 0, 1, 1),
        (2, False, 0, 0, 2),
        (2, True, 0, 1, 1),
        (3, False, 1, 0, 1),
        (3, True, 0, 1, 1),
        (4, True, 1, 1, 1),
        (10, False, 1, 0, 8),
        (10, True, 1, 1, 7),
    ],
)
def test_what_models_of_one_owner_cost(  # noqa: PLR0917 - a table
    cli: Cli, hub: LoopbackHub, models: int, verified: bool, page: int, owner: int, infos: int
) -> None:
    lock(cli, hub, own(hub, "acme", models, verified=verified), verified=verified)
    routes, out = asked(hub, cli)
    assert routes == +Counter({"list": page, "organization-overview": owner, "info": infos})
    assert out.startswith(f"OK       {models} unchanged ({routes.total()} API request")
    spared = models - infos
    assert ("not asked this time" in out) == (spared > 0)
    assert f"of {spared} pin" in out or not spared
    assert asked(hub, cli, "--no-cache")[0] == routes
    told = json.loads(cli("reaudit", "--format", "json").out)
    assert [item["scan_asked"] for item in told["results"]].count(False) == spared
    assert len(told["notes"]) == (spared > 0)
    assert hub.failures == []


def test_a_mixed_lock_costs_less_than_a_request_each(cli: Cli, hub: LoopbackHub) -> None:
    hub.dataset("acme/data", {"a.csv": "a,b\n", "README.md": "# D\n" * 80}, created="2022-01-01")
    names = [
        *own(hub, "acme", 5, verified=True),
        *own(hub, "duo", 2, verified=True),
        *own(hub, "solo", 1, verified=False),
    ]
    names.append(make(hub, "gpt-legacy").id)
    assert cli("lock", "add", *names, "datasets/acme/data").code == 0
    routes, out = asked(hub, cli)
    assert routes == Counter({"info": 2 + 1 + 1 + 1 + 1, "list": 1, "organization-overview": 2, "scan": 1})
    assert routes.total() - 2 < len(names)  # the dataset's two are its own
    assert f"10 unchanged ({routes.total()} API requests)" in out


def test_older_entries_pay_their_owner_out_of_the_same_purse(cli: Cli, hub: LoopbackHub) -> None:
    names = own(hub, "acme", 5, verified=False)
    lock(cli, hub, names, verified=False)
    path = Path("trustaudit.lock")
    lines = path.read_text().splitlines()
    older = ("audited = 2025-01-01T00:00:00Z" if line.startswith("audited") else line for line in lines)
    path.write_text("\n".join(older) + "\n")
    assert asked(hub, cli)[0] == Counter({"list": 1, "organization-overview": 1, "info": 2})


def test_who_has_most_to_lose_is_asked_every_time(cli: Cli, hub: LoopbackHub) -> None:
    names = own(hub, "acme", 3, verified=True)
    lock(cli, hub, names, verified=True)
    before = len(hub.requests)
    cli("reaudit")
    infos = [request.path for request in hub.requests[before:] if request.route == "info"]
    assert infos == [f"/api/models/{PICKLED}"]


def swap_listed_hashes(hub: LoopbackHub) -> None:
    def swap(body: dict[str, Any]) -> dict[str, Any]:
        for item in body.get("siblings", []):
            if body["id"] == PICKLED and "lfs" in item:
                item["lfs"]["sha256"] = "0" * 64
        return body

    hub.fault("info", faults.edited(swap))


def move_tag(hub: LoopbackHub) -> None:
    model = repo(hub, PICKLED)
    model.branch("dev")
    model.tag("v1.0", at=model.commit({"config.json": "{}"}, branch="dev"))


def make_anew(hub: LoopbackHub) -> None:
    hub.remove(PICKLED)
    make(hub, PICKLED, pickled=True).tag("v1.0")


def change(**facts: Any) -> Callable[[LoopbackHub], None]:  # noqa: ANN401 - any attribute
    def changed(hub: LoopbackHub) -> None:
        for name, value in facts.items():
            setattr(repo(hub, PICKLED), name, value)

    return changed


def flag(hub: LoopbackHub) -> None:
    repo(hub, PICKLED).scans["pytorch_model.bin"] = "unsafe"


ALONE: dict[str, tuple[Callable[[LoopbackHub], object], str]] = {
    "hashes": (swap_listed_hashes, "has other files than when it was locked"),
    "tag": (move_tag, "tag v1.0 pointed to"),
    "badge": (lambda hub: declare(hub, "acme", verified=False), "acme is no longer verified"),
    "recreated": (make_anew, "now a different repository"),
    "account": (lambda hub: hub.forget("acme"), "the account acme no longer exists"),
    "commit": (lambda hub: repo(hub, PICKLED).commit({"config.json": "{}"}), "new-commits"),
    "rewritten": (lambda hub: repo(hub, PICKLED).squash(), "the history no longer holds the locked commit"),
    "missing": (lambda hub: hub.remove(PICKLED), "no longer there"),
    "disabled": (change(disabled=True), "the Hub has disabled it"),
    "gated": (change(gated="manual"), "gated now"),
    "private": (change(private=True), "no longer there"),
    "renamed": (lambda hub: hub.rename(PICKLED, "acme/other"), "the Hub now answers with acme/other"),
    "scan": (flag, "pytorch_model.bin: unsafe"),
}


@pytest.mark.parametrize("models", [1, 10])
@pytest.mark.parametrize("way", ALONE)
def test_every_drift_is_seen_alone(cli: Cli, hub: LoopbackHub, way: str, models: int) -> None:
    lock(cli, hub, own(hub, "acme", models, verified=True), verified=True)
    made, words = ALONE[way]
    made(hub)
    ran = cli("reaudit", "--format", "json")
    assert ran.code == 1, ran
    told = json.loads(ran.out)
    said = {item["repo"]["id"]: json.dumps(item["drifts"]) for item in told["results"] if item["drifts"]}
    assert words in said[PICKLED]
    assert set(said) == {PICKLED} or way in {"badge", "account"}
    assert all(item["scan_asked"] for item in told["results"])  # a change ends the saving
    assert told["notes"] == []
    assert [item["repo"]["id"] for item in told["results"]] == list(locked())


def locked() -> dict[str, Any]:
    return {entry["id"]: entry for entry in tomllib.loads(Path("trustaudit.lock").read_text())["repository"]}


@pytest.mark.parametrize("way", ["recreated", "commit", "missing", "disabled", "gated", "private", "renamed", "tag"])
def test_all_but_the_scan_state_is_seen_of_those_without_an_info_answer(cli: Cli, hub: LoopbackHub, way: str) -> None:
    """On a model without pickles, of which only the page and addresses of files tell."""
    names = own(hub, "acme", 4, verified=True)
    lock(cli, hub, names, verified=True)
    spared = next(item["repo"]["id"] for item in results(cli) if not item["scan_asked"])
    move(hub, spared, way)
    assert {item["repo"]["id"] for item in results(cli) if item["matters"]} == {spared}


def results(cli: Cli) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("reaudit", "--format", "json").out)["results"]
    return found


def move(hub: LoopbackHub, name: str, way: str) -> None:
    model = repo(hub, name)
    if way == "recreated":
        hub.remove(name)
        make(hub, name).tag("v1.0")
    elif way == "commit":
        model.commit({"config.json": "{}"})
    elif way == "missing":
        hub.remove(name)
    elif way == "renamed":
        hub.rename(name, "acme/other")
    elif way == "tag":
        model.branch("dev")
        model.tag("v1.0", at=model.commit({"config.json": "{}"}, branch="dev"))
    else:
        setattr(model, way, "manual" if way == "gated" else True)


def test_other_weights_at_the_same_address_are_seen_without_an_info_answer(cli: Cli, hub: LoopbackHub) -> None:
    names = own(hub, "acme", 4, verified=True)
    lock(cli, hub, names, verified=True)
    spared = next(item["repo"]["id"] for item in results(cli) if not item["scan_asked"])

    def swapped(request: Request, answer: Answer) -> Answer:
        answer.headers |= {"X-Linked-ETag": f'"{"0" * 64}"'} if f"/{spared}/" in request.path else {}
        return answer

    hub.fault("resolve", swapped)
    before = len(hub.requests)
    cli("reaudit")
    assert f"/api/models/{spared}" in [request.path for request in hub.requests[before:]]


def edited_rows(change: Callable[[dict[str, Any]], object]) -> faults.Fault:
    def edit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in rows:
            change(row)
        return rows

    return faults.edited(edit)


@pytest.mark.parametrize("key", ["sha", "_id", "gated", "disabled", "private", "id"])
def test_a_page_that_lacks_a_key_stands_for_nothing(cli: Cli, hub: LoopbackHub, key: str) -> None:
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    hub.fault("list", edited_rows(lambda row: row.pop(key)))
    assert asked(hub, cli)[0] == Counter({"list": 1, "organization-overview": 1, "info": 4})


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "sha": lambda row: row.update(sha="0" * 40),
    "id": lambda row: row.update(_id="f" * 24),
    "access": lambda row: row.update(gated="auto"),
    "twice": lambda row: row.update(id="acme/m1"),
    "types": lambda row: row.update(disabled="no", private=0),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_page_that_differs_is_a_reason_to_ask_and_no_drift(cli: Cli, hub: LoopbackHub, lie: str) -> None:
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    hub.fault("list", edited_rows(LIES[lie]))
    routes, out = asked(hub, cli)
    assert routes["info"] == 4
    assert out.startswith("OK       4 unchanged")


def test_a_page_that_says_all_is_well_hides_no_commit(cli: Cli, hub: LoopbackHub) -> None:
    names = own(hub, "acme", 4, verified=True)
    lock(cli, hub, names, verified=True)
    commits = {name: entry["commit"] for name, entry in locked().items()}
    hub.fault("list", edited_rows(lambda row: row.update(sha=commits[row["id"]])))
    for name in names:
        repo(hub, name).commit({"config.json": "{}"})
    assert all(item["matters"] for item in results(cli))


@pytest.mark.parametrize("fault", [faults.status(503), faults.html(), faults.status(400)], ids=["503", "html", "400"])
def test_without_a_page_every_model_is_asked_for(cli: Cli, hub: LoopbackHub, fault: faults.Fault) -> None:
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    hub.fault("list", fault)
    routes, out = asked(hub, cli, "--timeout", "3")
    assert routes["info"] == 4
    assert "not asked this time" not in out


def test_a_page_is_never_older_than_the_run(cli: Cli, hub: LoopbackHub) -> None:
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    assert asked(hub, cli)[0]["list"] == 1
    assert asked(hub, cli)[0]["list"] == 1


@pytest.mark.parametrize("header", ["X-Repo-Commit", "X-Linked-ETag"])
def test_addresses_that_tell_nothing(cli: Cli, hub: LoopbackHub, header: str) -> None:
    """Without the commit the info answer is asked for; a hash is told or not."""
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    hub.fault("resolve", faults.header(header, None))
    assert asked(hub, cli)[0]["info"] == (4 if header == "X-Repo-Commit" else 1)


def test_full_asks_for_all(cli: Cli, hub: LoopbackHub) -> None:
    lock(cli, hub, own(hub, "acme", 4, verified=True), verified=True)
    routes, out = asked(hub, cli, "--full")
    assert routes["info"] == 4
    assert not routes["list"]
    assert "not asked" not in out


def test_entries_of_other_rules_are_audited_with_few_requests(cli: Cli, hub: LoopbackHub) -> None:
    """No question twice, though nothing is cached: the info answer is passed on, and the lock knows the owner's kind."""
    hub.user("jane", created="2021-01-01")
    lock(cli, hub, [make(hub, "jane/m").id, make(hub, "jane/n").id], verified=False)
    path = Path("trustaudit.lock")
    lines = path.read_text().splitlines()
    path.write_text("\n".join('ruleset = "0.0.1+00000000"' if x.startswith("ruleset") else x for x in lines) + "\n")
    wanted = Counter({"info": 2, "tree": 2, "commits": 2, "refs": 2, "user-overview": 1})
    assert asked(hub, cli, "--no-cache")[0] == wanted
