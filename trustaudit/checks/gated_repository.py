"""Repository behind an access gate

## What it does
Notes that the publisher asks for accepted conditions, and whether access is granted at once or by hand.

## Why it matters
A gate is not a risk in itself. It matters for what an audit can see: without access the metadata is public
and the files and commits are not, and everything that could not be seen is reported as such.

## Example
`"gated": "manual"` of meta-llama/Llama-3.1-8B.

## How to fix
Accept the conditions on the Hub with the account of your token and run the audit again.

## References
- https://huggingface.co/docs/hub/models-gated
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="gated-repository",
    title="Repository behind an access gate",
    severity=Severity.INFO,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.INFO}),
)

_MEANING = {
    "auto": "access is granted at once to whoever accepts the conditions",
    "manual": "the publisher grants access by hand",
}


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One note when the gate is on."""
    gate = snapshot.repo_info.gated if snapshot.repo_info else None
    if gate in _MEANING:
        yield META.found(
            f"gated: {_MEANING[gate]}",
            location=Location(field="gated"),
            evidence=f"gated: {gate}",
            remediation="accept the conditions on the Hub with the account of your token to let the files be seen",
        )
