"""Chat template with text that cannot be seen

## What it does
Reports characters in a chat template that are not shown (tags, zero-width characters, direction controls, letters
without ink, control characters), written as such or as escapes, and text behind hundreds of blanks or empty lines.

## Why it matters
A model reads what a person does not see. Instructions have been smuggled in as invisible tag characters, and
direction controls make a line read differently from what it does.

## Example
`You are helpful.` followed by letters of the Unicode block of tags.

## How to fix
Use the template of the model it is derived from, or remove these characters and read what is left.

## References
- https://nvd.nist.gov/vuln/detail/CVE-2021-42574 (direction controls)
- https://www.unicode.org/reports/tr36/
"""

from __future__ import annotations

from trustaudit.checks._templates import Weight, by_sign
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import Observation
from trustaudit.finding import Category, CheckResult, Confidence, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="template-hidden-text",
    title="Chat template with text that cannot be seen",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_MESSAGE_LENGTH = 8
"""Invisible characters from which on they may spell something; one or two are slips of an editor."""

_SPELLED = Weight(Severity.HIGH, Confidence.HIGH)
_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_ODD = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_SLIP = Weight(Severity.MEDIUM, Confidence.LOW)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """One finding per template."""
    kinds = ("template-hidden-character", "template-out-of-sight")
    return by_sign(META, snapshot, kinds, _weigh, "use the template of the model it is derived from")


def _weigh(note: Observation) -> Weight:
    count = note.get("count")
    many = count.isdecimal() and int(count[:9]) >= _MESSAGE_LENGTH
    match note.get("class"):
        case "tag":
            return _SPELLED if many else _LIKELY
        case "bidi":
            return _LIKELY
        case "zero-width" | "selector":
            return _LIKELY if many else _ODD
        case "":
            return _ODD
        case _:
            return _ODD if many else _SLIP
