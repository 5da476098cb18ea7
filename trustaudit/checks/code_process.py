"""Code that starts other programs or installs packages

## What it does
Reports calls that start a process, a shell, or an installer, and when they do so: at import, while a model is loaded,
or in a function that something must call. Well-known tools that only answer questions or convert media (`nvidia-smi`,
`nvcc -V`, `ffmpeg`) are a note.

## Why it matters
Importing a file of a model must not start anything: by then nobody has agreed to more than loading. Installing packages
runs their code as well.

## Example
`os.system("…")` at the top of `modeling_acme.py`.

## How to fix
Install what is needed yourself, from a pinned list, and read what the command does before you load the model.

## References
- https://docs.python.org/3/library/subprocess.html#security-considerations
- https://attack.mitre.org/techniques/T1059/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CALL, IMPORT, LOAD, CodeFact, code_facts, code_finding
from trustaudit.checks._code_graph import Standing
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.package_names import is_known, likeness
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-process",
    title="Code that starts other programs or installs packages",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_PROCESS = {
    IMPORT: Weight(Severity.CRITICAL),
    LOAD: Weight(Severity.HIGH, Confidence.MEDIUM),
    CALL: Weight(Severity.MEDIUM, Confidence.MEDIUM),
}
# Sloppy authors of honest models do it too: worth a look by a person, not a refusal.
_KNOWN_PACKAGES = {
    IMPORT: Weight(Severity.HIGH, Confidence.LOW),
    LOAD: Weight(Severity.MEDIUM, Confidence.MEDIUM),
    CALL: Weight(Severity.LOW, Confidence.MEDIUM),
}
_LEXICAL = Weight(Severity.HIGH, Confidence.LOW)
_TOOL = {IMPORT: Weight(Severity.LOW, Confidence.MEDIUM)}
_HARMFUL = {
    "disable-defense": "switches protection off",
    "mine": "starts a miner",
    "destroy": "deletes everything",
}
_ELSEWHERE = frozenset({"download-run", "encoded-run", "reverse-shell", "persistence", "send-secrets"})


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "process", "install"):
        traits = fact.note.get("traits").split()
        harm = next((_HARMFUL[trait] for trait in traits if trait in _HARMFUL), "")
        if harm:
            severity = fact.weighed(Severity.CRITICAL, loose=1, hosted=Severity.MEDIUM)
            yield code_finding(META, fact, harm, severity, Confidence.HIGH)
        elif not _ELSEWHERE.intersection(traits):
            yield from _ordinary(fact)


def _ordinary(fact: CodeFact) -> Iterator[Finding]:
    weight = _weight(fact)
    if weight is None:
        return
    # A script that nobody imports starts at its first line: there import time is no special moment.
    severity = fact.weighed(weight.severity, loose=3)
    installs = fact.note.kind == "python-install"
    what = "installs packages" if installs else "starts a program"
    if severity is not Severity.INFO or fact.run.standing is not Standing.LOOSE:
        yield code_finding(META, fact, what, severity, weight.confidence)


def _weight(fact: CodeFact) -> Weight | None:
    if fact.note.get("lexical"):
        return _LEXICAL
    if fact.note.get("tool"):
        return _TOOL.get(fact.phase)
    phase = IMPORT if fact.phase not in _PROCESS else fact.phase
    if fact.note.kind == "python-install" and _only_known_packages(fact.note.get("packages")):
        return _KNOWN_PACKAGES[phase]
    return _PROCESS[phase]


def _only_known_packages(text: str) -> bool:
    """Names of widely used packages and nothing else: no addresses, no other index, no file."""
    words = [word for part in text.split(";") for word in part.split()]
    named = [word for word in words if not word.startswith("-")]
    risky = any("://" in word or "/" in word or "index" in word or "find-links" in word for word in words)
    names = [word.split("=")[0].split(">")[0].split("<")[0].split("[")[0].strip("'\"~!") for word in named]
    return bool(names) and not risky and all(is_known(name) and likeness(name) is None for name in names)
