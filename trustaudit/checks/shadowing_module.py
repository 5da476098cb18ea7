"""Python file that takes over a library's name

## What it does
Reports Python files and packages in the root of the repository that are called like a library or a module of
the standard library.

## Why it matters
Python looks into the folder of the running script first. Whoever runs anything from a downloaded copy imports
the repository's `torch.py` in place of PyTorch.

## Example
`requests.py` beside the weights: every script started in the folder imports it instead of the real library.

## How to fix
Do not run scripts from inside the downloaded folder, and leave the file out of the download.

## References
- https://docs.python.org/3/library/sys_path_init.html
- https://github.com/ZJU-SEC/TensorAbuse
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.import_names import import_names
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="shadowing-module",
    title="Python file that takes over a library's name",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.FILES}),
    applies_to=frozenset({RepoType.MODEL, RepoType.DATASET}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """One finding per taken name, in the order of paths."""
    names = import_names()
    taken = {name: entry.path for entry in reversed(snapshot.entries) if (name := _import_name(entry.path))}
    for name, path in sorted(taken.items()):
        if name in names["core"]:
            yield _finding(path, name, Severity.HIGH)
        elif name in names["common"]:
            yield _finding(path, name, Severity.LOW)


def _import_name(path: str) -> str:
    """What ``import`` calls a file in the root: ``torch.py`` and ``torch/__init__.py`` are both torch."""
    if path.endswith("/__init__.py") and path.count("/") == 1:
        return path.partition("/")[0]
    return path.removesuffix(".py") if path.endswith(".py") and "/" not in path else ""


def _finding(path: str, name: str, severity: Severity) -> Finding:
    return META.found(
        f"scripts started in this folder import this file in place of {name}",
        location=Location(path=path),
        severity=severity,
        # The name nominates; what the file does is told by the checks that read it.
        confidence=Confidence.LOW,
        remediation="leave this file out of downloads and run nothing from inside the folder",
        key=name,
    )
