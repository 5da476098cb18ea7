from __future__ import annotations

from typing import Any

import pytest

from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.engine import with_previous
from trustaudit.facts import Known
from trustaudit.snapshot import Ancestor, Snapshot


def answered(asked: str, found: str, owner_age: float | None = 900, **info: Any) -> Snapshot:  # noqa: ANN401 - fields
    owner = found.rpartition("/")[0]
    created = None if owner_age is None else days_ago(owner_age)
    return make_snapshot(
        asked,
        info=make_info(id=found, author=owner, **info),
        publisher=make_publisher(name=owner, created_at=created, verified=False),
    )


def severities(snapshot: Snapshot) -> dict[str, str]:
    return {key.partition(":")[0]: str(f.severity) for key, f in findings_of("namespace-reuse", snapshot).items()}


def test_an_old_name_that_answers_for_itself() -> None:
    found = findings_of("namespace-reuse", answered("CohereForAI/aya-23-8B", "CohereForAI/aya-23-8B", 20))
    (finding,) = found.values()
    assert (finding.severity, finding.confidence) == ("high", "high")
    assert "CohereLabs/aya-23-8B" in finding.remediation


def test_an_account_from_before_the_rename_was_never_given_up() -> None:
    assert severities(answered("CohereForAI/x", "CohereForAI/x", 2000)) == {"reregistered": "low"}


def test_an_account_of_unknown_age() -> None:
    (finding,) = findings_of("namespace-reuse", answered("THUDM/x", "THUDM/x", None)).values()
    assert (finding.severity, finding.confidence) == ("high", "medium")


def test_a_moved_repository_that_answers_for_itself() -> None:
    asked = "runwayml/stable-diffusion-v1-5"
    assert severities(answered(asked, asked, 10)) == {"reregistered": "high"}


def test_redirects_to_where_they_should_lead() -> None:
    for asked, found in (
        ("CohereForAI/aya-23-8B", "CohereLabs/aya-23-8B"),
        ("bert-base-uncased", "google-bert/bert-base-uncased"),
        ("runwayml/stable-diffusion-v1-5", "stable-diffusion-v1-5/stable-diffusion-v1-5"),
        ("gpt2", "gpt2"),
    ):
        assert run_check("namespace-reuse", answered(asked, found)).outcome == "pass", asked


def test_a_redirect_to_somewhere_else() -> None:
    assert severities(answered("gpt2", "mallory/gpt2")) == {"elsewhere": "high"}


def test_a_popular_repository_that_was_made_after_it_was_popular() -> None:
    repo_id = "google-bert/bert-base-uncased"
    assert severities(answered(repo_id, repo_id, 20, created_at=days_ago(10))) == {"recreated": "high"}
    assert severities(answered(repo_id, repo_id, None, created_at=days_ago(10))) == {"recreated": "medium"}
    assert severities(answered(repo_id, repo_id, 900, created_at=days_ago(10))) == {"recreated": "low"}
    assert severities(answered(repo_id, repo_id, 900, created_at=None)) == {}


def test_a_repository_older_than_its_owner() -> None:
    old = {"created_at": days_ago(900)}
    assert severities(answered("new/x", "new/x", 20, **old)) == {"transferred": "medium"}
    assert severities(answered("new/x", "new/x", 400, **old)) == {"transferred": "low"}
    assert severities(answered("new/x", "new/x", 20, created_at=days_ago(35))) == {"transferred": "low"}
    assert severities(answered("google-bert/x", "google-bert/x", 300, **old)) == {}


def test_who_may_take_a_repository_along() -> None:
    snapshot = answered("new/x", "new/x", 20, created_at=days_ago(900))
    trusted = run_check("namespace-reuse", snapshot, publishers_trusted=frozenset({"New"}))
    assert [item.severity for item in trusted.findings] == ["low"]
    verified = make_publisher(name="new", created_at=days_ago(20), verified=True)
    assert severities(snapshot.model_copy(update={"publisher": Known(value=verified)})) == {"transferred": "low"}


def test_a_popular_publisher_whose_account_is_younger_than_the_list() -> None:
    assert severities(answered("google-bert/x", "google-bert/x", 1)) == {"owner-recreated": "high"}


def test_a_base_model_younger_than_its_child() -> None:
    young = Ancestor(
        id="a/b", relation="adapter", declared_in="card", found=Known(value=make_info(id="a/b", created_at=days_ago(5)))
    )
    deeper = young.model_copy(update={"depth": 2})
    unknown = young.model_copy(update={"found": unavailable()})
    (finding,) = findings_of("namespace-reuse", make_snapshot(lineage=(young, deeper, unknown))).values()
    assert finding.severity == "low"
    assert finding.key == "parent:a/b"


def test_ordinary_and_unknown_repositories() -> None:
    assert run_check("namespace-reuse", make_snapshot()).outcome == "pass"
    assert run_check("namespace-reuse", make_snapshot("datasets/CohereForAI/x")).outcome == "pass"
    assert run_check("namespace-reuse", make_snapshot(info=unavailable())).outcome == "unavailable"


@pytest.mark.parametrize(
    ("repo", "owner", "severities"),
    [
        ("1" * 24, "2" * 24, []),
        ("9" * 24, "2" * 24, ["high"]),
        ("1" * 24, "9" * 24, ["high"]),
        (None, None, []),
    ],
)
def test_another_number_than_at_the_last_audit(repo: str | None, owner: str | None, severities: list[str]) -> None:
    before = make_snapshot(info=make_info(object_id="1" * 24), publisher=make_publisher(object_id="2" * 24))
    now = make_snapshot(info=make_info(object_id=repo), publisher=make_publisher(object_id=owner))
    found = findings_of("namespace-reuse", with_previous(now, before))
    assert [item.severity for item in found.values()] == severities
    other = before.model_copy(update={"ref": before.ref.model_copy(update={"name": "other"})})
    assert not findings_of("namespace-reuse", with_previous(now, other))
