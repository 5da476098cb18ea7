from tests.builders import COMMIT, findings_of, make_snapshot, run_check, unavailable


def test_branch_is_a_note_that_names_the_commit() -> None:
    (finding,) = findings_of("unpinned-revision", make_snapshot()).values()
    assert finding.severity == "info"
    assert COMMIT in finding.message


def test_tag_can_move_too() -> None:
    assert "unpinned" in findings_of("unpinned-revision", make_snapshot("org/model@v1.0"))


def test_moving_branch_is_said() -> None:
    assert findings_of("unpinned-revision", make_snapshot(moved=True))["moved"].severity == "low"


def test_hub_without_commits() -> None:
    assert list(findings_of("unpinned-revision", make_snapshot(commit=None))) == ["no-commit"]


def test_pinned_commit_passes() -> None:
    assert run_check("unpinned-revision", make_snapshot(f"org/model@{COMMIT}")).outcome == "pass"


def test_unknown_info() -> None:
    assert run_check("unpinned-revision", make_snapshot(info=unavailable())).outcome == "unavailable"
