from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from trustaudit.facts import Reason


def test_flag_of_the_hub_is_critical() -> None:
    found = findings_of("disabled-repository", make_snapshot(info=make_info(disabled=True)))
    assert [f.severity for f in found.values()] == ["critical"]


def test_refused_info_counts_as_disabled() -> None:
    gone = unavailable(Reason.DISABLED, "Access to this resource is disabled.")
    result = run_check("disabled-repository", make_snapshot(info=gone, files=gone))
    assert result.findings[0].evidence == "Access to this resource is disabled."


def test_ordinary_repository_passes() -> None:
    assert run_check("disabled-repository", make_snapshot()).outcome == "pass"


def test_unknown_info_is_no_pass() -> None:
    assert run_check("disabled-repository", make_snapshot(info=unavailable())).outcome == "unavailable"
