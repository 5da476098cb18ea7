from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from trustaudit.cli.exit_codes import MEANING, ExitCode, exit_code
from trustaudit.report.model import Verdict


def code(*verdicts: str, **options: object) -> int:
    reports = [SimpleNamespace(verdict=Verdict(verdict)) for verdict in verdicts]
    return int(exit_code(reports, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), 0),
        (("pass",), 0),
        (("pass", "review"), 0),
        (("block",), 1),
        (("incomplete",), 3),
        (("review", "incomplete"), 3),
        (("incomplete", "block", "pass"), 1),
    ],
)
def test_codes_of_verdicts(verdicts: tuple[str, ...], expected: int) -> None:
    assert code(*verdicts) == expected


def test_fail_on_review_widens_and_outranks_incomplete() -> None:
    assert code("review", fail_on="review") == 1
    assert code("review", "incomplete", fail_on="review") == 1
    assert code("incomplete", fail_on="review") == 3
    assert code("pass", fail_on="review") == 0


def test_allow_incomplete_never_hides_a_block() -> None:
    assert code("incomplete", allow_incomplete=True) == 0
    assert code("incomplete", "block", allow_incomplete=True) == 1


def test_exit_zero_is_for_uploads() -> None:
    assert code("block", "incomplete", exit_zero=True) == 0


def test_the_numbers_are_the_contract() -> None:
    assert {item.name: int(item) for item in ExitCode} == {
        "OK": 0,
        "BLOCK": 1,
        "USAGE": 2,
        "INCOMPLETE": 3,
        "INTERNAL": 4,
    }


def test_the_documentation_has_the_same_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    assert set(MEANING) == set(ExitCode)
    for item, meaning in MEANING.items():
        assert f"| {int(item)} | {meaning} |" in text
