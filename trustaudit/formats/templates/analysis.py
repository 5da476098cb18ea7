"""One chat template as observations: what it reaches for, what it costs, what it says and when.

Pure: text in, facts out, nothing rendered. Judging is left to the checks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from trustaudit.filefacts import Observation
from trustaudit.formats.hidden_text import hidden_in
from trustaudit.formats.templates.cost import MAX_CHARS, Cost
from trustaudit.formats.templates.fingerprint import fingerprint, sentences
from trustaudit.formats.templates.folding import learned, visit
from trustaudit.formats.templates.notes import Notes
from trustaudit.formats.templates.parsing import TemplateDefectError, parse_template
from trustaudit.formats.templates.reach import Reach
from trustaudit.formats.templates.speech import Speech
from trustaudit.formats.templates.traversal import Step, traverse
from trustaudit.formats.templates.values import Taint
from trustaudit.formats.templates.wording import requests_in

MAX_NODES = 30_000
"""Syntax nodes; the largest of 282 honest templates has 1,400."""

# Possessive, and started at the first blank only: linear in a file of nothing but blanks.
_FAR = re.compile(r"(?<![ \t])[ \t]{200,}+\S|(?<=\S)[ \t]*+(?:\n[ \t]*+){100,}+\S")
_RAW_ESCAPE = re.compile(
    r"__[a-z]{2,30}__|\|\s{0,20}attr\b|[.'\"](?:[gc][ir]_(?:frame|code)|ag_frame|f_(?:back|globals|builtins|locals)|tb_frame)\b"
)
_GO = re.compile(
    r"\{\{-?\s{0,20}(?:if|range|with|end|define|template|block)?\s{0,20}(?:\.|\$)[A-Z]|\{\{-?\s{0,20}end\s{0,20}-?\}\}"
)


@lru_cache(maxsize=32)
def template_observations(text: str) -> tuple[Observation, ...]:
    """Everything noteworthy in one template.

    Always one ``template`` with its fingerprint. ``template-unparsable``, ``template-too-deep`` or
    ``template-too-large`` mean that only the raw text was looked at.
    """
    notes = Notes()
    _source(text, notes)
    steps = _parsed(text, notes)
    _tree(steps, notes)
    _summary(text, steps, notes)
    return notes.result()


def is_go_template(text: str) -> bool:
    """Whether a text is a template of the Go language, as Ollama's are. Jinja cannot say anything about it."""
    return _GO.search(text) is not None and "{%" not in text


def _parsed(text: str, notes: Notes) -> list[Step]:
    """The traversed tree; empty when there is none."""
    try:
        return _steps(text)
    except TemplateDefectError as defect:
        engine = "go" if is_go_template(text) else "jinja"
        notes.add(defect.kind, defect.message, defect.line, engine=engine)
        _raw(text, notes)
        return []


def _steps(text: str) -> list[Step]:
    if len(text) > MAX_CHARS:
        raise TemplateDefectError("template-too-large", f"{len(text):,} characters are more than are parsed")
    steps = list(islice(traverse(parse_template(text)), 2 * MAX_NODES + 1))
    if len(steps) > 2 * MAX_NODES:
        raise TemplateDefectError("template-too-large", f"more than {MAX_NODES:,} nodes")
    return steps


def _tree(steps: list[Step], notes: Notes) -> None:
    memory = learned(steps)
    guarded: dict[str, frozenset[Taint]] = {}
    calls = Speech(memory, Notes(), guarded)
    for leaving, node, place in steps * 2:  # twice: macros call macros
        if leaving:
            calls.called(node, place)
    reach, cost, speech = Reach(memory, notes), Cost(memory, notes), Speech(memory, notes, guarded)
    for leaving, node, place in steps:
        visit(memory, node, place, leaving=leaving)
        if not leaving:
            speech.enter(node)
            continue
        reach.look(node, place)
        cost.look(node, place)
        speech.look(node, place)
    cost.finish()
    if memory.budget <= 0:
        notes.add("template-too-large", "the texts of its expressions are more than are followed")


def _source(text: str, notes: Notes) -> None:
    """What the source itself shows, whatever it means."""
    for hidden in hidden_in(text):
        told = f"{hidden.count} invisible characters ({hidden.name}, {hidden.code})"
        data = {"class": hidden.name, "count": str(hidden.count), "code": hidden.code, "how": "source"}
        notes.add("template-hidden-character", told, text.count("\n", 0, hidden.position) + 1, **data)
    far = _FAR.search(text)
    if far:
        told = "text behind so much blank space that it is out of sight"
        notes.add("template-out-of-sight", told, text.count("\n", 0, far.end()) + 1)
    if len(text) > MAX_CHARS:
        notes.add("template-cost", f"has {len(text):,} characters", None, sign="size")


def _raw(text: str, notes: Notes) -> None:
    """What can be told of a text that is no template: enough to see an attempt."""
    for match in _RAW_ESCAPE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        told = f"{match[0]!r} in a text that does not parse"
        notes.add("template-escape", told, line, name=match[0], how="source", degree="unparsed")
    for sign, excerpt in requests_in(text):
        notes.add("template-text", f"says {excerpt!r}", None, sign=sign, text=excerpt, on="")


def _summary(text: str, steps: list[Step], notes: Notes) -> None:
    notes.whole(
        "template",
        f"a chat template of {len(text):,} characters",
        chars=str(len(text)),
        fingerprint=fingerprint(text),
        parsed="yes" if steps else "no",
        sentences="\n".join(sentences(steps)),
    )
