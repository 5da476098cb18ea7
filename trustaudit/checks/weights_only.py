"""Whether a checkpoint loads without running foreign code

## What it does
States for every PyTorch pickle whether `torch.load(weights_only=True)` accepts it, and if not, because of what.

## Why it matters
PyTorch's restricted unpickler only rebuilds tensors and plain containers. A file that needs more can only be loaded by
giving up that protection, which is a decision a person should make knowingly.

## Example
`best.pt` does not load under weights_only: it names `ultralytics.nn.tasks.DetectionModel`.

## How to fix
Prefer safetensors or a plain state dict. Where the classes are known and trusted, allow them one by one with
`torch.serialization.add_safe_globals`.

## References
- https://pytorch.org/docs/stable/notes/serialization.html#weights-only
- CVE-2025-32434 (needs torch 2.6), CVE-2026-24747 (needs torch 2.10)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.weights_only import weights_only
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="weights-only",
    title="Whether a checkpoint loads without running foreign code",
    severity=Severity.INFO,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_TORCH = "torch"
_SHOWN = 4


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One note per PyTorch file."""
    for file in snapshot.file_facts:
        if file.format.startswith(_TORCH):
            _, reasons = weights_only(file.globals, file.observations)
            yield _note(file, list(reasons))


def _note(file: FileFacts, reasons: list[str]) -> Finding:
    more = f" and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    verdict = (
        f"does not load under weights_only: {', '.join(reasons[:_SHOWN])}{more}"
        if reasons
        else "loads under weights_only"
    )
    return META.found(
        verdict,
        location=Location(path=file.path),
        severity=Severity.LOW if reasons else Severity.INFO,
        confidence=Confidence.MEDIUM,
        remediation="prefer safetensors or a plain state dict" if reasons else "",
        key="refused" if reasons else "accepted",
    )
