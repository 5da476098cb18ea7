import pytest

from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from trustaudit.snapshot import Card, Snapshot


def licensed(*names: str, **card: str) -> Snapshot:
    return make_snapshot(info=make_info(card=Card(licenses=names, **card)))


def test_missing_licence() -> None:
    assert findings_of("license", licensed())["missing"].severity == "low"
    assert findings_of("license", make_snapshot(info=make_info(card=None)))["missing"].severity == "low"


def test_missing_licence_with_an_allow_list() -> None:
    assert findings_of("license", licensed(), licenses_allowed=frozenset({"mit"}))["missing"].severity == "medium"


@pytest.mark.parametrize("name", ["other", "unknown", "my own terms", "cc"])
def test_licences_without_known_terms_are_notes(name: str) -> None:
    assert findings_of("license", licensed(name))["unclear"].severity == "info"


@pytest.mark.parametrize(("name", "denied"), [("agpl-3.0", "AGPL-3.0-only"), ("CC-BY-NC-4.0", "cc-by-nc-4.0")])
def test_denied_licence_under_either_name(name: str, denied: str) -> None:
    found = findings_of("license", licensed(name), licenses_denied=frozenset({denied}))
    assert (found["denied"].severity, found["denied"].confidence) == ("high", "high")


def test_other_can_be_denied_as_such_and_by_its_own_name() -> None:
    snapshot = licensed("other", license_name="acme-1.0")
    for denied in ("other", "acme-1.0"):
        assert "acme-1.0" in findings_of("license", snapshot, licenses_denied=frozenset({denied}))["denied"].message


def test_one_denied_licence_of_several_is_enough() -> None:
    assert "denied" in findings_of("license", licensed("mit", "gpl-3.0"), licenses_denied=frozenset({"gpl-3.0"}))


def test_licence_that_the_policy_does_not_list() -> None:
    found = findings_of("license", licensed("gemma"), licenses_allowed=frozenset({"apache-2.0", "mit"}))
    assert found["not-listed"].severity == "medium"


@pytest.mark.parametrize("name", ["apache-2.0", "llama3.1", "gemma", "openrail", "cc-by-nc-4.0", "MIT"])
def test_known_licences_pass(name: str) -> None:
    assert run_check("license", licensed(name)).outcome == "pass"


def test_allowed_licence_passes() -> None:
    allowed = frozenset({"Apache-2.0"})
    assert run_check("license", licensed("apache-2.0"), licenses_allowed=allowed).outcome == "pass"


def test_unknown_info() -> None:
    assert run_check("license", make_snapshot(info=unavailable())).outcome == "unavailable"
