"""Code that talks to the network

## What it does
Reports network calls: any that run at import, those to constant addresses outside the Hub and the usual homes of
published weights, and those to bare IP addresses, paste sites and collectors. A function that fetches the picture it is
given an address of is a note at most.

## Why it matters
A model needs no network once it is downloaded. A call at import tells somebody who loaded the model, and may fetch the
next stage.

## Example
`requests.get("http://203.0.113.7/ping")` at the top of `modeling_acme.py`.

## How to fix
Load the model without network access, or without this code.

## References
- https://attack.mitre.org/techniques/T1071/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import IMPORT, LOAD, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-network",
    title="Code that talks to the network",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_DROP = frozenset({"drop", "ip", "shortener"})
_ORDINARY = frozenset({"hub", "data", "code", "known-code", "index", "installer", "local", "placeholder"})
_QUESTIONS = frozenset({"socket.gethostbyname", "socket.getaddrinfo", "boto3.client().upload_file"})
_HIGH = Weight(Severity.HIGH, Confidence.MEDIUM)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "network"):
        weight = _weight(fact)
        severity = fact.weighed(weight.severity) if weight is not None else Severity.INFO
        if weight is not None and severity is not Severity.INFO:
            yield code_finding(META, fact, _message(fact), severity, weight.confidence)


def _message(fact: CodeFact) -> str:
    does = "sends data to the network" if fact.note.get("sends") else "talks to the network"
    return f"{does} ({fact.urls[0][:120]})" if fact.urls else does


def _weight(fact: CodeFact) -> Weight | None:
    if fact.note.get("lexical"):
        return _MEDIUM
    ordinary = bool(fact.urls) and bool(fact.hosts) and fact.hosts <= _ORDINARY
    if fact.hosts & _DROP:
        return _HIGH
    if fact.phase == IMPORT and fact.what not in _QUESTIONS:
        return _MEDIUM if ordinary else _HIGH
    if fact.urls:
        return _LOW if ordinary else _MEDIUM
    return _LOW if fact.phase == LOAD and fact.what not in _QUESTIONS else None
