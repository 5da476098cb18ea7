"""A model archive carries code or programs

## What it does
Reports members of model archives that are source code, scripts, native libraries or programs: TorchServe handlers,
torch.package sources, compiled kernels, files that have no place in a checkpoint. Programs are known by their bytes,
in tar files and compressed ones too. Python source in a wheel is what wheels are for. In a skops archive, types that
no model needs count as well, although skops asks before it loads them.

## Why it matters
Some formats run what they carry when they are loaded (torch.package imports its sources, TorchServe its handler,
AOTInductor its shared library). In the others such members have no honest use.

## Example
`model.mar` holds `handler.py`; `model.pt2` holds `data/aotinductor/model/kernel.so`.

## How to fix
Read the source before loading, or take a format without code.

## References
- https://pytorch.org/docs/stable/package.html
- https://pytorch.org/serve/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustaudit.checks._observed import Weight, observed_findings
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.pickle_globals import GlobalsTable, Grade, Level
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="archive-code-member",
    title="A model archive carries code or programs",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_ADVICE = "read this code before you load the file, or take a format without code"
_WEIGHTS = {
    "archive-code-member": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "archive-native-member": Weight(Severity.HIGH, Confidence.MEDIUM),
    "executable-content": Weight(Severity.HIGH, Confidence.MEDIUM),
    "torch-package": Weight(Severity.MEDIUM),
    "torch-second-root": Weight(Severity.MEDIUM),
    "torch-packed-member": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "torch-tar": Weight(Severity.LOW),
    "torchscript-file-op": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "torchscript-python-op": Weight(Severity.HIGH, Confidence.MEDIUM),
    "torchscript-custom-op": Weight(Severity.INFO),
    "torchscript-custom-class": Weight(Severity.INFO),
    "skops-method": Weight(Severity.HIGH, Confidence.MEDIUM),
    "skops-operator": Weight(Severity.HIGH, Confidence.MEDIUM),
    "skops-type": Weight(Severity.LOW),
    "npy-header-invalid": Weight(Severity.MEDIUM, Confidence.MEDIUM),
    "npy-size-mismatch": Weight(Severity.LOW, Confidence.MEDIUM),
}


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and kind of member."""
    table = context.knowledge.pickle_globals

    def adjust(file: FileFacts, seen: Observation, weight: Weight) -> Weight | None:
        if seen.kind == "torchscript-file-op" and re.search("['\"]", seen.get("arguments")):
            return Weight(Severity.HIGH, Confidence.MEDIUM)
        if seen.kind == "executable-content":
            return weight if seen.member and seen.get("format") != "script" else None
        if seen.kind == "archive-code-member" and file.format == "wheel" and file.path.casefold().endswith(".whl"):
            return Weight(Severity.INFO) if seen.get("kind") == "python" else weight
        return _of_type(seen, weight, table) if seen.kind == "skops-type" else weight

    return observed_findings(META, snapshot, _WEIGHTS, adjust=adjust, remediation=_ADVICE)


def _of_type(seen: Observation, weight: Weight, table: GlobalsTable) -> Weight | None:
    """What skops does not know it loads only for callers who trust it by name; a copied line of code does."""
    judged = table.judge(seen.get("module"), seen.get("name"))
    if judged.level is Level.DENY and judged.grade is Grade.EXECUTE:
        return Weight(Severity.HIGH)
    return None if judged.level in (Level.DATA, Level.LIBRARY) else weight
