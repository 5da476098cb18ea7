"""Large file without a SHA-256

## What it does
Reports large (Git LFS or Xet) files for which the Hub lists no SHA-256, and weight files for which it lists
neither a hash nor a size.

## Why it matters
The SHA-256 of a large file is the one value with which a download can be compared to what was audited. A Xet
hash has the same look, 64 hexadecimal digits, and is not a SHA-256: it cannot be compared with published sums.

## Example
`{"path": "model.safetensors", "lfs": {"size": 548105171}}`: no `oid`.

## How to fix
Ask the publisher to upload the file again, or take it from a repository that lists its hash.

## References
- https://huggingface.co/docs/hub/xet/index
- https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="missing-hash",
    title="Large file without a SHA-256",
    severity=Severity.LOW,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding for all such files: a Hub without hashes lacks them everywhere."""
    without = [seen for seen in seen_files(snapshot) if _unverifiable(seen)]
    if not without:
        return ()
    finding = META.found(
        f"{counted(len(without), 'file')} cannot be verified after download: the Hub lists no SHA-256",
        location=Location(path=without[0].path),
        confidence=Confidence.HIGH,
        evidence=listed(seen.path for seen in without),
        remediation="take the files from a repository that lists their hashes",
    )
    return (finding,)


def _unverifiable(seen: SeenFile) -> bool:
    entry = seen.entry
    if entry.lfs is not None:
        return entry.lfs.sha256 is None
    return seen.kind.is_weights and entry.oid is None
