"""A re-audit for code scanning and for reviews: every result on the line that names the repository, nothing obeyed."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.lock.locking import make_entry, make_lock
from tests.report.formats import schema
from trustaudit.lockfile.as_json import as_json
from trustaudit.lockfile.as_markdown import as_markdown
from trustaudit.lockfile.as_sarif import as_sarif
from trustaudit.lockfile.drift import Drift, DriftKind
from trustaudit.lockfile.lines import entry_lines
from trustaudit.lockfile.reaudit import Outcome
from trustaudit.lockfile.words import as_text
from trustaudit.lockfile.writing import lock_text
from trustaudit.report.style import Style

HOSTILE = "\x1b[31m<script>alert(1)</script> [x](https://evil.example) | @team \ud800\n::error::x"
FIRST, SECOND = make_entry(id="acme/a"), make_entry(id="acme/b", revision="v1.0")
TEXT = lock_text(make_lock(FIRST, SECOND))
OUTCOMES = [
    Outcome(FIRST),
    Outcome(SECOND, drifts=(Drift(kind=DriftKind.SCAN, message=HOSTILE, details=(HOSTILE,) * 20),), unseen="timeout"),
]


def results(*outcomes: Outcome) -> list[dict[str, Any]]:
    log = json.loads(as_sarif(outcomes, "models/trustaudit.lock", TEXT))
    jsonschema.Draft4Validator(schema("sarif-2.1.0-rtm.5")).validate(log)
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def test_results_stand_on_the_line_of_the_entry() -> None:
    for result in results(*OUTCOMES):
        where = result["locations"][0]["physicalLocation"]
        assert where["artifactLocation"]["uri"] == "models/trustaudit.lock"
        assert TEXT.split("\n")[where["region"]["startLine"] - 1] == 'id = "acme/b"'


def test_what_could_not_be_seen_stays_an_alert_and_every_kind_has_its_title() -> None:
    assert [result["ruleId"] for result in results(*OUTCOMES)] == ["drift/scan", "drift/unseen"]
    every = Outcome(FIRST, drifts=tuple(Drift(kind=kind, message="m") for kind in DriftKind))
    found = results(every)
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in found}) == len(DriftKind)
    assert results() == []


def test_text_of_the_hub_is_neither_markup_nor_a_command() -> None:
    for text in (as_markdown(OUTCOMES), as_sarif(OUTCOMES, "a.lock", TEXT)):
        assert not set(text) & {"\x1b", "\ud800"}
        assert "[x](https" not in text
    shown = as_markdown(OUTCOMES)
    assert "<script" not in shown.replace("\\<", "")
    assert "\n::" not in shown
    assert "and 8 more" in shown
    assert shown.endswith("1 unchanged\n")


def test_what_was_left_for_another_time_is_told_in_every_format() -> None:
    quiet = [Outcome(FIRST, glanced=True), Outcome(SECOND)]
    words = "of 1 pin not asked this time"
    document = json.loads(as_json(quiet, "a.lock"))
    assert words in document["notes"][0]
    assert [item["scan_asked"] for item in document["results"]] == [False, True]
    assert words in as_markdown(quiet)
    assert words in as_text(quiet, Style(width=200))
    log = json.loads(as_sarif(quiet, "a.lock", TEXT))
    jsonschema.Draft4Validator(schema("sarif-2.1.0-rtm.5")).validate(log)
    assert words in log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert "not asked" not in as_json(OUTCOMES, "a.lock") + as_sarif(OUTCOMES, "a.lock", TEXT) + as_markdown(OUTCOMES)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", {}),
        ('[[repository]]\nrevision = "v"\nid = "A/b"\ntype = "dataset"', {("dataset", "a/b", "v"): 3}),
        ('[[repository]]\nid = "a/b"\nid = "c/d"\r\n[[repository]]\nid = [', {("model", "a/b", "main"): 2}),
        ("[[repository]]\nid = " + "[" * 900, {("model", "", "main"): 2}),
    ],
)
def test_lines_of_odd_lockfiles(text: str, lines: dict[tuple[str, str, str], int]) -> None:
    found = entry_lines(text)
    assert {key: line for key, line in found.items() if key[1]} == {k: v for k, v in lines.items() if k[1]}
