import pytest

from tests.builders import findings_of, make_info, make_snapshot, run_check, unavailable
from tests.checks.lined import ancestor, descended
from trustaudit.facts import Known, NotApplicable, Reason
from trustaudit.snapshot import RepoInfo

GONE = unavailable(Reason.MISSING_OR_PRIVATE, "no such repository")


def test_without_lineage_there_is_nothing_to_judge() -> None:
    assert run_check("missing-ancestor", make_snapshot()).outcome == "not_applicable"


def test_known_ancestors_pass() -> None:
    assert run_check("missing-ancestor", descended(ancestor("a/b"))).outcome == "pass"


@pytest.mark.parametrize(
    ("relation", "depth", "severity"),
    [
        ("adapter", 1, "medium"),
        ("code", 1, "medium"),
        ("adapter", 2, "low"),
        ("quantized", 1, "low"),
        ("dataset", 1, "info"),
    ],
)
def test_what_loading_fetches_weighs_most(relation: str, depth: int, severity: str) -> None:
    snapshot = descended(ancestor("a/b", depth, found=GONE, relation=relation, verdict=""))
    (finding,) = findings_of("missing-ancestor", snapshot).values()
    assert finding.severity == severity


def test_taken_down() -> None:
    info = Known[RepoInfo](value=make_info(id="a/b", disabled=True))
    (finding,) = findings_of("missing-ancestor", descended(ancestor("a/b", found=info))).values()
    assert finding.severity == "medium"


def test_a_circle_and_one_that_could_not_be_asked() -> None:
    circle = ancestor("a/b", circular=True, found=NotApplicable(why="circle"))
    (finding,) = findings_of("missing-ancestor", descended(circle)).values()
    assert finding.severity == "low"
    (unseen,) = findings_of("missing-ancestor", descended(ancestor("a/b", found=unavailable()))).values()
    assert unseen.severity == "info"
