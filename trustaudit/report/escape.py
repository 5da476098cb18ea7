"""Text from the Hub made harmless for a terminal: what a reader sees is what is there.

Names, paths, cards and arguments are written by whoever uploaded them. A control character
could rewrite the verdict above it, a bidirectional override could show ``exe.txt`` for
``txt.exe``, an invisible letter could make two names look alike. All of them become visible
escapes; nothing is dropped. A log is read by machines too: a CI runner obeys ``##[…]`` anywhere in
a line and ``::…`` at its start (GitHub workflow commands), so neither leaves here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, TypeVar

from trustaudit.facts import Frozen

M = TypeVar("M", bound=Frozen)

ELLIPSIS: Final = "…"

# Cc control, Cf format (bidi, zero width, tags), Cs surrogate, Co private, Cn unassigned, Zl/Zp line ends.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols that draw nothing: fillers and the empty braille pattern."""
_COMBINING: Final = frozenset({"Mn", "Me"})
_MAX_COMBINING = 2
"""Marks on one letter: no orthography in use stacks more, and stacks of dozens overprint other lines."""
_OLD_COMMAND: Final = "##["
_COMMAND_LINE: Final = re.compile(r"^([ \t]*):(?=:)", re.MULTILINE)


def visible(text: str) -> str:
    """``text`` with everything that is not plainly visible written as Python's escapes."""
    shown = text if text.isascii() and text.isprintable() else _shown(text)
    return shown.replace(_OLD_COMMAND, r"#\x23[")


def without_commands(lines: str) -> str:
    """Lines of which none is a workflow command: wrapping may move ``::`` to the start of one."""
    return _COMMAND_LINE.sub(r"\1\\x3a", lines)


def _shown(text: str) -> str:
    shown: list[str] = []
    marks = _MAX_COMBINING  # a mark at the very start would land on our own text
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _COMBINING else 0
        hidden = category in _HIDDEN or char in _BLANK_LETTERS or (category == "Zs" and char != " ")
        shown.append(_escaped(char) if hidden or marks > _MAX_COMBINING else char)
    return "".join(shown)


def clip(text: str, width: int) -> str:
    """At most ``width`` characters, the end cut off."""
    return text if len(text) <= width else text[: max(0, width - 1)] + ELLIPSIS


def clip_middle(text: str, width: int) -> str:
    """At most ``width`` characters, the middle cut out: of a path both ends tell something."""
    if len(text) <= width:
        return text
    tail = max(0, (width - 1) // 2)
    return text[: max(0, width - 1 - tail)] + ELLIPSIS + (text[-tail:] if tail else "")


def escaped(model: M) -> M:
    """A copy of a report model in which every string is ``visible``: renderers cannot forget one."""
    return type(model).model_validate(_each(model.model_dump(mode="json")))


def _each(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key): _each(item) for key, item in value.items()}
    return [_each(item) for item in value] if isinstance(value, list) else value


def _escaped(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:  # noqa: PLR2004 - the ranges of Python's own escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - as above
