from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report import formats, reporting
from trustaudit.report.anchors import Anchor
from trustaudit.report.as_annotations import as_annotations
from trustaudit.report.model import TrustReport

# As a runner reads it: name, properties, data.
COMMAND = re.compile(r"::(error|warning|notice) (?P<properties>[^:]*)::(?P<data>.*)")


def commands(*reports: TrustReport) -> list[re.Match[str]]:
    lines = as_annotations(reporting.document(*reports)).split("\n")
    assert lines.pop() == ""
    found = [COMMAND.fullmatch(line) for line in lines]
    assert None not in found
    return [match for match in found if match]


@pytest.mark.parametrize("name", ["blocked", "gated", "hostile"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.github.txt", as_annotations(reporting.document(formats.SAMPLES[name]())))


def test_verdicts_come_first_and_minor_findings_stay_out() -> None:
    lines = commands(reporting.passed(), reporting.reviewed(), reporting.blocked())
    assert [line[1] for line in lines] == ["error", "warning", "notice"] + ["error"] * 4 + ["warning"]


def test_incomplete_is_a_warning_that_says_what_was_not_seen() -> None:
    (line,) = commands(reporting.gated())
    assert line[1] == "warning"
    assert "%0Ahistory" in line["data"]


def test_they_point_at_the_users_line() -> None:
    text = as_annotations(reporting.document(reporting.passed()), {"org/model": [Anchor("a,b:c%.py", 7)]})
    assert text.startswith("::notice file=a%2Cb%3Ac%25.py,line=7,title=org/model%3A pass")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_a_command_of_its_own(text: str) -> None:
    report = formats.hostile(text)
    assert len(commands(report)) == 1 + sum(item.severity not in ("low", "info") for item in report.findings)
