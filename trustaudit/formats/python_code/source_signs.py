"""Signs in the text of a source file that the tree does not show: layout and characters that hide code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from trustaudit.formats.python_code.facts import Fact
from trustaudit.formats.python_code.model import Phase

_LONG_LINE = 2_000
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile("[\U000e0000-\U000e007f]{2}")
_INVISIBLE = re.compile(
    "[\u200b\u200c\u200d\u2060-\u2064\ufeff]{3}|(?<=[A-Za-z0-9_])[\u200b-\u200d\u2060-\u2064](?=[A-Za-z0-9_(])"
)
_FAR_RIGHT = re.compile(r"[^\s#][ \t]{120,400}[^\s#]")
_PACKED = re.compile(r"(?:[^;#\n'\"]{2,80};){12}")
_FOREIGN = re.compile(r"[A-Za-z_]{0,40}[^\x00-\x7f\W]\w{0,60}")
_ALIKE = re.compile(r"[lI1O0o_]{6,}|[Il1]{4,}|[O0]{4,}")
_HEX_NAME = re.compile(r"_0x[0-9a-f]{4,16}")
_PROTECTORS = re.compile(
    r"__pyarmor__|\bpytransform\b|\bpyarmor_runtime\w{0,20}|\bPYARMOR\b|\bpyobfuscate\b|\bhyperion\b.{0,20}obfusc",
    re.IGNORECASE,
)
_FEW = 3
_TABLE = 40
_LONGEST = 100_000


def text_signs(text: str, names: set[str]) -> Iterator[Fact]:
    """Signs by line; each kind is told at its first place. ``names`` are the identifiers of the tree."""
    lines = text.split("\n")
    yield from _first(lines, "far-right", lambda line: bool(_FAR_RIGHT.search(line[:_LONGEST])))
    yield from _first(lines, "packed", lambda line: len(line) < _LONGEST and bool(_PACKED.search(line)))
    yield from _first(lines, "long-line", _is_long_code)
    yield from _first(lines, "bidi", lambda line: 0 < len(_BIDI.findall(line)) < _TABLE)
    yield from _first(lines, "tag-characters", lambda line: bool(_TAGS.search(line)))
    yield from _first(lines, "invisible", lambda line: bool(_INVISIBLE.search(line)))
    yield from _first(lines, "protector", lambda line: bool(_PROTECTORS.search(line[:2000])))
    yield from _identifiers(text, names)


def _first(lines: list[str], what: str, test: object) -> Iterator[Fact]:
    for number, line in enumerate(lines, 1):
        if callable(test) and test(line):
            yield Fact("obfuscation", what, number, Phase.IMPORT)
            return


def _is_long_code(line: str) -> bool:
    """A long line that is not one literal, one list of constants or a comment."""
    if len(line) < _LONG_LINE or line.lstrip().startswith("#"):
        return False
    without = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[\d.,\s\[\]{}:()-]{1,100}", "", line[:20_000])
    return len(without) > _LONG_LINE // 2 and without.count("(") + without.count(";") + without.count("=") > 20  # noqa: PLR2004 - prose has none


def _identifiers(text: str, names: set[str]) -> Iterator[Fact]:
    alike = sorted(name for name in names if _ALIKE.fullmatch(name) and len(set(name) & set("lI1O0o")) > 1)
    if len(alike) >= _FEW:
        yield _names_fact(text, "look-alike-names", alike)
    coded = sorted(name for name in names if _HEX_NAME.fullmatch(name))
    if len(coded) >= _FEW + 2:
        yield _names_fact(text, "coded-names", coded)
    mixed = sorted(name for name in names if not name.isascii() and _mixes(name))
    if mixed:
        yield _names_fact(text, "mixed-alphabets", mixed)
    styled = sorted(word for word in set(_FOREIGN.findall(text)) if _is_styled(word, names))
    if styled:
        yield _names_fact(text, "styled-name", styled)


def _names_fact(text: str, what: str, found: list[str]) -> Fact:
    line = text.count("\n", 0, max(0, text.find(found[0]))) + 1
    return Fact("obfuscation", what, line, Phase.IMPORT, data=(("text", " ".join(found[:5])),))


def _mixes(name: str) -> bool:
    """Latin and Cyrillic letters in one identifier."""
    alphabets = {unicodedata.name(char, "").partition(" ")[0] for char in name if char.isalpha()}
    return {"LATIN", "CYRILLIC"} <= alphabets


def _is_styled(word: str, names: set[str]) -> bool:
    """An identifier of the program, written in letters that Python folds to plain ones."""
    plain = unicodedata.normalize("NFKC", word)
    letters = [char for char in word if not char.isascii() and unicodedata.category(char) != "Lm"]
    return len(letters) > 1 and plain.isascii() and word.isidentifier() and plain in names
