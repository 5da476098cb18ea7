from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.report import reporting
from tests.report.test_as_table import HOSTILE, hostile_report
from trustaudit.errors import UsageError
from trustaudit.report.as_json import as_json, as_json_line, schema_text
from trustaudit.report.model import Document
from trustaudit.report.render import Style, render

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = (
    "repo verdict headline score breakdown findings suppressed checks coverage publisher hub_scans lineage safe_load "
    "notes did_you_mean cost collected_at about timeline signatures"
)
FINDING = "rule severity confidence category message evidence location remediation docs fingerprint"


@pytest.mark.parametrize("name", sorted(reporting.ALL))
def test_output_holds_the_published_schema_and_reads_back(name: str) -> None:
    written = reporting.document(reporting.ALL[name]())
    text = as_json(written)
    jsonschema.validate(json.loads(text), json.loads(schema_text()))
    assert Document.model_validate_json(text) == written


def test_keys_are_the_contract() -> None:
    read = json.loads(as_json(reporting.document(reporting.blocked())))
    assert list(read) == ["schema_version", "tool", "policy", "reports", "summary"]
    report = read["reports"][0]
    assert list(report) == CONTRACT.split()
    assert list(report["findings"][0]) == FINDING.split()
    assert read["summary"] == {"pass": 0, "review": 0, "block": 1, "incomplete": 0}


def test_the_published_schema_is_the_one_of_the_models() -> None:
    assert (DOCS / "report-schema.json").read_text(encoding="utf-8") == schema_text()


def test_hostile_text_is_escaped_and_comes_back_whole() -> None:
    text = as_json(reporting.document(hostile_report(HOSTILE)))
    assert text.isascii()
    assert all(char == "\n" or char.isprintable() for char in text)
    assert json.loads(text)["reports"][0]["findings"][0]["message"] == HOSTILE


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    for make in reporting.ALL.values():
        assert as_json(reporting.document(make())) == as_json(reporting.document(make()))


def test_lines_hold_one_report_each() -> None:
    made = [make() for make in reporting.ALL.values()]
    text = render(reporting.document(*made), "jsonl", Style())
    assert text == "".join(as_json_line(report) for report in made)
    assert [json.loads(line)["verdict"] for line in text.splitlines()] == [report.verdict for report in made]


def test_formats_are_chosen_by_name() -> None:
    written = reporting.document(reporting.passed())
    assert render(written, "json", Style()) == as_json(written)
    assert render(written, "table", Style()).startswith("PASS")
    with pytest.raises(UsageError, match="no output format 'tabel'"):
        render(written, "tabel", Style())
