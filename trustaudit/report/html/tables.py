"""Tables that a script may sort, and the small pieces that cells are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustaudit.finding import Severity
from trustaudit.report.html.element import NOTHING, Child, Html, join, tag

Cell = Html
"""A ``td`` or ``th``."""


def cell(*children: Child, sort: float | str | None = None, class_: str = "") -> Cell:
    """A cell; ``sort`` is what it is sorted by where that is not its text."""
    return tag("td", *children, data_sort=sort, class_=class_ or None)


def number(shown: int | str, sort: int | None = None) -> Cell:
    """A cell aligned as numbers are."""
    return cell(shown, sort=sort, class_="number")


def table(
    caption: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, class_: str = "", numbers: int = 0
) -> Html:
    """A table in a box of its own that scrolls, so that the page does not; nothing without rows.

    The last ``numbers`` columns hold numbers.
    """
    body = [tag("tr", *row) for row in rows]
    if not body:
        return NOTHING
    words = len(headers) - numbers
    heads = [tag("th", text, scope="col", class_="number" if at >= words else None) for at, text in enumerate(headers)]
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
        class_=f"sortable {class_}".strip(),
    )
    # Focusable, so that a keyboard can scroll it.
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)


def badge(verdict: str) -> Html:
    """A verdict in capitals; the colour only repeats the word."""
    return tag("span", verdict.upper(), class_=f"badge {verdict}")


def severity_cell(severity: Severity) -> Cell:
    """A severity, sorted by how bad it is."""
    return cell(tag("span", str(severity), class_=f"severity {severity}"), sort=severity.rank)


def code(text: str) -> Html:
    """Names, paths and calls."""
    return tag("code", text)


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Terms and what is known of them; nothing without any."""
    rows = [tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs]
    return tag("dl", *rows, class_="facts") if rows else NOTHING


def folded(summary: str, *children: Child) -> Html:
    """What is there for those who look for it."""
    inside = join(children)
    return tag("details", tag("summary", summary), inside) if inside else NOTHING


def listed(texts: Iterable[Child]) -> Html:
    """A plain list; nothing without items."""
    items = [tag("li", text) for text in texts]
    return tag("ul", *items) if items else NOTHING
