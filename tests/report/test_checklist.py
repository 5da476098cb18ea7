from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot
from tests.report import formats, reporting
from trustaudit.checks import all_checks
from trustaudit.engine import judge
from trustaudit.finding import Category, Outcome
from trustaudit.report.as_checklist import FORMATS, as_checklist
from trustaudit.report.checklist import FACTS, Checklist, ChecklistItem, Standing, checklist
from trustaudit.report.guidance import all_guidance
from trustaudit.report.model import NotSeen, ReportedCheck, TrustReport
from trustaudit.report.style import Style

ITEMS = [item for guidance in all_guidance() for item in guidance.items]
GOOD = judge(make_snapshot())


def points(report: TrustReport) -> dict[str, ChecklistItem]:
    return {item.id: item for guidance in checklist(report).guidance for item in guidance.items}


def with_outcomes(outcome: Outcome) -> TrustReport:
    checks = tuple(ReportedCheck(id=check.meta.id, outcome=outcome, reason="r") for check in all_checks())
    return GOOD.model_copy(update={"checks": checks, "findings": ()})


def test_the_data_names_rules_categories_and_facts_that_exist() -> None:
    known = {check.meta.id for check in all_checks()}
    for item in ITEMS:
        assert set(item.checks) <= known
        assert set(item.categories) <= set(Category)
        assert set(item.facts) <= set(FACTS)
        assert item.unseen
        assert (item.sight == "none") == (not item.rules)


def test_ten_practices_and_six_components() -> None:
    practices, components = all_guidance()
    assert [item.id for item in practices.items] == [str(number) for number in range(1, 11)]
    named = {item.title.partition(":")[0] for item in components.items}
    assert named == {"Training data", "Models", "Software", "Infrastructure", "Hardware", "Third-party services"}


def test_what_passed_is_evidence_and_what_cannot_be_seen_stays_so() -> None:
    point = points(with_outcomes(Outcome.PASS))
    assert point["2"].standing is Standing.CHECKED
    assert "missing-hash" in point["2"].passed
    assert point["1"].standing is Standing.PARTLY
    assert point["models-backdoors"].standing is Standing.NOT_VISIBLE
    assert point["models-backdoors"].passed == ()


@pytest.mark.parametrize("outcome", [Outcome.UNAVAILABLE, Outcome.ERROR])
def test_could_not_look_is_never_checked(outcome: Outcome) -> None:
    found = {item.standing for item in points(with_outcomes(outcome)).values()}
    assert found == {Standing.NOT_SEEN, Standing.NOT_VISIBLE}


def test_rules_that_an_older_report_lacks_were_not_seen() -> None:
    point = points(GOOD.model_copy(update={"checks": ()}))
    assert point["2"].standing is Standing.NOT_SEEN


def test_one_blind_rule_makes_it_partly() -> None:
    report = with_outcomes(Outcome.PASS)
    blind = [
        check.model_copy(update={"outcome": Outcome.UNAVAILABLE}) if check.id == "missing-hash" else check
        for check in report.checks
    ]
    point = points(report.model_copy(update={"checks": tuple(blind)}))["2"]
    assert point.standing is Standing.PARTLY
    assert point.unavailable == ("missing-hash",)


def test_a_file_that_was_not_read_makes_it_partly() -> None:
    report = with_outcomes(Outcome.PASS)
    assert points(report)["models-format"].standing is Standing.CHECKED
    unseen = (NotSeen(path="model.bin", reason="timeout"),)
    coverage = report.coverage.model_copy(update={"not_seen": unseen})
    assert points(report.model_copy(update={"coverage": coverage}))["models-format"].standing is Standing.PARTLY


def test_what_does_not_apply_is_told_apart() -> None:
    assert points(with_outcomes(Outcome.NOT_APPLICABLE))["2"].standing is Standing.NOT_APPLICABLE


def test_findings_stand_beside_their_point() -> None:
    point = points(formats.rich())["models-format"]
    assert [(concern.rule, concern.severity) for concern in point.found] == [("unsafe-format", "low")]


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_goldens(name: str) -> None:
    text = as_checklist([checklist(with_outcomes(Outcome.PASS))], name, Style())
    shown = text.replace(GOOD.repo.commit or "", "COMMIT")
    assert formats.matches_golden(f"checklist.{name}.txt", formats.without_counts(shown))


def test_several_repositories_are_summed_up() -> None:
    lists = [checklist(with_outcomes(Outcome.PASS)), checklist(with_outcomes(Outcome.ERROR))]
    brief, whole = (as_checklist(lists, "table", Style(verbose=verbose)) for verbose in (False, True))
    assert brief.startswith("2 repositories")
    assert "1 checked, 1 not seen" in brief
    assert len(whole) > len(brief)
    assert as_checklist([], "table", Style()).startswith("0 repositories")


def test_json_reads_back() -> None:
    made = checklist(reporting.blocked())
    read = json.loads(as_checklist([made], "json", Style()))
    assert [Checklist.model_validate(item) for item in read["checklists"]] == [made]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40), st.sampled_from(sorted(FORMATS)))
def test_any_text_is_harmless(text: str, name: str) -> None:
    shown = as_checklist([checklist(formats.hostile(text))], name, Style())
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
