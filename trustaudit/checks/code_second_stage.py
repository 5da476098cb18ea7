"""Code that brings in code or pickles from elsewhere

## What it does
Reports loads of other repositories with `trust_remote_code=True`, code or pickles that are fetched from the Hub, from
GitHub through `torch.hub`, or from an address, and then run or unpickled.

## Why it matters
An audit of this repository says nothing about the other one, which is taken at whatever it holds on that day. Splitting
a payload over two repositories is the simplest way around a scanner.

## Example
`AutoModel.from_pretrained("other/encoder", trust_remote_code=True)` inside `modeling_acme.py`.

## How to fix
Audit the other repository too, and change the code to pin it to a commit.

## References
- https://huggingface.co/docs/transformers/custom_models
- https://unit42.paloaltonetworks.com/model-namespace-reuse/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._owner import found_id, is_known_publisher, owner_of
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-second-stage",
    title="Code that brings in code or pickles from elsewhere",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_LIKELY = Weight(Severity.HIGH, Confidence.MEDIUM)
_DOUBTFUL = Weight(Severity.HIGH, Confidence.LOW)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_KNOWN_DATA = frozenset({"data", "hub"})


def run(snapshot: Snapshot, context: Context) -> Iterable[Finding]:
    """One finding per call, bounded in number."""
    return bounded(META, _findings(snapshot, context))


def _findings(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "trusts", "network"):
        judged = _judged(fact, snapshot, context)
        if judged is not None:
            message, weight = judged
            severity = fact.weighed(weight.severity)
            if severity is not Severity.INFO:
                yield code_finding(META, fact, message, severity, weight.confidence)


def _judged(fact: CodeFact, snapshot: Snapshot, context: Context) -> tuple[str, Weight] | None:
    if fact.note.kind == "python-trusts":
        return _trusts(fact, snapshot, context)
    if fact.what == "hub-execute":
        return "runs code that it fetches from the Hub", _LIKELY
    if fact.what == "hub-unpickle":
        return "unpickles a file that it fetches from the Hub", _DOUBTFUL
    if fact.what == "network-unpickle":
        known = bool(fact.urls) and fact.hosts <= _KNOWN_DATA
        return "unpickles a file that it fetches from the network", _DOUBTFUL if known or not fact.urls else _LIKELY
    return ("runs code from a repository on GitHub", _MEDIUM) if fact.what == "torch.hub.load" else None


def _trusts(fact: CodeFact, snapshot: Snapshot, context: Context) -> tuple[str, Weight] | None:
    repo = fact.note.get("repo")
    own = {snapshot.ref.id.casefold(), found_id(snapshot).casefold()}
    if repo.casefold() in own or repo.startswith((".", "/")):
        return None
    if "/" not in repo:
        return ("trusts the code of a repository that is not named here", _LOW) if fact.note.get("fixed") else None
    return f"trusts the code of {repo}", _relation(owner_of(repo), snapshot, context)


def _relation(owner: str, snapshot: Snapshot, context: Context) -> Weight:
    """Code of the same owner, of the base model's, or of a well-known publisher weighs less; none is pinned."""
    info = snapshot.repo_info
    related = {owner_of(found_id(snapshot)), *(owner_of(base) for base in (info.base_models if info else ()))}
    if owner.casefold() in {name.casefold() for name in related if name}:
        return _LOW
    return _MEDIUM if is_known_publisher(owner, context) else _LIKELY
