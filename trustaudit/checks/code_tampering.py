"""Code that replaces functions of other libraries

## What it does
Reports assignments that put something else in place of functions on which safety rests: `torch.load`, unpickling,
`builtins`, import machinery, safetensors, the Hub's client, scanners, TLS verification.

## Why it matters
The replacement works for everything else in the process too. A file that replaces `torch.load` makes every later load
unsafe, and one that replaces a scanner makes it find nothing.

## Example
`torch.load = functools.partial(torch.load, weights_only=False)`

## How to fix
Load the model in a process of its own, or without this code.

## References
- https://docs.python.org/3/reference/import.html#the-module-cache
- https://attack.mitre.org/techniques/T1562/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CALL, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.import_names import import_names
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-tampering",
    title="Code that replaces functions of other libraries",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_HIGH = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
# Honest code does these: silencing output, TLS for old servers, stand-ins for packages that are not installed.
_MILD = ("sys.excepthook", "logging.disable", "json.loads")
_SLOPPY = ("ssl.", "requests.", "urllib.", "importlib.", "subprocess.", "sys.meta_path", "sys.path_hooks")
_MODULES = "sys.modules."


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per replaced name, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "patch"):
        weight = _weight(fact)
        severity = fact.weighed(weight.severity.lowered() if fact.phase == CALL else weight.severity)
        if severity is not Severity.INFO:
            yield code_finding(META, fact, f"replaces {fact.what}", severity, weight.confidence)


def _weight(fact: CodeFact) -> Weight:
    if fact.what.startswith(_MODULES):
        module = fact.what.removeprefix(_MODULES).partition(".")[0]
        return _HIGH if module in import_names()["core"] else _LOW
    if fact.what in _MILD:
        return _LOW
    return _MEDIUM if fact.what.startswith(_SLOPPY) else _HIGH
