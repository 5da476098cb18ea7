"""A pickle runs code of no library this program knows

## What it does
Reports callables that are neither tensor or data code nor part of a known library. A function that is called weighs
more than a class: libraries store objects, attacks call functions. Classes of the script that wrote the file
(`__main__`) and of unknown packages are *medium*.

## Why it matters
Lists of bad names are never complete; every scanner that relied on one was bypassed. What is not known to be
harmless is named here, so that a person decides.

## Example
`model.pkl` calls `mypackage.helpers.setup(…)`. Whether that is harmless depends on what is installed as `mypackage`.

## How to fix
Find out which package the name belongs to and whether the publisher documents it. Prefer a state dict or safetensors.
For training leftovers such as `training_args.bin`: leave them out of the download.

## References
- https://huggingface.co/docs/hub/security-pickle
- https://arxiv.org/abs/2508.15987
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._pickle_findings import callable_findings
from trustaudit.checks._pickle_judgement import Threat, assess
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="pickle-unknown-callable",
    title="A pickle runs code of no library this program knows",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and callable."""
    found = assess(snapshot, context, Threat.UNKNOWN)
    return callable_findings(META, found, "find out where this code comes from before you load the file")
