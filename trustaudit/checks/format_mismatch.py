"""A file is not what its name says

## What it does
Compares what a file is by its bytes with what its name promises, and reports files that are two things at once.
Programs, archives and pickles under the name of weights or text weigh most; known families that share a name (`.bin`
of fastText, OpenVINO or sentencepiece, `.pt` that are plain zips, models with metadata appended) do not count.

## Why it matters
A wrong name is how payloads pass people and scanners that go by names, and how one file means different things to
different loaders.

## Example
`model.pt` is a 7z archive: PyTorch cannot load it, a script beside it can unpack it, and most scanners skip it.

## How to fix
Do not use the file before the publisher explains it.

## References
- https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face (nullifAI)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.file_kinds import FileKind, kind_of, kind_of_format
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="format-mismatch",
    title="A file is not what its name says",
    severity=Severity.HIGH,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_OPAQUE = frozenset({"7z", "rar", "cab", "ace", "arj", "lzh", "zip-encrypted"})
_WEIGHTS = {
    "format-mismatch": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "polyglot": Weight(Severity.HIGH, Confidence.MEDIUM),
    "opaque-container": Weight(Severity.HIGH, Confidence.MEDIUM),
}


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and disguise."""
    return observed_findings(
        META,
        snapshot,
        _WEIGHTS,
        adjust=_adjusted,
        remediation="do not use this file before the publisher explains what it is",
    )


def _adjusted(file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
    actual = seen.get("actual", file.format)
    weights = kind_of(file.path).is_weights or kind_of(file.path).runs_on_load
    if seen.kind == "opaque-container":
        return weight if weights else Weight(Severity.LOW, Confidence.MEDIUM)
    if seen.kind == "format-mismatch" and (
        (kind_of_format(actual) or FileKind.UNKNOWN).starts_programs or (actual in _OPAQUE and weights)
    ):
        return Weight(Severity.HIGH, Confidence.HIGH)
    return weight
