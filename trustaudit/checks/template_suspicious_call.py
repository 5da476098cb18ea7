"""Chat template that calls what templates have no use for

## What it does
Reports what a chat template calls or uses besides the ordinary filters, tests and methods: the `attr` filter,
attributes and format patterns that are computed, other files (`include`, `import`, `extends`), functions that no
engine offers, the tags `do`, `call` and `block`, and calls of something that was looked up.

## Why it matters
These are the tools by which templates get around a sandbox, or make an engine read other files. Honest templates
are built from loops, conditions, macros and a few dozen text functions.

## Example
`{{ message | attr(message.role) }}`

## How to fix
Read the template. Compare it with the one of the model it is derived from, and use that one.

## References
- https://huggingface.co/docs/transformers/chat_templating_writing
- https://jinja.palletsprojects.com/en/stable/sandbox/
"""

from __future__ import annotations

from trustaudit.checks._templates import Weight, by_sign
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Observation
from trustaudit.finding import Category, CheckResult, Confidence, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-suspicious-call",
    title="Chat template that calls what templates have no use for",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_CERTAIN = Weight(Severity.HIGH, Confidence.HIGH)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
# Custom engines offer functions of their own, and fine-tunes are written for them: worth a look, not a refusal.
_POSSIBLE = Weight(Severity.HIGH, Confidence.LOW)
_ODD = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_UNUSUAL = Weight(Severity.LOW, Confidence.MEDIUM)

_WEIGHTS = {
    "attr": _CERTAIN,
    "dangerous": _CERTAIN,
    "include": _LIKELY,
    "import": _LIKELY,
    "from": _LIKELY,
    "extends": _LIKELY,
    "called-value": _LIKELY,
    "literal-attribute": _LIKELY,
    "dynamic-attribute": _POSSIBLE,
    "dynamic-format": _POSSIBLE,
    "unknown-function": _POSSIBLE,
    "do": _ODD,
    "call": _ODD,
    "block": _ODD,
    "unknown-filter": _ODD,
    "unknown-test": _ODD,
    "unknown-method": _UNUSUAL,
}


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per template."""
    return by_sign(META, snapshot, ("template-call",), _weigh, "read the template before you use it in any engine")


def _weigh(note: Observation) -> Weight | None:
    return _WEIGHTS.get(note.get("sign"))
