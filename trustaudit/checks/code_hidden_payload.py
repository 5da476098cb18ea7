"""Code that decodes something and runs it

## What it does
Follows values from decoders (base64, hexadecimal, zlib, XOR, ciphers) into `exec`, `eval`, `marshal`, unpickling, a new
process, or a file that is then run; and calls that put machine code into memory.

## Why it matters
Honest source has no reason to hide itself from its reader. The decoded part is what the author did not want seen.

## Example
`exec(zlib.decompress(base64.b64decode(b"eJw…")))`

## How to fix
Do not run this code.

## References
- https://attack.mitre.org/techniques/T1027/
- https://arxiv.org/abs/2409.09368 (MalHug)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CodeFact, code_facts, code_finding
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-hidden-payload",
    title="Code that decodes something and runs it",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_FLOWS = {
    "decode-execute": ("runs what it decodes", Severity.CRITICAL),
    "drop-execute": ("writes a file that it decoded and runs it", Severity.CRITICAL),
    "decode-unpickle": ("unpickles what it decodes", Severity.HIGH),
}
_SHELL = "encoded-run"


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per flow, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "process", "install", "shellcode"):
        if fact.note.kind == "python-shellcode":
            yield _finding(fact, "puts machine code into memory", Severity.CRITICAL)
        elif fact.what in _FLOWS:
            yield _finding(fact, *_FLOWS[fact.what])
        elif _SHELL in fact.note.get("traits").split():
            yield _finding(fact, "starts a command that hides what it runs", Severity.CRITICAL)


def _finding(fact: CodeFact, message: str, severity: Severity) -> Finding:
    confidence = Confidence.MEDIUM if fact.is_loose or severity is Severity.HIGH else Confidence.HIGH
    return code_finding(META, fact, message, fact.weighed(severity, loose=1, hosted=Severity.MEDIUM), confidence)
