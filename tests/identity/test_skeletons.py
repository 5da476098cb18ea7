from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustaudit.identity.affixes import without_affixes, without_claims, without_format
from trustaudit.identity.confusables import ascii_look
from trustaudit.identity.skeleton import camel_words, digit_mask, name_skeleton, namespace_skeleton, words

ids = st.text(st.characters(codec="ascii"), max_size=40)


@pytest.mark.parametrize(
    ("forged", "genuine"),
    [
        ("meta-Ilama", "meta-llama"),
        ("rnicrosoft", "microsoft"),
        ("nvidia", "nvldla".replace("l", "i")),
        ("0penAI", "openai"),
        ("deep5eek-ai", "deepseek_ai"),
        ("8AAI", "BAAI"),
        ("goog1e", "google"),
        ("doud", "cloud"),
        ("stability.ai", "stabilityai"),
        ("vvan-ai", "Wan-AI"),
    ],
)
def test_namespaces_that_read_alike_share_a_skeleton(forged: str, genuine: str) -> None:
    assert namespace_skeleton(forged) == namespace_skeleton(genuine)


def test_digits_of_repository_names_are_kept() -> None:
    assert name_skeleton("Qwen3-8B") != name_skeleton("Qwen3-BB")
    assert name_skeleton("llama-1b") != name_skeleton("llama-lb")
    assert name_skeleton("cornmand-r") == name_skeleton("command_R")


@given(st.text(max_size=40))
def test_skeletons_are_idempotent(text: str) -> None:
    for skeleton in (namespace_skeleton, name_skeleton):
        once = skeleton(text)
        assert skeleton(once) == once


@given(ids)
def test_case_and_separators_never_matter(text: str) -> None:
    other = text.swapcase().replace("-", "_").replace(".", "")
    assert namespace_skeleton(text) == namespace_skeleton(other)
    assert name_skeleton(text) == name_skeleton(other)


def test_words() -> None:
    assert words("Qwen3-8B_base.v2") == ("qwen3", "8b", "base", "v2")
    assert camel_words("QwenLM-official") == ("qwen", "lm", "official")
    assert camel_words("TheBloke2") == ("the", "bloke", "2")
    assert digit_mask("Qwen2.5-7B") == digit_mask("qwen3_8-32b")


def test_words_around_names() -> None:
    assert without_affixes(("hf", "mistralai", "official")) == ("mistralai",)
    assert without_claims(("official", "sam3", "free", "download")) == ("sam3",)
    assert without_claims(("official",)) == ()
    assert without_format(("llama", "3", "gguf", "q4", "w4a16", "4bit")) == ("llama", "3")
    assert without_format(("gguf",)) == ("gguf",)


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        ("unsl\N{CYRILLIC SMALL LETTER O}th", "unsloth"),
        ("open\N{CYRILLIC SMALL LETTER A}i", "openai"),
        ("g\N{GREEK SMALL LETTER OMICRON}ogle", "google"),
        ("meta\N{EN DASH}llama", "meta-llama"),
        ("qwe\N{ZERO WIDTH SPACE}n", "qwen"),
        ("\N{FULLWIDTH LATIN SMALL LETTER Q}wen", "qwen"),
        ("n\N{COMBINING ACUTE ACCENT}vidia", "nvidia"),
    ],
)
def test_pasted_look_alikes_read_as_ascii(pasted: str, meant: str) -> None:
    assert ascii_look(pasted) == meant


def test_other_scripts_do_not_read_as_ascii() -> None:
    assert ascii_look("模型") is None
    assert ascii_look("\N{ZERO WIDTH SPACE}") is None


@given(st.text(max_size=40))
def test_ascii_look_is_ascii_or_nothing(text: str) -> None:
    look = ascii_look(text)
    assert look is None or (look.isascii() and look)
