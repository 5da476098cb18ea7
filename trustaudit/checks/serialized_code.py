"""A file of another ecosystem holds code

## What it does
Reports functions and promises inside formats that look like data: Lua bytecode in Torch7 files, promises and bytecode
in R data, object arrays and pickled bytes in msgpack, registered functions in spaCy pipelines, arguments that a
llamafile gives itself, `.pth` files that are import hooks of Python.

## Why it matters
These formats were made for whole programs' states, not for strangers' files. Reading them can evaluate what is inside.

## Example
An `.rds` file with a promise (CVE-2024-27322): reading it evaluates an expression.

## How to fix
Ask for a format without code. For R, use 4.4.0 or newer.

## References
- CVE-2024-27322
- https://github.com/explosion/spaCy/discussions (registered functions run on load)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="serialized-code",
    title="A file of another ecosystem holds code",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)

_WEIGHTS = {
    "torch7-function": _MEDIUM,
    "r-promise": _HIGH,
    "r-bytecode": _MEDIUM,
    "r-pointer": Weight(Severity.INFO),
    "msgpack-object-dtype": _HIGH,
    "msgpack-key": _HIGH,
    "msgpack-pickle-bytes": _HIGH,
    "spacy-function": _MEDIUM,
    "llamafile-arguments": Weight(Severity.LOW),
    "h5-pickled-attribute": _MEDIUM,
    "pth-import-hook": Weight(Severity.CRITICAL),
}
_SPACY_OWN = (
    "spacy.",
    "spacy-transformers.",
    "spacy-legacy.",
    "thinc.",
    "Adam.",
    "warmup_linear.",
    "spacy_curated",
    "spacy-curated",
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and kind."""
    return observed_findings(
        META, snapshot, _WEIGHTS, adjust=_adjusted, remediation="ask for a format without code, or load it in a sandbox"
    )


def _adjusted(_file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
    if seen.kind == "spacy-function" and seen.get("name").startswith(_SPACY_OWN):
        return None
    if seen.kind == "llamafile-arguments" and any(word in seen.get("text") for word in ("://", "--system", "$(", "`")):
        return _HIGH
    return weight
