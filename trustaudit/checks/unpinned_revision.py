"""Revision is not pinned

## What it does
Notes that a branch or tag was audited rather than a commit, and names the commit to pin. Says so louder when
the branch moved while the audit was under way, or when the Hub names no commit at all.

## Why it matters
A branch or tag can point to other files a minute after the audit. Only a full commit id makes sure that what
is loaded is what was looked at.

## Example
```python
AutoModel.from_pretrained("org/model", revision="86b5e0934494bd15c9632b12f734a8a67f723594")
```

## How to fix
Pass the commit as `revision`, or record it with `trustaudit lock add`.

## References
- https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.from_pretrained
- https://media.defense.gov/2025/May/22/2003720601/-1/-1/0/CSI_AI_DATA_SECURITY.PDF
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.refs import DEFAULT_BRANCH
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="unpinned-revision",
    title="Revision is not pinned",
    severity=Severity.INFO,
    category=Category.INTEGRITY,
    needs=frozenset({Need.INFO}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """Pinning advice, and the two cases in which the audit itself could not be pinned."""
    if snapshot.commit is None:
        yield _finding("this Hub names no commit, so the audit could not be pinned to one", Severity.LOW, "no-commit")
        return
    if snapshot.moved:
        yield _finding("the branch kept moving during the audit", Severity.LOW, "moved")
    if not snapshot.ref.is_pinned:
        name = snapshot.ref.revision or DEFAULT_BRANCH
        yield _finding(f"{name} can move; what was audited is {snapshot.commit}", META.severity, "unpinned")


def _finding(message: str, severity: Severity, key: str) -> Finding:
    return META.found(
        message,
        location=Location(field="revision"),
        severity=severity,
        confidence=Confidence.HIGH,
        remediation="pass the full commit id as revision",
        key=key,
    )
