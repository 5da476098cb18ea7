"""A document carries active content

## What it does
Reports PDFs that run JavaScript or start programs, Office files with macros or packages, RTF with objects or remote
templates, HTML and SVG with scripts.

## Why it matters
A paper or a manual beside a model is opened by a person. Active content has no use there and is an old way in.

## Example
`paper.pdf` with a `/Launch` action; `results.docm` with macros.

## How to fix
Open it in a viewer without active content, or not at all.

## References
- https://attack.mitre.org/techniques/T1204/002/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="active-document",
    title="A document carries active content",
    severity=Severity.MEDIUM,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW)

_WEIGHTS = {
    "pdf-launch": _HIGH,
    "pdf-javascript": _MEDIUM,
    "pdf-open-action": Weight(Severity.INFO),
    "pdf-embedded-file": _LOW,
    "rtf-object": _MEDIUM,
    "rtf-template": _HIGH,
    "ole-macros": _HIGH,
    "ole-package": _MEDIUM,
    "document-macros": _HIGH,
    "web-script": _LOW,
    "web-frame": _LOW,
}


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and kind. Pages of a Space are its purpose."""
    space = snapshot.ref.type is RepoType.SPACE

    def adjust(file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
        if seen.kind == "web-script":
            weight = _script_weight(snapshot.ref.type, file.format)
        return None if space and seen.kind.startswith("web-") else weight

    return observed_findings(
        META, snapshot, _WEIGHTS, adjust=adjust, remediation="open it without active content, or not at all"
    )


def _script_weight(repo: RepoType, file_format: str) -> Weight:
    """A picture has no use for scripts, a page beside a model is there to be opened; datasets can consist of pages."""
    if file_format == "svg":
        return _MEDIUM
    return _LOW if repo is RepoType.DATASET else Weight(Severity.MEDIUM, Confidence.LOW)
