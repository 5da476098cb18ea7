from __future__ import annotations

from typing import Any

import pytest

from tests.builders import days_ago, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.finding import Finding
from trustaudit.snapshot import Redirect, Snapshot


def published(repo_id: str, age: float | None = 900, **more: Any) -> Snapshot:  # noqa: ANN401 - parts of a snapshot
    """A repository of a person nobody knows, ``age`` days after they joined."""
    owner = repo_id.partition("/")[0]
    publisher = make_publisher(
        name=owner,
        kind="user",
        verified=None,
        members=None,
        followers=4,
        models=3,
        created_at=None if age is None else days_ago(age),
        created_from="none" if age is None else "api",
    )
    info = make_info(id=repo_id, author=owner, base_models=tuple(more.pop("bases", ())))
    return make_snapshot(repo_id, **{"publisher": publisher, "info": info, **more})


def only(snapshot: Snapshot) -> Finding:
    (finding,) = run_check("name-confusion", snapshot).findings
    return finding


@pytest.mark.parametrize(
    ("repo_id", "age", "bases"),
    [
        ("freshlab/privacy-filter", 0.8, ()),
        ("freshlab/privacy-filter", 0.8, ("openai/privacy-filter",)),
        ("freshlab/Bonsai-8B-gguf", 1.0, ()),
        ("freshlab/Kimi-K2.6", 12.0, ()),
        ("meta-Ilama/Llama-3.1-8B-Instruct", 400.0, ()),
        ("rnicrosoft/phi-4", 3.0, ()),
        ("openai-official/gpt-oss-20b", 2.0, ()),
        ("somebody/official-whisper-large-v3", 2.0, ()),
    ],
)
def test_imitations_that_the_default_policy_blocks(repo_id: str, age: float, bases: tuple[str, ...]) -> None:
    finding = only(published(repo_id, age, bases=bases))
    assert finding.severity == "high"
    assert finding.confidence.rank >= 1
    assert finding.category == "name"
    assert finding.remediation


@pytest.mark.parametrize(
    ("repo_id", "bases"),
    [
        ("joe/Llama-3.1-8B-Instruct-GGUF", ("meta-llama/Llama-3.1-8B-Instruct",)),
        ("joe/Llama-3.1-8B-Instruct", ("meta-llama/Llama-3.1-8B-Instruct",)),
        ("joe/bert-base-uncased-finetuned-mails", ("google-bert/bert-base-uncased",)),
        ("joe/Qwen3-8B-AWQ", ("Qwen/Qwen3-8B",)),
        ("joe/Qwen3-8B-my-lora", ()),
        ("joe/my-classifier", ()),
        ("unsloth/Llama-3.1-8B-Instruct-GGUF", ()),
        ("bartowski/brand-new-model-GGUF", ()),
        ("google-bert/bert-base-uncased", ()),
        ("google-bert/a-new-bert", ()),
    ],
)
def test_honest_repositories_pass(repo_id: str, bases: tuple[str, ...]) -> None:
    for age in (90, 900):
        assert run_check("name-confusion", published(repo_id, age, bases=bases)).outcome == "pass"


def test_an_undeclared_mirror_of_somebody_settled_is_low() -> None:
    assert only(published("joe/bert-base-uncased")).severity == "low"


def test_unknown_age_is_not_taken_as_settled() -> None:
    assert only(published("joe/bert-base-uncased", None)).severity == "medium"
    assert only(published("joe/bert-base-uncased", publisher=unavailable())).severity == "medium"


def test_a_program_beside_a_copied_name() -> None:
    finding = only(published("joe/bert-base-uncased", files=("README.md", "model.safetensors", "setup.bat")))
    assert finding.severity == "high"
    assert "setup.bat" in finding.evidence


def test_what_is_known_stands_in_the_evidence() -> None:
    finding = only(published("freshlab/privacy-filter", 0.8))
    assert "openai/privacy-filter" in finding.message
    assert "0.8 days old" in finding.message
    assert "rule same-name" in finding.evidence
    assert "declared base model none" in finding.evidence
    assert finding.key == "same-name:openai/privacy-filter"


def test_a_missing_repository_gets_a_suggestion() -> None:
    snapshot = make_snapshot("google-bert/bert-base-uncasd", info=unavailable(), files=unavailable())
    finding = only(snapshot)
    assert finding.severity == "low"
    assert "google-bert/bert-base-uncased" in finding.remediation


def test_owners_known_for_malicious_repositories() -> None:
    assert only(published("anthfu/harmless-name")).severity == "critical"
    hop = Redirect(status=307, from_path="/api/models/anthfu/x/revision/main", to_path="/api/models/joe/x")
    moved = make_snapshot("anthfu/x", info=make_info(id="joe/x", author="joe"), redirects=(hop,))
    assert only(moved).severity == "critical"


def test_trusted_by_policy() -> None:
    snapshot = published("freshlab/privacy-filter", 0.8)
    assert run_check("name-confusion", snapshot, publishers_trusted=frozenset({"FreshLab"})).outcome == "pass"


def test_the_answering_id_is_judged() -> None:
    snapshot = make_snapshot("org/model", info=make_info(id="google-bert/bert-base-uncased", author="google-bert"))
    assert run_check("name-confusion", snapshot).outcome == "pass"


def test_publishers_are_imitated_with_datasets_too() -> None:
    assert only(published("datasets/meta-Ilama/data", 2)).severity == "high"


def test_hostile_ids_of_the_answer() -> None:
    assert only(make_snapshot(info=make_info(id="\x1b[2J/../x"))).key.startswith("invalid-id")
