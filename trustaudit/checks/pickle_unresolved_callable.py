"""A pickle calls something whose name cannot be told

## What it does
Reports callables that are not named by constants in the file: put together at load time, taken from the extension
registry by number, or called as the result of something else that is not known.

## Why it matters
Pickles that libraries write name every callable outright. One that hides a name cannot be proven harmless, and
hiding names is what evasions do.

## Example
`STACK_GLOBAL` whose module name is the result of a call instead of a text in the file.

## How to fix
Do not load the file. Ask the publisher how it was written.

## References
- https://docs.python.org/3/library/pickletools.html
- https://github.com/mmaitre314/picklescan/issues/22
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._pickle_findings import callable_findings
from trustaudit.checks._pickle_judgement import Threat, assess
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="pickle-unresolved-callable",
    title="A pickle calls something whose name cannot be told",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and kind of reference."""
    found = assess(snapshot, context, Threat.UNRESOLVED)
    return callable_findings(META, found, "do not load this file: what it runs cannot be told before it runs")
