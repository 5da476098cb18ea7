"""Chat template that cannot be read as one

## What it does
Reports chat templates that Jinja's grammar does not accept, or that are nested or sized beyond what is parsed.

## Why it matters
What was not parsed was not analysed. transformers fails on such a template; an engine with a grammar of its own may
not. Templates in the language of Go, which Ollama uses, are a note.

## Example
`{% for message in messages %}` without an end.

## How to fix
Read the template as text. Ask the publisher which engine it is written for.

## References
- https://jinja.palletsprojects.com/en/stable/templates/
"""

from __future__ import annotations

from trustaudit.checks._templates import Weight, by_sign
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Observation
from trustaudit.finding import Category, CheckResult, Confidence, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-unparsable",
    title="Chat template that cannot be read as one",
    severity=Severity.LOW,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_KINDS = ("template-unparsable", "template-too-deep", "template-too-large")
_OTHER_ENGINE = Weight(Severity.INFO, Confidence.MEDIUM)
_BROKEN = Weight(Severity.LOW, Confidence.HIGH)
_EVASIVE = Weight(Severity.MEDIUM, Confidence.MEDIUM)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per template."""
    return by_sign(META, snapshot, _KINDS, _weigh, "read the template as text before you use it")


def _weigh(note: Observation) -> Weight:
    if note.get("engine") == "go":
        return _OTHER_ENGINE
    return _BROKEN if note.kind == "template-unparsable" else _EVASIVE
