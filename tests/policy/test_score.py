from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.judging import make_finding
from trustaudit.finding import Confidence, Severity
from trustaudit.policy import score
from trustaudit.report.model import Verdict

DOCS = Path(__file__).parents[2] / "docs"


def scored(*findings: object, verdict: Verdict = Verdict.PASS) -> int | None:
    return score.overall(score.breakdown(findings), verdict)  # type: ignore[arg-type]


def test_nothing_found_is_full_marks_and_incomplete_has_none() -> None:
    assert scored() == 100
    assert scored(verdict=Verdict.INCOMPLETE) is None


def test_one_certain_critical_leaves_almost_nothing() -> None:
    assert scored(make_finding("critical"), verdict=Verdict.BLOCK) == 4


def test_low_findings_never_add_up_to_a_high_one() -> None:
    many = [make_finding("low", rule=f"rule-{number}") for number in range(50)]
    assert scored(*many) == 88
    assert score.SEVERITY_CEILING[Severity.LOW] < score.POINTS[Severity.HIGH][Confidence.LOW]


def test_info_costs_nothing() -> None:
    assert scored(make_finding("info")) == 100


def test_troubles_in_two_categories_multiply() -> None:
    high = (make_finding("high", category="name"), make_finding("high", category="publisher"))
    assert scored(*high, verdict=Verdict.BLOCK) == 16


@pytest.mark.parametrize(("verdict", "ceiling"), [(Verdict.REVIEW, 79), (Verdict.BLOCK, 39)])
def test_the_verdict_holds_the_score_down(verdict: Verdict, ceiling: int) -> None:
    assert scored(verdict=verdict) == ceiling


def test_points_rise_with_severity_and_confidence() -> None:
    rows = list(score.POINTS.values())
    columns = [[row[confidence] for row in rows] for confidence in Confidence]
    assert all(column == sorted(column, reverse=True) for column in columns)
    assert all(list(row.values()) == sorted(row.values()) for row in rows)


def test_the_documentation_shows_these_numbers() -> None:
    text = (DOCS / "scoring.md").read_text(encoding="utf-8")
    assert score.scoring_tables() in text


def test_the_example_of_the_documentation_holds() -> None:
    findings = (
        make_finding("high", category="name"),
        make_finding("high", "medium", category="publisher"),
        make_finding("low", category="documentation"),
    )
    assert scored(*findings, verdict=Verdict.BLOCK) == 21
