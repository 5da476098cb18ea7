"""Code or keys in the metadata of a model file

## What it does
Reports texts inside the metadata of tensor files and graphs that do not belong there: pickles as text, downloads piped
into a shell, Python that starts processes, scripts, private keys.

## Why it matters
Some tools evaluate or unpickle metadata; others show it on a page. A format that cannot run code is still a carrier.

## Example
A safetensors `__metadata__` entry that is a base64-encoded pickle.

## How to fix
Ask the publisher what the entry is for. Do not use tools that evaluate metadata.

## References
- CVE-2025-23304, CVE-2026-22584 (metadata that configures code)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="embedded-text",
    title="Code or keys in the metadata of a model file",
    severity=Severity.MEDIUM,
    category=Category.CONTENT,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_WEIGHTS = {
    "metadata-pickle": Weight(Severity.HIGH, Confidence.MEDIUM),
    "metadata-shell": Weight(Severity.HIGH, Confidence.MEDIUM),
    "metadata-code": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "metadata-script": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "metadata-private-key": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "metadata-base64": Weight(Severity.INFO),
}


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per file and kind."""
    return observed_findings(META, snapshot, _WEIGHTS, remediation="ask the publisher what this entry is for")
