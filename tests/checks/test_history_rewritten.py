from tests.builders import (
    days_ago,
    findings_of,
    make_commit,
    make_history,
    make_info,
    make_snapshot,
    run_check,
    unavailable,
)
from trustaudit.engine import with_previous
from trustaudit.snapshot import Commit, Snapshot


def beginning(title: str, days: float = 400, **more: object) -> Snapshot:
    return make_snapshot(history=make_history(make_commit(1, days=days, title=title), **more))


def test_squashed_history() -> None:
    found = findings_of("history-rewritten", beginning("Super-squash branch 'main' using huggingface_hub"))
    assert found["squashed"].severity == "low"


def test_copy_of_another_owner_and_of_the_same() -> None:
    assert findings_of("history-rewritten", beginning("Duplicate from acme/model"))["copy"].severity == "low"
    assert findings_of("history-rewritten", beginning("Duplicate from org/old-model"))["copy"].severity == "info"


def test_history_that_begins_after_the_repository() -> None:
    assert findings_of("history-rewritten", beginning("Upload", days=100))["late"].severity == "low"


def test_empty_history() -> None:
    assert "empty" in findings_of("history-rewritten", make_snapshot(history=make_history()))


def test_ordinary_histories_pass() -> None:
    assert run_check("history-rewritten", make_snapshot()).outcome == "pass"
    assert run_check("history-rewritten", beginning("initial commit", days=399.5)).outcome == "pass"
    older_than_the_hubs_dates = make_snapshot(
        history=make_history(make_commit(1, days=2_000)), info=make_info(created_at=days_ago(1_700))
    )
    assert run_check("history-rewritten", older_than_the_hubs_dates).outcome == "pass"


def test_cut_off_history_does_not_show_its_beginning() -> None:
    cut_off = beginning("Super-squash branch 'main' using huggingface_hub", complete=False, total=900)
    assert run_check("history-rewritten", cut_off).outcome == "pass"


def test_unknown_history() -> None:
    assert run_check("history-rewritten", make_snapshot(history=unavailable())).outcome == "unavailable"


def since(*now: Commit, before: tuple[Commit, ...], complete: bool = True, total: int | None = None) -> list[str]:
    """Severities of what an earlier audit at ``before[0]`` adds."""
    earlier = make_snapshot(history=make_history(*before), commit=before[0].id)
    later = make_snapshot(history=make_history(*now, complete=complete, total=total), commit=now[0].id)
    findings = findings_of("history-rewritten", with_previous(later, earlier))
    return [finding.severity for key, finding in findings.items() if key in ("audited commit gone", "shorter")]


def test_against_an_earlier_audit() -> None:
    one, two, three = (make_commit(number, days=100 - number) for number in (1, 2, 3))
    assert since(three, two, one, before=(two, one)) == []
    assert since(three, before=(two, one)) == ["medium"]
    assert since(three, two, before=(two, one), complete=False, total=900) == []
    assert since(two, before=(two, one)) == ["medium"]
