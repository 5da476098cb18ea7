from __future__ import annotations

import base64
import re
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_snapshot
from tests.report import formats, reporting
from trustaudit.report.as_html import as_html
from trustaudit.report.html.element import tag
from trustaudit.report.html.treemap import squarified
from trustaudit.report.model import TimelineEntry, TrustReport

VOID = {"meta", "input", "br", "wbr"}
ELEMENTS = """
    html head meta title style body a header main footer script section article details summary div span p strong h1 h2 h3
    ul li dl dt dd table caption thead tbody tr th td code pre figure figcaption form fieldset legend label input output
    svg rect text line path
"""
ATTRIBUTES = """
    lang charset http-equiv content name href class id role aria-label aria-hidden aria-labelledby aria-live tabindex scope
    data-sort data-verdict data-words hidden type value checked placeholder rel width height x y x1 x2 y1 y2 rx d overflow
"""


class Page(HTMLParser):
    """What a browser makes of the markup, as far as these tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attrs)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for element, attributes in self.elements if element == name]


def page_of(*reports: TrustReport) -> Page:
    return Page(as_html(reporting.document(*reports)))


def is_ours(page: Page) -> bool:
    names = {name for name, _ in page.elements}
    attributes = {name for _, found in page.elements for name in found}
    links = {str(found["href"]) for _, found in page.elements if "href" in found}
    return (
        not page.open
        and names <= set(ELEMENTS.split())
        and attributes <= set(ATTRIBUTES.split())
        and len(page.of("script")) == len(page.of("style")) == 1
        and all(link.startswith(("#", "https://huggingface.co/")) for link in links)
    )


def without_resources(text: str) -> str:
    plain = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", text, flags=re.DOTALL)
    return re.sub("sha256-[A-Za-z0-9+/=]+", "sha256-HASH", plain).replace("><", ">\n<")


@pytest.mark.parametrize("name", ["blocked", "gated", "hostile", "rich"])
def test_goldens(name: str) -> None:
    text = as_html(reporting.document(formats.SAMPLES[name]()))
    assert formats.matches_golden(f"{name}.html.txt", without_resources(text))


@pytest.mark.parametrize("name", sorted(formats.SAMPLES))
def test_only_our_own_elements(name: str) -> None:
    assert is_ours(page_of(formats.SAMPLES[name]()))


def test_the_policy_allows_this_style_and_script_and_nothing_else() -> None:
    page = page_of(reporting.blocked())
    (policy,) = (str(meta["content"]) for meta in page.of("meta") if meta.get("http-equiv"))
    hashes = {
        name: f"'sha256-{base64.b64encode(sha256(''.join(page.texts[name]).encode()).digest()).decode()}'"
        for name in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src {hashes['style']}; script-src {hashes['script']}; "
        "base-uri 'none'; form-action 'none'"
    )
    order = [name for name, attributes in page.elements if name == "style" or "http-equiv" in attributes]
    assert order == ["meta", "style"]


def test_nothing_is_fetched() -> None:
    text = as_html(reporting.document(reporting.blocked()))
    assert not re.search(r"\b(src|srcset|poster|data|action|background)=|@import|url\(|fetch\(|XMLHttp", text)


def test_a_blocked_repository_is_not_linked() -> None:
    assert not [link for link in page_of(reporting.blocked()).of("a") if str(link["href"]).startswith("http")]
    assert [link for link in page_of(reporting.passed()).of("a") if str(link["href"]).startswith("http")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_only_web_addresses_are_links(url: str) -> None:
    page = page_of(reporting.report(make_snapshot(endpoint=url)))
    assert [link["href"] for link in page.of("a")] == ["#main"]


def test_it_is_made_for_everybody() -> None:
    page = page_of(*(make() for make in formats.SAMPLES.values()))
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    assert page.of("html")[0]["lang"] == "en"
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.of("table")) == len(page.of("caption"))
    assert all(header["scope"] == "col" for header in page.of("th"))
    top = [image for image in page.of("svg") if image.get("width") == "100%"]
    assert all(image.get("aria-hidden") == "true" or image.get("aria-label") for image in top)
    targets = {str(link["href"])[1:] for link in page.of("a") if str(link["href"]).startswith("#")}
    assert targets <= set(ids)


def test_several_reports_are_worst_first_below_a_table() -> None:
    page = page_of(reporting.passed(), reporting.gated(), reporting.blocked())
    verdicts = [found["data-verdict"] for found in page.of("details") if "data-verdict" in found]
    assert verdicts == ["block", "incomplete", "pass"]
    assert [link["href"] for link in page.of("a")][1:4] == ["#r2", "#r1", "#r0"]


def test_no_report_is_a_page_too() -> None:
    assert is_ours(page_of())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_stays_text(text: str) -> None:
    assert is_ours(page_of(formats.hostile(text)))


def test_odd_dates_and_many_files_are_drawn_all_the_same() -> None:
    entries = [
        TimelineEntry(commit="a" * 40, date=date) for date in ("2026-01-01", "nonsense", None, "2025-01-01T00:00:00")
    ]
    report = formats.rich().model_copy(update={"timeline": tuple(entries)})
    assert is_ours(page_of(report))
    files = tuple(report.coverage.files[0].model_copy(update={"path": f"f{n}", "size": n * 1000}) for n in range(300))
    coverage = report.coverage.model_copy(update={"files": files})
    assert is_ours(page_of(report.model_copy(update={"coverage": coverage})))


def test_elements_escape_what_is_no_markup() -> None:
    assert tag("p", "<b>", tag("b", "&"), title='"') == '<p title="&quot;">&lt;b&gt;<b>&amp;</b></p>'
    assert tag("input", checked=True, disabled=False, value=None) == "<input checked>"


@given(st.lists(st.floats(min_value=1, max_value=20_000), max_size=80).map(lambda found: sorted(found, reverse=True)))
def test_a_treemap_fills_its_area_in_proportion(weights: list[float]) -> None:
    boxes = squarified(weights, 100, 40)
    assert len(boxes) == len(weights)
    for weight, box in zip(weights, boxes, strict=True):
        assert box.width * box.height == pytest.approx(weight / sum(weights) * 4000, rel=1e-6, abs=1e-9)
        assert -1e-6 <= box.x <= box.x + box.width <= 100 + 1e-6
        assert -1e-6 <= box.y <= box.y + box.height <= 40 + 1e-6


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_words_stand_out_from_their_ground(theme: int) -> None:
    style = "".join(page_of(reporting.blocked()).texts["style"])
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[theme]))
    on_page = ("ink", "soft", "link", "block", "review", "pass", "incomplete")
    pairs = [(colours[name], colours[ground]) for name in on_page for ground in ("page", "raised")]
    pairs += [(colours["on-badge"], colours[verdict]) for verdict in ("block", "review", "pass", "incomplete")]
    pairs += [(colours["cell-ink"], colours[kind]) for kind in ("complete", "structure", "partial", "none")]
    assert min(contrast(*pair) for pair in pairs) >= 4.5
