"""Elements of HTML and SVG: everything that is not markup already is escaped, so no caller can forget it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

_VOID: Final = frozenset({"meta", "input", "br", "wbr"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child: TypeAlias = "str | Html | int | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"

NOTHING: Final = Html("")


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element. ``class_`` and ``aria_label`` become ``class`` and ``aria-label``; False and None are left out."""
    listed = "".join(_attribute(key, value) for key, value in attributes.items())
    end = "" if name in _VOID else f"{join(children)}</{name}>"
    return Html(f"<{name}{listed}>{end}")


def join(children: Iterable[Child]) -> Html:
    """Markup and text one after the other."""
    return Html("".join(_text(child) for child in children))


def raw(name: str, content: str) -> Html:
    """A ``style`` or ``script`` of ours, whose content is no text and holds no ``</``. Never anything else."""
    return Html(f"<{name}>{content}</{name}>")


def _text(child: Child) -> str:
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(str(child))
    return "" if child is None else join(child)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
