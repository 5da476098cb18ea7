"""A pickle runs code of a known library

## What it does
Reports pickles that hold whole objects of libraries (scikit-learn estimators, PyTorch modules, YOLO networks, fastai
learners) instead of tensors, and names the libraries. Loading them runs code of the installed library; formats that
store functions too (fastai, cloudpickle, dill) run whatever was stored.

## Why it matters
Such files are ordinary, and still programs: `weights_only=True` refuses them, and nobody but a person can say whether
the stored functions do what the card says.

## Example
`model.joblib` holds `sklearn.ensemble.RandomForestClassifier`: it needs scikit-learn to run its code while loading.

## How to fix
Load it only from a publisher you trust, in a sandbox, or ask for a format without code (safetensors, ONNX, skops).

## References
- https://scikit-learn.org/stable/model_persistence.html
- https://pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from trustaudit.checks._pickle_findings import LEAVE_OUT, location, verb
from trustaudit.checks._pickle_judgement import Assessed, Threat, assess
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="pickle-library-code",
    title="A pickle runs code of a known library",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_SHOWN = 6


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and library: a YOLO checkpoint names sixty classes and is one matter."""
    groups: defaultdict[tuple[str, str], list[Assessed]] = defaultdict(list)
    for item in assess(snapshot, context, Threat.LIBRARY):
        groups[item.file.path, _library(item)].append(item)
    for (_, library), items in sorted(groups.items()):
        yield _finding(library, sorted(items, key=_badness, reverse=True))


def _library(item: Assessed) -> str:
    return item.judged.library or (item.used.module or "").partition(".")[0]


def _badness(item: Assessed) -> tuple[int, int, int]:
    return item.severity.rank, item.confidence.rank, -item.used.offset


def _finding(library: str, items: list[Assessed]) -> Finding:
    worst = items[0]
    names = list(dict.fromkeys(item.used.qualified for item in items))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    design = (
        "; it can hold functions of its own: arbitrary code by design" if any(i.judged.design for i in items) else ""
    )
    return META.found(
        f"{verb(worst.used)} code of {library} when loaded{design}",
        location=location(worst),
        severity=worst.severity,
        confidence=worst.confidence,
        evidence=", ".join(names[:_SHOWN]) + more,
        remediation=LEAVE_OUT
        if worst.training
        else "load it only if you trust the publisher; prefer a format without code",
        key=library,
    )
