"""Words without which a lexical rule cannot match: most rules need not be tried on most texts.

A search for 40 case-insensitive rules costs 2 ms per kB of text, a search for the words they
cannot do without 0.1 ms (2026-11-22, cards). A rule says what it needs as groups of which each
must have a word in the text; words are in lower case, with single blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

Needs = tuple[tuple[str, ...], ...]

_LIKE_ASCII = (("\u017f", "s"), ("\u0130", "i"), ("\u0131", "i"))
"""What ``re.IGNORECASE`` takes for an ASCII letter and ``str.lower`` does not; of the Kelvin sign both make a k."""


class Rule(Struct, frozen=True):
    """The text of a pattern, and the words that every match of it has."""

    name: str
    needs: Needs
    text: str
    ignores_case: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text may match, which most rules never meet: all of them take 15 ms."""
        return _compiled(self.text, ignore_case=self.ignores_case)

    def may_match(self, words: str) -> bool:
        """Whether a text can match, of which ``words`` is what ``folded`` made."""
        return all(any(word in words for word in group) for group in self.needs)


@cache
def _compiled(text: str, *, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE if ignore_case else re.NOFLAG)


def folded(text: str) -> str:
    """In lower case as ``re.IGNORECASE`` understands it, all white space as single blanks."""
    if not text.isascii():
        for rare, plain in _LIKE_ASCII:
            text = text.replace(rare, plain)
    return " ".join(text.lower().split())


def promising(rules: tuple[Rule, ...], text: str) -> Iterator[Rule]:
    """The rules that a text may match, in their order."""
    words = folded(text)
    return (rule for rule in rules if rule.may_match(words))
