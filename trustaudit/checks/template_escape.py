"""Chat template that reaches for the interpreter

## What it does
Parses every chat template (`tokenizer_config.json`, `chat_template.jinja`, GGUF metadata and others) with Jinja's
grammar and reports names that lead from a value to the Python interpreter: `__class__` and its kind, `mro`,
`f_globals`, engine objects such as `self` and `lipsum`. Constants are put together first: concatenation, escapes,
`join`, `replace`, `reverse`, slices, formats, variables, loops, macros. Nothing is rendered.

## Why it matters
A template is a program that runs for each conversation. transformers renders it in a sandbox; other engines did
not, and such a template ran commands when the model was used. No honest template needs any of these names.

## Example
`{{ ''['__cla' ~ 'ss__'] }}`

## How to fix
Do not load the model with any engine. Use the original repository of the model.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2024-34359 (llama-cpp-python)
- https://nvd.nist.gov/vuln/detail/CVE-2026-5760 (SGLang)
"""

from __future__ import annotations

from trustaudit.checks._templates import Weight, by_sign
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Observation
from trustaudit.finding import Category, CheckResult, Confidence, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-escape",
    title="Chat template that reaches for the interpreter",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_REACHED = Weight(Severity.CRITICAL, Confidence.HIGH)
_SPELLED = Weight(Severity.HIGH, Confidence.MEDIUM)
_PRIVATE = Weight(Severity.MEDIUM, Confidence.MEDIUM)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per template."""
    return by_sign(META, snapshot, ("template-escape",), _weigh, "do not load this model; use the original repository")


def _weigh(note: Observation) -> Weight:
    if note.get("degree") == "private":
        return _PRIVATE
    # A name that only stands there, or stands in a text that does not parse, was not seen to be looked up.
    stands = note.get("degree") == "unparsed" or note.get("how") in ("text", "name", "keyword")
    return _SPELLED if stands else _REACHED
