"""Characters that a person does not see and a model, a parser or an agent does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

# Joiners (U+200C, U+200D) are honest between letters of Persian and Indic scripts and inside emoji.
_CLASSES: dict[str, re.Pattern[str]] = {
    "tag": re.compile("[\U000e0000-\U000e007f]"),
    "bidi": re.compile("[\u202a-\u202e\u2066-\u2069]"),
    "selector": re.compile("[\U000e0100-\U000e01ef]"),
    "zero-width": re.compile("[\u200b\u2060-\u2064\u180e]|(?<=.)\ufeff", re.DOTALL),
    "joiner": re.compile("(?<=[ -~])[\u200c\u200d](?=[ -~])"),
    "blank": re.compile("[\u115f\u1160\u3164\uffa0\u2800]"),
    "control": re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x84\x86-\x9f]"),
}
# Flags of regions (England, Scotland, …) are a black flag and tag letters.
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")


class Hidden(Struct, frozen=True):
    """``count`` characters of one class, the first of them at ``position``."""

    name: str
    count: int
    position: int
    code: str


def hidden_in(text: str) -> Iterator[Hidden]:
    """Each class of invisible characters that occurs.

    ``tag`` (U+E0000 block), ``bidi`` (overrides and isolates), ``selector`` (supplementary
    variation selectors), ``zero-width``, ``joiner`` (between ASCII characters), ``blank``
    (letters without ink), ``control``.
    """
    if text.isascii() and text.isprintable():
        return
    text = _FLAG.sub(lambda flag: "." * len(flag[0]), text)
    for name, pattern in _CLASSES.items():
        found = Counter[str]()
        first = -1
        for match in pattern.finditer(text):
            first = match.start() if first < 0 else first
            found[match[0]] += 1
        if found:
            yield Hidden(name, sum(found.values()), first, f"U+{ord(found.most_common(1)[0][0]):04X}")


def tag_text(text: str) -> str:
    """What tag characters spell: each stands for one ASCII character."""
    return "".join(chr(ord(char) - 0xE0000) for char in text if 0xE0020 <= ord(char) <= 0xE007E)  # noqa: PLR2004 - the block
