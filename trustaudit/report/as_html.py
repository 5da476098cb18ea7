"""HTML: one file for a person, readable on a phone, on paper and by a screen reader.

It asks nothing of any network: a Content-Security-Policy in it forbids everything but its own
style and script, both by their hash, so that markup which slipped through could still do
nothing. Without script everything is there; with it tables sort and a batch can be filtered.
"""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

from trustaudit.report.escape import escaped
from trustaudit.report.html.drawings import bar
from trustaudit.report.html.element import NOTHING, Child, Html, join, raw, tag
from trustaudit.report.html.sections import ORDER, sections, worst
from trustaudit.report.html.tables import badge, cell, code, facts, number, table
from trustaudit.report.model import Document, TrustReport, Verdict
from trustaudit.report.words import full_id, plural

_COMMIT_CHARS: Final = 10
_MINUTES: Final = 16
_LINKED: Final = ("https://", "http://")


def as_html(document: Document) -> str:
    """The page. Several reports are folded, below a table of them all."""
    clean = escaped(document)
    reports = sorted(enumerate(clean.reports), key=lambda pair: (ORDER.index(pair[1].verdict), pair[0]))
    single = len(reports) == 1
    articles = [_article(report, f"r{index}", single=single) for index, report in reports]
    body = tag(
        "body",
        tag("a", "Skip to the report", href="#main", class_="skip"),
        _header(clean),
        tag("main", NOTHING if single else _overview(clean, reports), *articles, id="main"),
        tag("footer", _footer(clean)),
        raw("script", _resource("script.js")),
    )
    return f"<!doctype html>\n{tag('html', _head(_title(clean)), body, lang='en')}\n"


@cache
def _resource(name: str) -> str:
    return resources.files("trustaudit.report.html").joinpath(name).read_text(encoding="utf-8")


def _head(title: str) -> Html:
    style = _resource("style.css")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(_resource('script.js'))}; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        raw("style", style),
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


def _title(document: Document) -> str:
    if len(document.reports) == 1:
        report = document.reports[0]
        return f"{report.verdict}: {full_id(report)} - trustaudit"
    return f"{len(document.reports)} repositories - trustaudit"


def _header(document: Document) -> Html:
    moments = [report.collected_at for report in document.reports if report.collected_at]
    when = f"{max(moments)[:_MINUTES].replace('T', ' ')} UTC · " if moments else ""
    return tag("header", tag("p", tag("strong", "trustaudit"), f" · {when}policy {document.policy.name}"))


def _footer(document: Document) -> Html:
    tool, policy = document.tool, document.policy
    return tag("p", f"{tool.name} {tool.version} · rules {tool.ruleset} · policy {policy.name} ", code(policy.digest))


def _overview(document: Document, reports: list[tuple[int, TrustReport]]) -> Html:
    counts = [tag("li", badge(verdict), f" {document.summary.get(verdict, 0):,}") for verdict in ORDER]
    rows = [_overview_row(index, report) for index, report in reports]
    headers = ("Verdict", "Repository", "Worst finding", "Score", "API requests")
    return tag(
        "section",
        tag("h1", plural(len(reports), "report")),
        tag("ul", *counts, class_="counts"),
        _filter() if rows else NOTHING,
        table("All repositories, worst first", headers, rows, class_="overview", numbers=2),
    )


def _overview_row(index: int, report: TrustReport) -> list[Html]:
    score = "-" if report.score is None else report.score
    return [
        cell(badge(report.verdict), sort=ORDER.index(report.verdict)),
        cell(tag("a", full_id(report), href=f"#r{index}")),
        cell(worst(report.findings), class_="any"),
        number(score, sort=-1 if report.score is None else report.score),
        number(report.cost.api_requests),
    ]


def _filter() -> Html:
    """Hidden until the script is there to act on it."""
    boxes = [
        tag("label", tag("input", type="checkbox", value=str(verdict), checked=True), f" {verdict}")
        for verdict in ORDER
    ]
    search = tag("label", "Filter ", tag("input", type="search", placeholder="name, rule or text"))
    return tag(
        "form",
        search,
        tag("fieldset", tag("legend", "Verdicts"), *boxes),
        tag("output", "", aria_live="polite"),
        id="filter",
        hidden=True,
    )


def _article(report: TrustReport, name: str, *, single: bool) -> Html:
    level = "h1" if single else "h2"
    title = [badge(report.verdict), " ", tag("span", full_id(report), class_="id")]
    head = tag(level, *title, id=f"{name}-title")
    inside = tag("div", _summary(report), *sections(report), id=name)
    if single:
        return tag("article", head, inside, aria_labelledby=f"{name}-title")
    words = f"{report.headline} {' '.join(item.rule for item in report.findings)}"
    return tag(
        "details",
        tag("summary", head, tag("span", report.headline, class_="headline")),
        inside,
        class_="report",
        data_verdict=report.verdict,
        data_words=words,
    )


def _summary(report: TrustReport) -> Html:
    return join([tag("p", report.headline, class_="lead"), _score(report), facts(_identity(report))])


def _score(report: TrustReport) -> Html:
    if report.score is None:
        return tag("p", "No score: what is not complete has none.", class_="score")
    return tag("div", tag("span", f"Score {report.score} / 100"), bar(report.score), class_="score")


def _identity(report: TrustReport) -> list[tuple[str, Child]]:
    repo, about = report.repo, report.about
    url = about.web_url if about else ""
    linked = tag("a", url, href=url, rel="noopener noreferrer nofollow") if url.startswith(_LINKED) else url
    told: list[tuple[str, Child]] = [
        ("Asked for", code(repo.requested)),
        ("Commit", code(repo.commit) if repo.commit else ""),
        ("Revision", repo.revision or ""),
        ("Page", linked if report.verdict is not Verdict.BLOCK else url),
        ("Licence", ", ".join(about.licenses) if about else ""),
        ("Task", about.task if about else ""),
    ]
    return [(term, value) for term, value in told if value]
