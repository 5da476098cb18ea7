"""Goldens of the table report. ``TRUSTAUDIT_UPDATE_GOLDENS=1 pytest tests/report`` rewrites them; read the diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import DEFAULT_FILES, make_file, make_files, make_info, make_publisher, make_snapshot, unavailable
from tests.policy.judging import make_finding
from tests.report import reporting
from trustaudit.finding import Location
from trustaudit.policy.model import load_policy, parse_policy
from trustaudit.report.as_table import as_table, summary_table
from trustaudit.report.model import TrustReport
from trustaudit.report.style import Style

GOLDENS = Path(__file__).parent / "goldens"
HOSTILE = "x\x1b[2J\x1b]0;pwn\x07\r\nPASS  fake\u202egnp.\u200b\u2028\x9b31m[red]y[/red]\x7f"


def matches_golden(name: str, text: str) -> bool:
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("TRUSTAUDIT_UPDATE_GOLDENS"):
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


def table(*reports: TrustReport, **style: object) -> str:
    return as_table(reporting.document(*reports), Style(**style))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(reporting.ALL))
def test_every_kind_of_report_at_eighty_columns(name: str) -> None:
    text = table(reporting.ALL[name]())
    assert matches_golden(f"{name}-80", text)
    assert max(len(line) for line in text.splitlines()) <= 80


def test_wide_terminals_use_the_room() -> None:
    text = table(reporting.blocked(), width=120)
    assert matches_golden("blocked-120", text)
    assert max(len(line) for line in text.splitlines()) <= 120


def test_verbose_shows_everything() -> None:
    text = table(reporting.blocked(), verbose=True)
    assert matches_golden("blocked-verbose", text)
    for shown in ("missing-card", "quiet-check", "Score by category", "loader.py"):
        assert shown in text


def test_several_reports_end_in_a_table_worst_first() -> None:
    reports = [make() for make in reporting.ALL.values()]
    text = summary_table(reporting.document(*reports), Style())
    assert matches_golden("summary-80", text)
    assert table(*reports).endswith(text)


def test_quiet_is_one_line_per_repository() -> None:
    text = table(*(make() for make in reporting.ALL.values()), quiet=True)
    assert matches_golden("quiet", text)
    assert text.count("\n") == len(reporting.ALL)


def test_no_reports_are_a_summary_of_nothing() -> None:
    assert table().startswith("0 repositories")


def test_colour_only_repeats_words() -> None:
    plain, coloured = table(reporting.blocked()), table(reporting.blocked(), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31mBLOCK\x1b[0m" in coloured
    stripped = coloured
    for code in ("\x1b[1;31m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"):
        stripped = stripped.replace(code, "")
    assert stripped == plain


def test_lower_findings_are_counted_not_shown() -> None:
    text = table(reporting.blocked())
    assert "+ 2 more findings (-v shows them)" in text
    assert "missing-card" not in text


def test_a_policy_other_than_the_default_is_named() -> None:
    strict = load_policy("strict")
    made = reporting.report(make_snapshot(), policy=strict)
    assert "Policy     strict" in as_table(reporting.document(made, policy=strict), Style())


def test_suppressed_findings_stay_in_sight() -> None:
    text = """name = "ours"
[[exceptions]]
rule = "some-rule"
repo = "org/model"
reason = "ticket 7"
expires = 2027-01-31
"""
    policy = parse_policy(text, source="p")
    made = reporting.report(make_snapshot(), make_finding(), policy=policy)
    shown = as_table(reporting.document(made, policy=policy), Style())
    assert "Suppressed  high some-rule in model.pkl until 2027-01-31: ticket 7" in shown


def test_many_reasons_are_cut_unless_verbose() -> None:
    refused = tuple((f"f{number}.bin", unavailable(detail=f"reason {number}")) for number in range(9))
    made = reporting.report(make_snapshot(not_inspected=refused))
    assert "and for 4 more reasons (-v)" in table(made)
    assert "reason 8" in table(made, verbose=True)


def hostile_report(text: str) -> TrustReport:
    files = make_files(*DEFAULT_FILES, make_file(f"{text}.gguf" if text else "a.gguf"))
    info = make_info(library_name=text, pipeline_tag=text, auto_map=((text, text),))
    finding = make_finding(
        message=text, evidence=text, location=Location(path=text, member=text), remediation=text, key=text
    )
    publisher = make_publisher(name=text, fullname=text)
    return reporting.report(make_snapshot(files=files, info=info, publisher=publisher), finding)


def is_tame(rendered: str) -> bool:
    """Only printable characters and our own line ends."""
    return all(char == "\n" or char.isprintable() for char in rendered)


@pytest.mark.parametrize("verbose", [False, True])
def test_hostile_text_cannot_act_on_the_terminal(verbose: bool) -> None:
    text = table(hostile_report(HOSTILE), verbose=verbose)
    assert is_tame(text)
    assert "\\x1b[2J" in text
    assert not any(line.startswith("PASS") for line in text.splitlines())
    assert "[red]y" in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from([40, 80, 120]))
def test_no_text_whatsoever_acts_on_the_terminal(text: str, width: int) -> None:
    made = hostile_report(text)
    assert is_tame(table(made, width=width, verbose=True))
    assert is_tame(table(made, width=width, quiet=True))


def test_long_values_are_cut() -> None:
    finding = make_finding(path="d/" * 300 + "model.pkl", evidence="e" * 5000)
    text = table(reporting.report(make_snapshot(), finding))
    assert len(text) < 3000
    assert "…" in text
