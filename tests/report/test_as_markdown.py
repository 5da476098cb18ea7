from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.report import formats, reporting
from trustaudit.report.as_markdown import as_markdown, code, plain
from trustaudit.report.escape import visible
from trustaudit.report.model import TrustReport

# GitHub's tables and strikethrough, with HTML allowed as there.
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "ul", "li", "br", "strong"}
# What GitHub looks for in text once Markdown is parsed.
LATER = re.compile(r"@\w|://|www\.|#\d|:\w+:", re.IGNORECASE)


def html(*reports: TrustReport) -> str:
    return PARSER.render(as_markdown(reporting.document(*reports)))


def is_tame(rendered: str) -> bool:
    """Only our own elements, and nothing that is found in plain text."""
    if set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", rendered)) - OURS:
        return False
    spoken = re.sub(r"<(code|pre)[^>]*>.*?</\1>", "§", rendered, flags=re.DOTALL)
    return not LATER.search(re.sub(r"<[^>]*>", "", spoken))


@pytest.mark.parametrize("name", ["blocked", "gated", "passed", "hostile", "rich"])
def test_goldens(name: str) -> None:
    assert formats.matches_golden(f"{name}.md.txt", as_markdown(reporting.document(formats.SAMPLES[name]())))


def test_several_reports_are_a_table_and_those_that_do_not_pass() -> None:
    text = as_markdown(reporting.document(*(make() for make in reporting.ALL.values())))
    assert formats.matches_golden("several.md.txt", text)
    assert text.startswith("## trustaudit: 1 pass · 1 review · 1 block · 2 incomplete")
    assert len(re.findall("^## ", text, re.MULTILINE)) == 5


@settings(max_examples=150)
@example(visible(formats.HOSTILE))
@example("\\|")
@example("a`b``c")
@example("@@x @` `@")
@given(st.text(alphabet=st.sampled_from("ab1 @#:/.w|\\`*_<>[]()!&$~{}-+=^\"'%"), max_size=40))
def test_text_stays_the_text_it_is(text: str) -> None:
    line = f"x {plain(text)} y"
    shown = re.sub(r"</?(code|p)>", "", PARSER.render(line)).strip()
    expected = f"x {text} y".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert " ".join(shown.split()) == " ".join(expected.split())


@given(st.text(alphabet=st.sampled_from("ab `|\\"), min_size=1, max_size=30).filter(str.strip))
def test_nothing_closes_a_code_span(text: str) -> None:
    rendered = PARSER.render(f"x {code(text)} y")
    assert rendered.count("<code>") == 1
    assert text.strip() in rendered


def test_hostile_text_is_tame() -> None:
    rendered = html(formats.hostile())
    assert is_tame(rendered)
    assert rendered.count("<tr>") == 5  # the head, and every finding but the one of severity info


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_tame(text: str) -> None:
    rendered = html(formats.hostile(text))
    assert is_tame(rendered)
    assert rendered.count("<tr>") == 5
