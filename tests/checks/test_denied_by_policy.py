from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Redirect


def test_denied_repository_is_critical_in_any_case() -> None:
    found = findings_of("denied-by-policy", make_snapshot(), repos_denied=frozenset({"ORG/Model"}))
    assert found["org/model"].severity == "critical"


def test_denied_publisher_is_found_behind_a_rename() -> None:
    hop = Redirect(status=307, from_path="/api/models/evil/model/revision/main", to_path="/api/models/org/model")
    snapshot = make_snapshot("evil/model", info=make_info(), redirects=(hop,))
    assert "evil" in findings_of("denied-by-policy", snapshot, publishers_denied=frozenset({"evil"}))


def test_a_model_and_a_dataset_of_one_name_are_two_repositories() -> None:
    data = make_snapshot("datasets/org/model")
    assert run_check("denied-by-policy", data, repos_denied=frozenset({"org/model"})).outcome == "pass"
    found = findings_of("denied-by-policy", data, repos_denied=frozenset({"datasets/Org/Model"}))
    assert list(found) == ["datasets/org/model"]
    model = make_snapshot("org/model")
    assert run_check("denied-by-policy", model, repos_denied=frozenset({"datasets/org/model"})).outcome == "pass"


def test_other_names_pass() -> None:
    assert run_check("denied-by-policy", make_snapshot(), publishers_denied=frozenset({"orga"})).outcome == "pass"


def test_the_name_asked_for_is_judged_even_when_nothing_could_be_seen() -> None:
    snapshot = make_snapshot(info=unavailable())
    assert findings_of("denied-by-policy", snapshot, repos_denied=frozenset({"org/model"}))
