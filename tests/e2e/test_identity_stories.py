"""Who is behind it, told as stories: each hostile one is stopped for its reason, its honest counterpart passes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.example_hub import files
from tests.cli.harness import Cli
from tests.loopback import LoopbackHub, Repo

NOW = datetime.now(UTC)
TEXT = "# A model\n\nTrained on public text, described at length, with an evaluation.\n" * 12
CARD = {"license": "apache-2.0", "library_name": "transformers"}
WEIGHTS, OTHER = files.safetensors(), files.safetensors(8)
CODE = {"config.json": json.dumps({"auto_map": {"AutoModel": "modeling_x.X"}}), "modeling_x.py": files.MODELING}


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def hub(loopback_hub: LoopbackHub, cli: Cli) -> LoopbackHub:
    cli.setenv(loopback_hub.environment(str(cli.home / "hf")))
    return loopback_hub


def model(hub: LoopbackHub, name: str, contents: dict[str, Any] | None = None, **options: Any) -> Repo:  # noqa: ANN401 - Repo's
    """A repository of safetensors with a card, three years old unless told otherwise."""
    usual = {"README.md": TEXT, "config.json": "{}", "model.safetensors": WEIGHTS}
    fields: dict[str, Any] = {"created": ago(1000), "card": CARD, "likes": 5, "downloads": 400, **options}
    return hub.model(name, {**usual, **(contents or {})}, **fields)


def audited(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("check", *arguments, "--format", "json", "--no-cache")
    assert ran.err == "", ran.err
    report: dict[str, Any] = json.loads(ran.out)["reports"][0]
    return report


def told(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The worst finding of every rule."""
    return {item["rule"]: item for item in reversed(report["findings"])}


def stopped(report: dict[str, Any], rule: str, *words: str) -> None:
    """Blocked or reviewed, and the rule says why."""
    assert report["verdict"] in ("block", "review"), report["headline"]
    found = [item for item in report["findings"] if item["rule"] == rule]
    loud = [f"{item['message']} {item['evidence']}" for item in found if item["severity"] not in ("info", "low")]
    assert any(all(word in text for word in words) for text in loud), found


def passes(report: dict[str, Any]) -> None:
    loud = [item for item in report["findings"] if item["severity"] not in ("info", "low")]
    assert (report["verdict"], loud) == ("pass", [])


# names


def test_a_clone_of_a_popular_name(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("fresh-account-77", created=ago(0.8), followers=4)
    model(hub, "fresh-account-77/privacy-filter", created=ago(0.7), likes=667, downloads=244_000)
    report = audited(cli, "fresh-account-77/privacy-filter")
    stopped(report, "name-confusion", "openai/privacy-filter")
    stopped(report, "engagement-inflated")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("meta-Ilama/Llama-3.1-8B-Instruct", "meta-llama"),
        ("rneta-llama/Llama-3.1-8B-Instruct", "meta-llama"),
        ("mistralal/Mistral-7B-Instruct-v0.3", "mistralai"),
        ("openai-official/gpt-oss-20b", "openai"),
        ("Qwen-team/Qwen3-8B", "Qwen"),
    ],
)
def test_near_names_affixes_and_look_alikes(cli: Cli, hub: LoopbackHub, name: str, meant: str) -> None:
    hub.user(name.partition("/")[0], created=ago(12), followers=3)
    model(hub, name, created=ago(11))
    stopped(audited(cli, name), "name-confusion", meant)


def test_look_alike_letters_never_reach_the_hub(cli: Cli, hub: LoopbackHub) -> None:
    ran = cli("check", "met\u0430-llama/Llama-3.1-8B")
    assert (ran.code, hub.requests) == (2, [])
    assert "CYRILLIC SMALL LETTER A" in ran.err


def test_a_campaign_of_copies(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("anthfoo", created=ago(2), followers=1)
    for name in ("privacy-filter", "gpt-oss-20b", "all-MiniLM-L6-v2", "unheard-of"):
        model(hub, f"anthfoo/{name}", created=ago(1))
    report = audited(cli, "anthfoo/unheard-of")
    stopped(report, "publisher-clones", "anthfoo/gpt-oss-20b")
    assert report["verdict"] == "block"


DOCUMENTED = {
    "privacy-filter": "openai/privacy-filter",
    "Bonsai-8B-gguf": "prism-ml/Bonsai-8B-gguf",
    "DeepSeek-V4-Pro": "deepseek-ai/DeepSeek-V4-Pro",
    "Kimi-K3": "moonshotai/Kimi-K3",
}
UNLISTED = "Qwen3.6-35B-A3B-Claude-4.6-Opus-Reasoning-Distilled-GGUF"


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_clones_of_2026_under_a_name_nobody_knows(cli: Cli, hub: LoopbackHub, name: str) -> None:
    hub.user("brand-new-4", created=ago(0.9), followers=3)
    model(hub, f"brand-new-4/{name}", created=ago(0.8), likes=2, downloads=0)
    report = audited(cli, f"brand-new-4/{name}")
    stopped(report, "name-confusion", DOCUMENTED[name])
    assert report["verdict"] == "block"


def test_a_clone_of_what_no_list_has_is_known_by_its_company(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("brand-new-4", created=ago(0.9), followers=3)
    for name in (*DOCUMENTED, UNLISTED):
        model(hub, f"brand-new-4/{name}", created=ago(0.8))
    report = audited(cli, f"brand-new-4/{UNLISTED}")
    stopped(report, "publisher-clones", "openai/privacy-filter")
    assert report["verdict"] == "block"


def test_an_honest_quantizer_with_declared_bases(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("quantsmith", created=ago(400), followers=300)
    card = {**CARD, "base_model": "Qwen/Qwen3-8B", "base_model_relation": "quantized"}
    model(hub, "quantsmith/Qwen3-8B-AWQ", card=card)
    passes(audited(cli, "quantsmith/Qwen3-8B-AWQ"))


def test_an_honest_publisher_with_a_near_name(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("googly", created=ago(900), followers=120, members=["a", "b", "c"])
    model(hub, "googly/eyes-classifier")
    passes(audited(cli, "googly/eyes-classifier"))


# names that changed hands


def test_a_namespace_that_was_registered_again(cli: Cli, hub: LoopbackHub) -> None:
    hub.user("CohereForAI", created=ago(20), followers=2)
    model(hub, "CohereForAI/aya-23-8B", created=ago(19))
    report = audited(cli, "CohereForAI/aya-23-8B")
    stopped(report, "namespace-reuse", "CohereLabs/aya-23-8B")
    assert report["verdict"] == "block"


def test_the_official_rename(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("CohereLabs", created=ago(1500), followers=9_000, verified=True, members=["a", "b", "c"])
    model(hub, "CohereLabs/aya-23-8B")
    hub.redirect("CohereForAI/aya-23-8B", "CohereLabs/aya-23-8B")
    report = audited(cli, "CohereForAI/aya-23-8B")
    passes(report)
    assert "CohereLabs" in told(report)["renamed-repository"]["message"]


def test_a_redirect_to_another_owner(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("stranger", created=ago(90), followers=2)
    model(hub, "stranger/diffuser-xl", created=ago(80))
    hub.redirect("oldlab/diffuser-xl", "stranger/diffuser-xl")
    stopped(audited(cli, "oldlab/diffuser-xl"), "renamed-repository", "stranger/diffuser-xl")


def test_another_repository_under_the_same_id(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    hub.organization("acme", created=ago(900), followers=500, members=["a", "b", "c"])
    model(hub, "acme/encoder")
    saved = tmp_path / "before.json"
    passes(audited(cli, "acme/encoder", "--save-snapshot", str(saved)))
    hub.remove("acme/encoder")
    model(hub, "acme/encoder", created=ago(3))
    report = audited(cli, "acme/encoder", "--previous", str(saved))
    stopped(report, "namespace-reuse", "another repository")
    assert report["verdict"] == "block"


def test_an_earlier_audit_of_another_repository_is_refused(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    model(hub, "acme/encoder")
    saved = tmp_path / "before.json"
    audited(cli, "acme/encoder", "--save-snapshot", str(saved))
    ran = cli("check", "acme/other", "--previous", str(saved))
    assert ran.code == 2
    assert "acme/encoder" in ran.err


def test_another_account_under_the_same_name(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    hub.user("smith", created=ago(900), followers=500)
    model(hub, "smith/encoder")
    saved = tmp_path / "before.json"
    passes(audited(cli, "smith/encoder", "--save-snapshot", str(saved)))
    hub.user("smith", created=ago(5))
    stopped(audited(cli, "smith/encoder", "--previous", str(saved)), "namespace-reuse", "another account")


def test_an_owner_that_is_gone(cli: Cli, hub: LoopbackHub) -> None:
    model(hub, "vanished/encoder")
    hub.forget("vanished")
    stopped(audited(cli, "vanished/encoder"), "publisher-missing", "vanished")


# history


def quiet_repo(hub: LoopbackHub, name: str = "quietlab/translator", **options: Any) -> Repo:  # noqa: ANN401 - Repo's
    """Three commits, years ago."""
    hub.organization("quietlab", created=ago(2000), followers=200, members=["ada", "bo", "cy"])
    repo = model(hub, name, author="ada", created=ago(1000), **options)
    repo.commit({"README.md": TEXT * 2}, author="ada", date=ago(990))
    repo.commit({"config.json": "{ }"}, author="bo", date=ago(980))
    return repo


def test_a_hijack(cli: Cli, hub: LoopbackHub) -> None:
    quiet_repo(hub, contents={"pytorch_model.bin": files.torch_zip(files.state_dict_pickle())})
    hub.user("nlp-maint-2291", created=ago(30))
    repo = hub.find("model", "quietlab/translator")
    assert repo is not None
    swapped = files.torch_zip(files.state_dict_pickle(), root="archive2")
    repo.commit({"pytorch_model.bin": swapped}, author="nlp-maint-2291", date=ago(3), title="Upload pytorch_model.bin")
    report = audited(cli, "quietlab/translator")
    stopped(report, "history-takeover", "nlp-maint-2291", "no public member of the organization", "days of silence")
    assert len(hub.api_requests("organization-members")) == 1


def test_a_hijack_in_two_steps(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    hub.user("nlp-maint-2291", created=ago(30))
    repo.commit({"config.json": "{   }"}, author="nlp-maint-2291", date=ago(5))
    repo.commit({"model.safetensors": OTHER}, author="nlp-maint-2291", date=ago(3), title="Upload")
    stopped(audited(cli, "quietlab/translator"), "history-takeover", "nlp-maint-2291", "days of silence")


def test_a_new_colleague(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    hub.organization("quietlab", created=ago(2000), followers=200, members=["ada", "bo", "cy", "dora"])
    card = TEXT + "\n## Changes\n\nBetter weights.\n"
    repo.commit({"model.safetensors": OTHER, "README.md": card}, author="dora", date=ago(40), title="v2")
    passes(audited(cli, "quietlab/translator"))


def test_an_ordinary_model_of_an_organization_asks_for_no_members(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    repo.commit({"model.safetensors": OTHER}, author="ada", date=ago(5))
    passes(audited(cli, "quietlab/translator"))
    assert len(hub.api_requests()) == 4


@pytest.mark.parametrize("name", ["SFconvertb0t", "SFconvertbot"])
def test_an_imitation_of_the_conversion_bot(cli: Cli, hub: LoopbackHub, name: str) -> None:
    """By a look-alike name, and by the very name, which git lets anybody write."""
    repo = quiet_repo(hub, contents=CODE)
    changed = {"modeling_x.py": files.MODELING + "\n# faster\n", "model.safetensors": OTHER}
    repo.commit(changed, author=name, date=ago(3), title="Adding `safetensors` variant of this model")
    stopped(audited(cli, "quietlab/translator"), "conversion-commit", name)


def test_the_real_conversion_bot(cli: Cli, hub: LoopbackHub) -> None:
    old = {"pytorch_model.bin": files.torch_zip(files.state_dict_pickle()), "model.safetensors": None}
    repo = quiet_repo(hub, contents={key: value for key, value in old.items() if value})
    repo.commit(
        {"model.safetensors": OTHER},
        author="SFconvertbot",
        date=ago(3),
        title="Adding `safetensors` variant of this model",
    )
    passes(audited(cli, "quietlab/translator"))


def test_a_pickle_beside_safetensors(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    pickle = files.torch_zip(files.state_dict_pickle())
    repo.commit({"pytorch_model.bin": pickle}, author="somebody-new", date=ago(4), title="Add torch weights")
    stopped(audited(cli, "quietlab/translator"), "pickle-added", "pytorch_model.bin", "somebody-new")


def test_a_moved_tag(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    repo = quiet_repo(hub)
    repo.tag("v1.0")
    saved = tmp_path / "before.json"
    passes(audited(cli, "quietlab/translator@v1.0", "--save-snapshot", str(saved)))
    repo.commit({"model.safetensors": OTHER}, author="ada", date=ago(5))
    repo.tag("v1.0")
    stopped(audited(cli, "quietlab/translator@v1.0", "--previous", str(saved)), "moved-ref", "v1.0")


def test_a_squashed_history(cli: Cli, hub: LoopbackHub, tmp_path: Path) -> None:
    repo = quiet_repo(hub)
    saved = tmp_path / "before.json"
    audited(cli, "quietlab/translator", "--save-snapshot", str(saved))
    repo.squash()
    stopped(
        audited(cli, "quietlab/translator", "--previous", str(saved)), "history-rewritten", "no longer in the history"
    )


def test_a_commit_that_only_a_pull_request_holds(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    repo.discuss("Faster", author="stranger", files={"model.safetensors": OTHER})
    commit = repo.refs["refs/pr/1"]
    for revision in ("refs/pr/1", commit):
        stopped(audited(cli, f"quietlab/translator@{revision}"), "pull-request-revision")
    passes(audited(cli, f"quietlab/translator@{repo.sha}"))


def test_a_commit_inside_a_pull_request(cli: Cli, hub: LoopbackHub) -> None:
    repo = quiet_repo(hub)
    repo.discuss("Faster", author="stranger", files={"model.safetensors": OTHER}, created=ago(9))
    inside = repo.refs["refs/pr/1"]
    repo.commit({"README.md": TEXT * 3}, author="stranger", branch="refs/pr/1", date=ago(8))
    repo.commit({"README.md": TEXT * 4}, author="ada", date=ago(7))
    stopped(audited(cli, f"quietlab/translator@{inside}"), "pull-request-revision", "no branch")
    stopped(audited(cli, f"quietlab/translator@{repo.refs['refs/pr/1']}"), "pull-request-revision", "refs/pr/1")
    repo.commit({"config.json": "{  }"}, author="dora", date=ago(6))
    merged = repo.sha
    repo.commit({"README.md": TEXT * 5}, author="ada", date=ago(5))
    report = audited(cli, f"quietlab/translator@{merged}")
    assert "pull-request-revision" not in told(report)


# copies


def original(hub: LoopbackHub, **contents: Any) -> Repo:  # noqa: ANN401 - files
    hub.organization("acme", created=ago(1500), followers=4_000, members=["a", "b", "c"])
    return model(hub, "acme/encoder", {"shard-2.safetensors": OTHER, **CODE, **contents}, created=ago(900))


def copy_of(hub: LoopbackHub, **changed: Any) -> Repo:  # noqa: ANN401 - files
    hub.user("copyist", created=ago(500), followers=90)
    contents = {"shard-2.safetensors": OTHER, **CODE, **changed}
    return model(hub, "copyist/encoder", contents, created=ago(100), title="Duplicate from acme/encoder")


def test_a_true_duplicate(cli: Cli, hub: LoopbackHub) -> None:
    original(hub)
    copy_of(hub)
    report = audited(cli, "copyist/encoder")
    assert told(report)["altered-copy"]["severity"] == "info"
    assert len(hub.api_requests()) == 6  # a user as owner costs one more, the original one


@pytest.mark.parametrize(
    "changed", [{"shard-2.safetensors": files.safetensors(2)}, {"modeling_x.py": files.MODELING + "\n"}]
)
def test_a_swapped_duplicate(cli: Cli, hub: LoopbackHub, changed: dict[str, Any]) -> None:
    original(hub)
    copy_of(hub, **changed)
    report = audited(cli, "copyist/encoder")
    stopped(report, "altered-copy", next(iter(changed)), "acme/encoder")
    assert report["verdict"] == "block"


def test_a_duplicate_that_was_swapped_later(cli: Cli, hub: LoopbackHub) -> None:
    original(hub)
    copy_of(hub).commit({"modeling_x.py": files.MODELING + "\n"}, date=ago(50), title="Update")
    stopped(audited(cli, "copyist/encoder"), "altered-copy", "modeling_x.py")


def test_an_old_duplicate_of_what_has_moved_on(cli: Cli, hub: LoopbackHub) -> None:
    copy_of(hub)
    original(hub).commit({"shard-2.safetensors": files.safetensors(2)}, date=ago(30), title="v2")
    assert told(audited(cli, "copyist/encoder"))["altered-copy"]["severity"] == "low"


def test_a_mirror_by_a_known_organization(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("meta-llama", created=ago(1500), followers=50_000, verified=True, members=["a", "b", "c"])
    hub.organization("NousResearch", created=ago(1200), followers=9_000, members=["a", "b", "c"])
    model(hub, "meta-llama/Meta-Llama-3-8B", card={**CARD, "license": "llama3"})
    card = {**CARD, "license": "llama3", "base_model": "meta-llama/Meta-Llama-3-8B"}
    model(hub, "NousResearch/Meta-Llama-3-8B", card=card)
    report = audited(cli, "NousResearch/Meta-Llama-3-8B")
    passes(report)
    assert "true copy" in told(report)["altered-copy"]["message"]


# datasets and Spaces


def test_an_honest_dataset_and_an_honest_space(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("acme", created=ago(1500), followers=400, members=["a", "b", "c"])
    hub.dataset(
        "acme/rows",
        {"README.md": TEXT, "data/train.csv": "a,b\n1,2\n"},
        card={"license": "cc-by-4.0"},
        created=ago(300),
    )
    app = {
        "app.py": "import gradio as gr\n\ngr.Interface(len, 'text', 'number').launch()\n",
        "requirements.txt": "gradio==5.9.1\n",
    }
    hub.space("acme/demo", {"README.md": TEXT, **app}, card={"license": "mit", "sdk": "gradio"}, created=ago(300))
    passes(audited(cli, "datasets/acme/rows"))
    passes(audited(cli, "spaces/acme/demo"))


def test_a_loading_script_beside_a_converted_copy(cli: Cli, hub: LoopbackHub) -> None:
    hub.organization("acme", created=ago(1500), followers=400, members=["a", "b", "c"])
    script = {
        "README.md": TEXT,
        "rows.py": "import datasets\n\n\nclass Rows(datasets.GeneratorBasedBuilder):\n    pass\n",
    }
    repo = hub.dataset("acme/rows", script, card={"license": "cc-by-4.0"}, created=ago(300))
    stopped(audited(cli, "datasets/acme/rows"), "dataset-script")
    repo.convert("parquet")
    report = audited(cli, "datasets/acme/rows")
    assert told(report)["dataset-script"]["severity"] == "low"
