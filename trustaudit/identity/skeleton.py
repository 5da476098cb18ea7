"""Foldings under which names are compared. Skeletons are compared with skeletons, never shown.

Namespaces and repository names fold differently: versions and sizes live in the digits of a
repository's name, so there a 1 is a 1; in the name of an account it may stand for an l.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEPARATORS = str.maketrans("", "", "-_.")
# i, l and 1 are one class because ids are case-insensitive: who registers "unsioth" may show it as "unsIoth".
_LOOK_ALIKES = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o", "5": "s", "8": "b", "9": "g"})
_WORD = re.compile(r"[^-_.]+")
_CAMEL_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^-_.A-Za-z0-9]+")
_DIGITS = re.compile(r"[0-9]+")


def squashed(text: str) -> str:
    """Lower case without separators: ``Meta_Llama-3.1`` and ``metallama31`` are one."""
    return text.casefold().translate(_SEPARATORS)


@lru_cache(maxsize=65536)
def namespace_skeleton(text: str) -> str:
    """Squashed, with ASCII look-alikes folded: ``rnistra1ai`` is ``mistralai``."""
    folded = squashed(text).translate(_LOOK_ALIKES)
    return folded.replace("rn", "m").replace("vv", "w").replace("cl", "d")


def name_skeleton(text: str) -> str:
    """Squashed, with the two-letter look-alikes folded. Digits stay what they are."""
    return squashed(text).replace("rn", "m").replace("vv", "w")


def words(text: str) -> tuple[str, ...]:
    """The lower-case parts between separators: ``Qwen3-8B-Base`` is ``qwen3 8b base``."""
    return tuple(_WORD.findall(text.casefold()))


def camel_words(text: str) -> tuple[str, ...]:
    """As ``words``, but also split where case changes and at digits: ``QwenLM-official`` is ``qwen lm official``."""
    return tuple(word.casefold() for word in _CAMEL_WORD.findall(text))


def digit_mask(text: str) -> str:
    """The name with every number replaced by ``#`` and one kind of separator: siblings of one family share it."""
    return _DIGITS.sub("#", text.casefold().replace("_", "-").replace(".", "-").replace("#", ""))
