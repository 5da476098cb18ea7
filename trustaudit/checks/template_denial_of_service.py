"""Chat template that asks for endless work

## What it does
Reports work that a chat template asks for whatever the conversation: loops over ranges of more than 10,000 numbers
or a million rounds when nested, texts repeated a million times, columns of that width, huge powers, macros that call
themselves without a condition, and templates of more than 256 KiB.

## Why it matters
The template runs on the server for each request. One that counts to a billion stops it.

## Example
`{% for i in range(10 ** 9) %}{% endfor %}`

## How to fix
Use the template of the model it is derived from.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2025-61620 (vLLM, templates given by the user)
"""

from __future__ import annotations

from trustaudit.checks._templates import Weight, by_sign
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Observation
from trustaudit.finding import Category, CheckResult, Confidence, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-denial-of-service",
    title="Chat template that asks for endless work",
    severity=Severity.MEDIUM,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_CONSTANT = Weight(Severity.MEDIUM, Confidence.HIGH)
_LARGE = Weight(Severity.MEDIUM, Confidence.MEDIUM)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per template."""
    return by_sign(META, snapshot, ("template-cost",), _weigh, "use the template of the model it is derived from")


def _weigh(note: Observation) -> Weight:
    return _LARGE if note.get("sign") == "size" else _CONSTANT
