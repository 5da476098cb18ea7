from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot
from tests.policy.judging import make_finding
from tests.report import formats, reporting
from trustaudit.policy.model import parse_policy
from trustaudit.report.anchors import Anchor, Anchors
from trustaudit.report.as_sarif import as_sarif, relative_uri
from trustaudit.report.model import TrustReport

VALIDATOR = jsonschema.Draft4Validator(formats.schema("sarif-2.1.0-rtm.5"))


def run_of(*reports: TrustReport, anchors: Anchors | None = None) -> Any:  # noqa: ANN401 - JSON
    text = as_sarif(reporting.document(*reports), anchors or {})
    assert text.isascii()
    log = json.loads(text)
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_every_kind_of_report_holds_the_official_schema(name: str) -> None:
    report = formats.SAMPLES[name]()
    run = run_of(report)
    incomplete = report.verdict == "incomplete"
    assert len(run["results"]) == len(report.findings) + incomplete
    assert run["invocations"][0]["executionSuccessful"] is not incomplete


@pytest.mark.parametrize("name", ["gated", "hostile"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.sarif", as_sarif(reporting.document(formats.SAMPLES[name]())))


def test_code_scanning_gets_what_it_asks_for() -> None:
    run = run_of(reporting.blocked(), reporting.passed())
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["help"]["text"]
        assert rule["shortDescription"]["text"]
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= 20
        assert ("security" in rule["properties"]["tags"]) == ("security-severity" in rule["properties"])
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert result["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")
        assert result["message"]["text"]


def test_severity_decides_level_and_rule() -> None:
    usual = make_finding("low", rule="unsafe-format", message="usual")
    worse = make_finding("critical", rule="unsafe-format", message="worse")
    run = run_of(reporting.report(make_snapshot(), usual, worse))
    rules = {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
    assert rules == {"unsafe-format": "2.0", "unsafe-format/critical": "9.5"}
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("unsafe-format/critical", "error"),
        ("unsafe-format", "note"),
    ]


def test_alerts_point_at_the_users_line() -> None:
    anchors = {"org/model": (Anchor("src/load.py", 12), Anchor("src/other.py", 3))}
    run = run_of(reporting.passed(), anchors=anchors)
    place = run["results"][0]["locations"][0]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": "src/load.py"}, "region": {"startLine": 12}}
    assert place["logicalLocations"][0]["fullyQualifiedName"].startswith("org/model@")


def test_without_a_line_they_name_repository_and_file() -> None:
    run = run_of(reporting.blocked())
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {
        "artifactLocation": {"uri": "acme-official/privacy-filter/loader.py"},
        "region": {"startLine": 14},
    } in places
    assert {"artifactLocation": {"uri": "acme-official/privacy-filter"}, "region": {"startLine": 1}} in places


def test_fingerprints_do_not_depend_on_the_commit() -> None:
    found = make_finding("low", rule="missing-card", path="README.md")
    first = reporting.report(make_snapshot(), found)
    second = reporting.report(make_snapshot(commit="e" * 40), found)
    prints = [run_of(report)["results"][0]["partialFingerprints"] for report in (first, second)]
    assert prints[0] == prints[1]


def test_equal_findings_are_told_apart() -> None:
    findings = [make_finding("low", message=text, path="README.md") for text in ("one", "two")]
    run = run_of(reporting.report(make_snapshot(), *findings))
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert [text.rpartition(":")[2] for text in prints] == ["1", "2"]


def test_incomplete_is_an_alert_and_a_failed_invocation() -> None:
    run = run_of(reporting.gated())
    assert [result["ruleId"] for result in run["results"]] == ["incomplete-audit"]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert notes[0]["level"] == "error"
    assert any("gated" in note["message"]["text"] for note in notes)


def test_what_an_exception_took_out_is_a_note_and_no_alert() -> None:
    text = 'name = "ours"\n[[exceptions]]\nrule = "some-rule"\nrepo = "org/model"\nreason = "t [7](x)"\n'
    policy = parse_policy(text + "expires = 2027-01-31\n", source="p")
    made = reporting.report(make_snapshot(), make_finding(), policy=policy)
    run = run_of(made)
    assert run["results"] == []
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"].endswith("t \\[7\\](x)")


def test_uploads_of_different_repositories_do_not_replace_each_other() -> None:
    assert run_of(reporting.blocked())["automationDetails"]["id"] == "trustaudit/acme-official/privacy-filter/"
    assert run_of(reporting.blocked(), reporting.gated())["automationDetails"]["id"] == "trustaudit/default/"


def test_messages_hold_no_link() -> None:
    for result in run_of(formats.hostile())["results"]:
        assert "\\[click\\](javascript" in result["message"]["text"]


@pytest.mark.parametrize(
    "path", ["../../etc", "/etc/x", "c:/x", "http://e.example/x", "a\\..\\b", "..", "", "a b%#?.py"]
)
def test_locations_stay_inside(path: str) -> None:
    uri = relative_uri(path)
    assert uri
    assert ".." not in uri.split("/")
    assert not uri.startswith("/")
    assert ":" not in uri


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_any_text_makes_a_valid_log(text: str) -> None:
    run_of(formats.hostile(text))
