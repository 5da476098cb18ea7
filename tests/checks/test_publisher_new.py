import pytest

from tests.builders import days_ago, findings_of, make_info, make_publisher, make_snapshot, run_check, unavailable
from trustaudit.finding import Finding


def judged(age: float, *files: str, **options: object) -> Finding:
    publisher = make_publisher(kind="user", created_at=days_ago(age), created_from="api")
    (finding,) = findings_of("publisher-new", make_snapshot(files=files, publisher=publisher), **options).values()
    return finding


def test_first_safetensors_of_a_newcomer_are_a_note() -> None:
    assert judged(3, "adapter_model.safetensors", "adapter_config.json").severity == "low"


@pytest.mark.parametrize("path", ["adapter_model.bin", "loader.py", "start.bat", "model.h5"])
def test_files_that_can_run_code_make_it_more(path: str) -> None:
    assert judged(3, path).severity == "medium"
    assert judged(20, path).severity == "low"


def test_custom_code_makes_it_more() -> None:
    publisher = make_publisher(created_at=days_ago(0.5))
    info = make_info(auto_map=(("AutoModel", "modeling_x.Model"),))
    (finding,) = findings_of("publisher-new", make_snapshot(info=info, publisher=publisher)).values()
    assert (finding.severity, finding.confidence) == ("medium", "medium")
    assert "12 hours" in finding.message


def test_clock_differences_do_not_make_an_account_old() -> None:
    assert judged(-1, "model.safetensors").severity == "low"


def test_publishers_the_policy_trusts_are_noted_only() -> None:
    assert judged(3, "model.bin", publishers_trusted=frozenset({"ORG"})).severity == "info"


def test_older_accounts_pass() -> None:
    assert (
        run_check("publisher-new", make_snapshot(publisher=make_publisher(created_at=days_ago(31)))).outcome == "pass"
    )


def test_unknown_age_is_no_pass() -> None:
    assert run_check("publisher-new", make_snapshot(publisher=make_publisher(created_at=None))).outcome == "unavailable"
    assert run_check("publisher-new", make_snapshot(publisher=unavailable())).outcome == "unavailable"
