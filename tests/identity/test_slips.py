from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.identity.slips import is_typing_slip


@pytest.mark.parametrize(
    "typed",
    ["micorsoft", "microsft", "microsoftt", "mmicrosoft", "nicrosoft", "micr0soft", "Micrpsoft", "microsoft-"],
)
def test_slips_of_fingers_and_eyes(typed: str) -> None:
    assert is_typing_slip(typed, "microsoft")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("olabs-ai", "XLabs-AI"), ("microsoft", "Microsoft"), ("acme2", "acme"), ("acme3", "acme4a"), ("d3LLM", "dslim")],
)
def test_other_words_are_no_slips(typed: str, meant: str) -> None:
    assert not is_typing_slip(typed, meant)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_and_either_way(one: str, other: str) -> None:
    assert is_typing_slip(one, other) == is_typing_slip(other, one)
