"""What makes two copies of a template the same template: layout, dates and quotes do not count."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from jinja2 import nodes

from trustaudit.formats.templates.traversal import Step
from trustaudit.formats.templates.wording import is_sentence

_TRIM = re.compile(r"(\{[{%])[-+]|[-+]([}%]\})")
_DATE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b|\b(?:mon|tues?|wednes|thurs?|fri|satur|sun)day\b|\d+",
    re.IGNORECASE,
)
MAX_SENTENCE = 200
MAX_SENTENCES = 100


def fingerprint(text: str) -> str:
    """16 hex digits that survive changes of whitespace, trim marks, comments, quotes and dates."""
    plain = _TRIM.sub(r"\1\2", _uncommented(text)).replace('"', "'").replace("\\n", "")
    plain = "".join(_DATE.sub("0", plain).split())
    return hashlib.sha256(plain.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _uncommented(text: str) -> str:
    """By hand: a pattern would look for the end of each of a million comments that have none."""
    parts, at = [], 0
    while (start := text.find("{#", at)) >= 0 and (end := text.find("#}", start + 2)) >= 0:
        parts.append(text[at:start])
        at = end + 2
    return "".join([*parts, text[at:]])


def sentences(steps: Iterable[Step]) -> tuple[str, ...]:
    """The own sentences of a traversed template, normalised and sorted."""
    texts = (text for leaving, node, _ in steps if leaving for text in _literal(node))
    found = {clause for text in texts for clause in _clauses(text)}
    return tuple(sorted(found)[:MAX_SENTENCES])


def _literal(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value


def _clauses(text: str) -> Iterator[str]:
    """Lines and sentences, so that a text written as one literal or as ten compares equal."""
    for clause in re.split(r"[\n.!?;]", text):
        if is_sentence(clause):
            yield " ".join(_DATE.sub("0", clause.casefold()).split())[:MAX_SENTENCE]
