"""Code that runs text, files or pickles as code

## What it does
Reports `exec`, `eval` and `compile` of something that is not a constant, modules loaded from a path, code read from a
file and run, imports of a name made at run time, and unpickling without restriction. Constant code is looked into
instead.

## Why it matters
What runs cannot be seen in the source. Most honest uses are conveniences that a dictionary would serve better.

## Example
`exec(open("setup_model.txt").read())`

## How to fix
Find out where the text comes from. If any part of it comes from outside this repository's commit, do not run it.

## References
- https://docs.python.org/3/library/functions.html#exec
- https://docs.python.org/3/library/pickle.html (warning at the top)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CALL, IMPORT, LOAD, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.python_calls import python_calls
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-dynamic-execution",
    title="Code that runs text, files or pickles as code",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_EXECUTE = {
    IMPORT: Weight(Severity.HIGH, Confidence.MEDIUM),
    LOAD: Weight(Severity.HIGH, Confidence.LOW),
    CALL: Weight(Severity.MEDIUM, Confidence.MEDIUM),
}
_FILE = Weight(Severity.HIGH, Confidence.MEDIUM)
_FIELD = Weight(Severity.HIGH, Confidence.LOW)
"""Vocabularies with escaped strings are read that way; a person has to look at the lines."""

_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_LEXICAL = Weight(Severity.HIGH, Confidence.LOW)
_FOLLOWED = frozenset({"network", "decode", "xor", "blob", "hub", "file"})
"""Origins whose flow into execution is a finding of its own."""


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "execute", "load-file", "import", "unpickle"):
        judged = _judged(fact)
        if judged is not None:
            message, weight = judged
            severity = fact.weighed(weight.severity)
            if severity is not Severity.INFO or not fact.is_loose:
                yield code_finding(META, fact, message, severity, weight.confidence)


def _judged(fact: CodeFact) -> tuple[str, Weight] | None:
    match fact.note.kind:
        case "python-flow":
            return _runs_a_file(fact) if fact.what == "file-execute" else None
        case "python-execute":
            return _executes(fact)
        case "python-load-file":
            return ("loads a Python file by its path", _MEDIUM) if fact.what == "exec_module" else None
        case "python-import":
            return _imports(fact)
        case _:
            return _unpickles(fact)


def _runs_a_file(fact: CodeFact) -> tuple[str, Weight]:
    if fact.note.get("field"):
        return "evaluates a part of each line of a file", _FIELD
    return "runs code that it reads from a file", _FILE


def _executes(fact: CodeFact) -> tuple[str, Weight] | None:
    if fact.note.get("lexical"):
        return "has the words of code that runs text", _LEXICAL
    if fact.what in python_calls().groups["run-file"] and not _FOLLOWED.intersection(fact.note.get("origin").split()):
        return "runs a file as code", _EXECUTE.get(fact.phase, _EXECUTE[IMPORT])
    if fact.note.get("constant") or _FOLLOWED.intersection(fact.note.get("origin").split()):
        return None
    return "runs text that is made at run time", _EXECUTE.get(fact.phase, _EXECUTE[IMPORT])


def _imports(fact: CodeFact) -> tuple[str, Weight] | None:
    """A constant name is as good as an import statement: what comes of it is followed."""
    constant = bool(fact.note.get("constant"))
    return None if constant else ("imports a module whose name is made at run time", _LOW)


def _unpickles(fact: CodeFact) -> tuple[str, Weight] | None:
    if _FOLLOWED.difference({"file", "blob"}).intersection(fact.note.get("origin").split()):
        return None
    return "unpickles a file without restriction", _LOW if fact.what.startswith(("yaml.", "numpy.")) else _MEDIUM
