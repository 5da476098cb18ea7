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
from trustaudit.knowledge.pickle_globals import GlobalsTable
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


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One note per PyTorch file."""
    table = context.knowledge.pickle_globals
    for file in snapshot.file_facts:
        if file.format.startswith(_TORCH):
            yield _note(file, weights_only_reasons(file, table))


def weights_only_reasons(file: FileFacts, table: GlobalsTable) -> list[str]:
    """Why torch's restricted unpickler refuses the file; empty when it does not."""
    foreign = [
        used.qualified
        for used in file.globals
        if used.module is None or used.name is None or not table.weights_only_global(used.module, used.name)
    ]
    opcodes = {
        name for seen in file.observations if seen.kind == "pickle-opcodes" for name in seen.get("opcodes").split()
    }
    unknown = sorted(opcodes - table.weights_only_opcodes)
    return [*dict.fromkeys(foreign), *(f"opcode {name}" for name in unknown)]


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
