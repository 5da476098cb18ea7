"""A rule is left out only where it could not have matched."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustaudit.formats import card_text, scripts, secrets, shell_lines
from trustaudit.formats.rare_words import Rule, folded, promising

RULES = (
    *shell_lines._RULES,
    shell_lines._INSTALLING,
    scripts._RUNNABLE,
    *(rule for rule, _ in card_text._ADVICE),
    card_text._OPENS,
    *(shape.rule for shape in secrets.SHAPES),
)
TEXTS = Path(__file__).parent


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}:{rule.pattern.pattern[:30]}")
@given(data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_a_rule_matches_has_its_words(rule: Rule, data: st.DataObject) -> None:
    """Texts are made from the pattern itself."""
    text = data.draw(st.from_regex(rule.pattern))
    assert rule.pattern.search(text)
    assert rule.may_match(folded(text))


def test_what_matches_in_the_samples_of_other_tests_is_never_left_out() -> None:
    """Paragraph by paragraph."""
    for path in TEXTS.glob("test_*.py"):
        for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
            matching = [rule for rule in RULES if rule.pattern.search(paragraph)]
            assert [rule for rule in promising(RULES, paragraph) if rule in matching] == matching


def test_letters_are_folded_as_regular_expressions_fold_them() -> None:
    """Each character that IGNORECASE takes for one in a rule's words."""
    for char in {char for rule in RULES for group in rule.needs for word in group for char in word} - {" "}:
        alike = re.findall(re.escape(char), EVERY, re.IGNORECASE)
        assert {folded(one)[:1] for one in alike} == {char}


def test_white_space_is_what_regular_expressions_take_for_it() -> None:
    """A rule's blank stands for any run of it."""
    blanks = re.findall(r"\s", EVERY)
    assert {folded(f"rm{one * 2}-") for one in blanks} == {"rm -"}


EVERY = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
