import pytest

from tests.builders import findings_of, make_snapshot, run_check
from tests.checks.lined import ancestor, descended, worse
from trustaudit.finding import Severity


def test_without_lineage_there_is_nothing_to_judge() -> None:
    assert run_check("inherited-finding", make_snapshot()).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("depth", "there", "here"),
    [
        (1, "critical", "high"),
        (2, "critical", "medium"),
        (3, "critical", "low"),
        (1, "high", "medium"),
        (2, "high", "low"),
    ],
)
def test_one_level_lower_per_generation(depth: int, there: str, here: str) -> None:
    snapshot = descended(ancestor("a/b", depth, parent="x/y", findings=(worse(Severity(there)),)))
    (finding,) = findings_of("inherited-finding", snapshot).values()
    assert finding.severity == here
    assert "org/model ← x/y ← a/b" in finding.evidence


def test_small_findings_stay_where_they_are() -> None:
    assert (
        run_check("inherited-finding", descended(ancestor("a/b", findings=(worse(Severity.MEDIUM),)))).outcome == "pass"
    )


def test_data_is_not_loaded_with_the_model() -> None:
    snapshot = descended(ancestor("a/b", relation="dataset", findings=(worse(Severity.CRITICAL),)))
    assert run_check("inherited-finding", snapshot).outcome == "pass"


def test_one_ancestor_on_two_ways_is_told_once() -> None:
    both = (
        ancestor("a/b", findings=(worse(Severity.HIGH),)),
        ancestor("a/b", 2, "x/y", findings=(worse(Severity.HIGH),)),
    )
    assert len(findings_of("inherited-finding", descended(*both))) == 1
