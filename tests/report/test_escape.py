from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.finding import Location
from trustaudit.report.escape import clip, clip_middle, escaped, visible, without_commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, even ünïcode 漢字", "plain text, even ünïcode 漢字"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\rc\td", "a\\x0ab\\x0dc\\x09d"),
        ("\x9b31m", "\\x9b31m"),
        ("txt.\u202eexe", "txt.\\u202eexe"),
        ("a\u200bb\ufeffc", "a\\u200bb\\ufeffc"),
        ("a\u00a0b\u3000c", "a\\xa0b\\u3000c"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ue000\U000e0041", "\\ue000\\U000e0041"),
        ("\u3164\u2800", "\\u3164\\u2800"),
        ("\ud800", "\\ud800"),
        ("e\u0301", "e\u0301"),
        ("\u0301e", "\\u0301e"),
        ("x ##[add-mask]y", "x #\\x23[add-mask]y"),
        ("###[", "##\\x23["),
        ("e" + "\u0301" * 5, "e\u0301\u0301" + "\\u0301" * 3),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_whatever_comes_is_printable_and_stays_so(text: str) -> None:
    once = visible(text)
    assert once.isprintable()
    assert visible(once) == once


@given(st.text(), st.integers(1, 30))
def test_clipping_keeps_the_width(text: str, width: int) -> None:
    assert len(clip(text, width)) <= width
    assert len(clip_middle(text, width)) <= width


def test_both_ends_of_a_path_survive() -> None:
    assert clip_middle("very/long/folder/names/model.pkl", 15) == "very/lo…del.pkl"


def test_models_are_escaped_throughout() -> None:
    assert escaped(Location(path="a\x1b", line=3)) == Location(path="a\\x1b", line=3)


def test_no_line_is_a_workflow_command() -> None:
    assert (
        without_commands("a ::b\n  ::stop-commands::x\n::error::y") == "a ::b\n  \\x3a:stop-commands::x\n\\x3a:error::y"
    )
