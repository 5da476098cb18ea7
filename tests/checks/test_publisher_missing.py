from tests.builders import findings_of, make_snapshot, run_check, unavailable
from trustaudit.facts import NotApplicable, Reason


def test_owner_that_does_not_exist() -> None:
    gone = unavailable(Reason.OWNER_NOT_FOUND, "neither a user nor an organization")
    (finding,) = findings_of("publisher-missing", make_snapshot(publisher=gone)).values()
    assert finding.severity == "medium"
    assert "org" in finding.message


def test_owner_that_exists() -> None:
    assert run_check("publisher-missing", make_snapshot()).outcome == "pass"


def test_root_level_ids_have_no_owner() -> None:
    snapshot = make_snapshot(publisher=NotApplicable(why="a root-level id has no owner"))
    assert run_check("publisher-missing", snapshot).outcome == "not_applicable"


def test_not_seen_is_not_missing() -> None:
    assert run_check("publisher-missing", make_snapshot(publisher=unavailable())).outcome == "unavailable"
