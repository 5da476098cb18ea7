"""A pickle reaches for something that runs programs or code

## What it does
Reads the pickle's own program, without running it, and names every callable it would bring in that starts
processes, runs code, reaches files or the network, or leads to such. Called means *critical*, only imported means
*high*: an import alone runs a module's top level, and the reference can be called later.

## Why it matters
Loading a pickle executes it. `torch.load`, `joblib.load`, `numpy.load` and many others do so, and a model works
just as well with such a call inside. Names are judged after the interpreter's own rules: Python 2 spellings,
dotted paths, names put together on the stack, pickles inside pickles.

## Example
`pytorch_model.bin` holds `posix.system("…")` at offset 112 of `archive/data.pkl`.

## How to fix
Do not load the file. If the repository offers safetensors, load only those. Tell the publisher and the Hub.

## References
- https://docs.python.org/3/library/pickle.html (the warning at the top)
- https://huggingface.co/docs/hub/security-pickle
- CVE-2025-1716, CVE-2025-10157, GHSA-vvpj-8cmc-gx39, GHSA-5j3x-jp52-966f
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._pickle_findings import callable_findings
from trustaudit.checks._pickle_judgement import Threat, assess
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="pickle-dangerous-call",
    title="A pickle reaches for something that runs programs or code",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """One finding per file and callable."""
    found = assess(snapshot, context, Threat.DANGEROUS)
    return callable_findings(META, found, "do not load this file; load a safe format instead, or another model")
