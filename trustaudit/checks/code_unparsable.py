"""Python file that could not be read as Python

## What it does
Reports Python files that do not parse: syntax of another version, zero bytes, text that is something else, or files
beyond the size that is read. What does not parse is still searched for the words of dangerous calls.

## Why it matters
A file that no reader understands was not judged. Files that are to run and do not parse are broken, written for another
Python, or made so on purpose.

## Example
`modeling_acme.py` with 40 MB of comments in front of the code.

## How to fix
Read the file yourself; do not load the model with trust_remote_code=True before.

## References
- https://docs.python.org/3/library/ast.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import code_facts, code_finding
from trustaudit.checks._code_graph import Standing, standings
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-unparsable",
    title="Python file that could not be read as Python",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_LIMITS = frozenset(
    {
        "text-bytes",
        "python-tokens",
        "python-scopes",
        "python-text-steps",
        "python-bindings",
        "observations",
        "notebook-bytes",
        "notebook-cells",
    }
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per file, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "unparsed", "zero-bytes"):
        severity = fact.weighed(Severity.MEDIUM)
        if severity is not Severity.INFO:
            yield code_finding(META, fact, fact.note.message, severity, Confidence.MEDIUM)
    known = standings(snapshot)
    for file in snapshot.file_facts:
        cut = sorted(_LIMITS.intersection(file.limits))
        run_file = known.get(file.path)
        if cut and run_file is not None:
            loose = run_file.standing in (Standing.LOOSE, Standing.HOSTED)
            yield META.found(
                f"too large to be read whole ({', '.join(cut)})",
                location=Location(path=file.path),
                severity=Severity.LOW if loose else Severity.MEDIUM,
                confidence=Confidence.MEDIUM,
                remediation="read the file before you load this with trust_remote_code=True",
                key="limit",
            )
