"""Signs in the text of a source file that the tree does not show: layout and characters that hide code."""

from __future__ import annotations

import builtins
import re
import unicodedata
from collections.abc import Iterator

from trustaudit.formats.python_code.facts import Fact
from trustaudit.formats.python_code.model import Phase
from trustaudit.knowledge.name_words import look_alikes

_LONG_LINE = 2_000
_LONG = re.compile(rf"^[^\n]{{{_LONG_LINE},}}", re.MULTILINE)
_LITERALS = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[\d.,\s\[\]{}:()-]{1,100}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BLANKS = " " * 120
_PACKED = 12
_PATTERNS = {
    "far-right": re.compile(r"[^\s#][ \t]{120,400}[^\s#]"),
    "packed": re.compile(rf"(?:[^;#\n'\"]{{2,80}};){{{_PACKED}}}"),
    "tag-characters": re.compile("[\U000e0000-\U000e007f]{2}"),
    "invisible": re.compile(
        "[\u200b\u200c\u200d\u2060-\u2064\ufeff]{3}|(?<=[A-Za-z0-9_])[\u200b-\u200d\u2060-\u2064](?=[A-Za-z0-9_(])"
    ),
    "protector": re.compile(
        r"__pyarmor__|\bpytransform\b|\bpyarmor_runtime\w{0,20}|\bPYARMOR\b|\bpyobfuscate\b", re.IGNORECASE
    ),
}
_FOREIGN = re.compile(r"[A-Za-z_]{0,40}[^\x00-\x7f\W]\w{0,60}")
_ALIKE = re.compile(r"[lI1O0o_]{6,}|[Il1]{4,}|[O0]{4,}")
_HEX_NAME = re.compile(r"_0x[0-9a-f]{4,16}")
_FEW = 3
_BUILTINS = frozenset(dir(builtins))
_TABLE = 40
"""Text direction controls in one file: more of them are a table of characters."""


def text_signs(text: str, names: set[str]) -> Iterator[Fact]:
    """Each kind of sign at its first place. ``names`` are the identifiers of the tree."""
    for what, pattern in _PATTERNS.items():
        match = pattern.search(text) if _may_match(what, text) else None
        if match:
            yield _at(text, match.start(), what)
    for line in _LONG.finditer(text):
        if _is_code(line.group()):
            yield _at(text, line.start(), "long-line")
            break
    match = None if text.isascii() else _BIDI.search(text)
    if match and len(_BIDI.findall(text)) < _TABLE:
        yield _at(text, match.start(), "bidi")
    yield from _identifiers(text, names)


def _may_match(what: str, text: str) -> bool:
    """A look that costs far less than the pattern and is negative for nearly all files."""
    if what in ("tag-characters", "invisible"):
        return not text.isascii()
    if what == "packed":
        return text.count(";") >= _PACKED
    return what != "far-right" or _BLANKS in text.expandtabs(1)


def _at(text: str, position: int, what: str) -> Fact:
    return Fact("obfuscation", what, text.count("\n", 0, position) + 1, Phase.IMPORT)


def _is_code(line: str) -> bool:
    """A long line that is not one literal, one list of constants or a comment."""
    if line.lstrip().startswith("#"):
        return False
    without = _LITERALS.sub("", line[:20_000])
    signs = without.count("(") + without.count(";") + without.count("=")
    return len(without) > _LONG_LINE // 2 and signs > _TABLE // 2


def _identifiers(text: str, names: set[str]) -> Iterator[Fact]:
    alike = sorted(name for name in names if _ALIKE.fullmatch(name) and len(set(name) & set("lI1O0o")) > 1)
    if len(alike) >= _FEW:
        yield _names_fact(text, "look-alike-names", alike)
    coded = sorted(name for name in names if _HEX_NAME.fullmatch(name))
    if len(coded) >= _FEW + 2:
        yield _names_fact(text, "coded-names", coded)
    drawn = sorted(name for name in names if not name.isascii() and _is_drawn_like(name, names))
    if drawn:
        yield _names_fact(text, "look-alike-names", drawn)
    mixed = sorted(name for name in names if not name.isascii() and _mixes(name))
    if mixed:
        yield _names_fact(text, "mixed-alphabets", mixed)
    foreign = set() if text.isascii() else set(_FOREIGN.findall(text))
    styled = sorted(word for word in foreign if _is_styled(word, names))
    if styled:
        yield _names_fact(text, "styled-name", styled)


def _names_fact(text: str, what: str, found: list[str]) -> Fact:
    line = text.count("\n", 0, max(0, text.find(found[0]))) + 1
    return Fact("obfuscation", what, line, Phase.IMPORT, data=(("text", " ".join(found[:5])),))


def _mixes(name: str) -> bool:
    """Latin and Cyrillic letters in one identifier."""
    alphabets = {unicodedata.name(char, "").partition(" ")[0] for char in name if char.isalpha()}
    return {"LATIN", "CYRILLIC"} <= alphabets


def _is_drawn_like(name: str, names: set[str]) -> bool:
    """``exec`` in Cyrillic letters beside Python's own, or beside another name of the file."""
    plain = name.translate(look_alikes())
    return len(name) >= _FEW and plain.isascii() and (plain in _BUILTINS or plain in names)


def _is_styled(word: str, names: set[str]) -> bool:
    """An identifier of the program, written in letters that Python folds to plain ones."""
    plain = unicodedata.normalize("NFKC", word)
    letters = [char for char in word if not char.isascii() and unicodedata.category(char) != "Lm"]
    return len(letters) > 1 and plain.isascii() and word.isidentifier() and plain in names
