"""Configuration that readers disagree about

## What it does
Reports configurations in which a key that steers the loader stands twice in one object, and configurations that do
not parse although they mention such a key. Other files that do not parse are a note.

## Why it matters
Of two equal keys one parser keeps the first and another the last. What a scanner saw need not be what the loader
does.

## Example
`{"auto_map": {}, "auto_map": {"AutoModel": "modeling_x.Model"}}`

## How to fix
Ask the publisher for a clean file. Do not load a model whose configuration says two things.

## References
- https://www.rfc-editor.org/rfc/rfc8259#section-4
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._config import LIKELY, MINOR, NOTE, ODD, Weight, weighed
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="config-malformed",
    title="Configuration that readers disagree about",
    severity=Severity.MEDIUM,
    category=Category.INTEGRITY,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_KINDS = ("config-duplicate-key", "config-unparsable", "yaml-unparsable", "yaml-too-deep", "yaml-too-long")


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per defect."""
    return bounded(META, weighed(META, snapshot, _KINDS, _weigh, "ask the publisher for a clean file"))


def _weigh(_file: FileFacts, note: Observation) -> tuple[Weight, str]:
    if note.kind == "config-duplicate-key":
        return (LIKELY if note.get("steers") == "yes" else NOTE), "readers differ in which of the two counts"
    if note.get("mentions"):
        return ODD, "and mentions what steers a loader"
    return (NOTE if note.kind == "config-unparsable" else MINOR), "no loader reads it as a whole"
