from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot
from tests.policy.judging import make_finding
from tests.report import formats, reporting
from trustaudit.finding import CheckResult, Outcome
from trustaudit.report.as_junit import as_junit
from trustaudit.report.build import build_report
from trustaudit.report.model import TrustReport


def suites(*reports: TrustReport) -> Any:  # noqa: ANN401 - an element
    return fromstring(as_junit(reporting.document(*reports)).encode())  # noqa: S314 - as above


@pytest.mark.parametrize("name", ["blocked", "gated", "hostile"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.junit.xml", as_junit(reporting.document(formats.SAMPLES[name]())))


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_every_kind_of_report_holds_the_schema_of_jenkins(name: str) -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(str(formats.SCHEMAS / "jenkins-junit.xsd")))
    schema.assertValid(etree.fromstring(as_junit(reporting.document(formats.SAMPLES[name]())).encode()))


def test_red_is_what_the_exit_code_says() -> None:
    root = suites(reporting.blocked(), reporting.gated(), reporting.reviewed(), reporting.passed())
    outcome = {
        suite.get("name"): (suite.get("failures"), suite.get("errors"), suite.find("testcase").get("name"))
        for suite in root
    }
    assert outcome["acme-official/privacy-filter"] == ("5", "0", "verdict")
    assert outcome["meta/model"] == ("0", "1", "verdict")
    assert outcome["org/model"] == ("0", "0", "verdict")
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("16", "5", "1")


def test_findings_that_fail_nothing_are_told() -> None:
    (case,) = (case for case in suites(reporting.reviewed()).iter("testcase") if case.get("name") == "custom-code")
    assert "loading needs trust_remote_code" in case.find("system-out").text


def test_a_check_that_could_not_look_does_not_pass() -> None:
    results = [
        CheckResult(id="history-takeover", outcome=Outcome.UNAVAILABLE, reason="timeout: x"),
        CheckResult(id="missing-card", outcome=Outcome.NOT_APPLICABLE, reason="y"),
        CheckResult(id="license", outcome=Outcome.ERROR, reason="KeyError: z"),
    ]
    root = suites(build_report(make_snapshot(), results, reporting.POLICY))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["history-takeover"].find("skipped").text == "unavailable: timeout: x"
    assert cases["missing-card"].find("skipped").text == "not_applicable: y"
    assert cases["license"].find("error").text == "KeyError: z"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_legal_xml(text: str) -> None:
    root = suites(reporting.report(make_snapshot(), make_finding(message=text, evidence=text, path=text)))
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "system-out",
    }  # fmt: skip
