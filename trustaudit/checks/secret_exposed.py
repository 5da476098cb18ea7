"""Credential left in a file

## What it does
Looks through text files for tokens and keys in the shapes that providers give them, private keys, and addresses of
databases with a password. Placeholders, examples, vocabularies and data are left out. The credential itself is never
stored or shown: its prefix, length and a short digest tell it apart. Where tokens carry a checksum (GitHub, npm), it is
computed: a wrong one was never issued.

## Why it matters
Whoever finds a token of the publisher can replace its models. It also says how carefully the repository is kept.

## Example
`HfApi(token="hf_…")` in a training script.

## How to fix
If it is yours, revoke it now: deleting the file leaves it in the history. If it is not, tell its owner.

## References
- https://huggingface.co/docs/hub/security-secrets
- https://www.lasso.security/blog/1500-huggingface-api-tokens-were-exposed (2023)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.filefacts import FileFacts, Observation
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="secret-exposed",
    title="Credential left in a file",
    severity=Severity.MEDIUM,
    category=Category.PUBLISHER,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

# Whether it still works cannot be known without using it, so the confidence is low where the severity is high.
_TAKES_OVER = frozenset(
    {"huggingface-token", "huggingface-organization-token", "private-key", "google-service-account"}
)
_HIGH = Weight(Severity.HIGH, Confidence.LOW)
_CERTAIN = Weight(Severity.MEDIUM, Confidence.HIGH)
_UNLIKELY = Weight(Severity.LOW, Confidence.LOW)
_MEDIUM = Weight(Severity.MEDIUM, Confidence.MEDIUM)
_LOW = Weight(Severity.LOW, Confidence.MEDIUM)
_CLIENT_SIDE = frozenset({"google-api-key", "slack-webhook", "discord-webhook"})


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per credential, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for file in snapshot.file_facts:
        for note in file.observations:
            if note.kind == "secret":
                yield _finding(file, note)


def _weight(note: Observation) -> Weight:
    provider = note.get("provider")
    if note.get("checksum"):  # a wrong one was never issued: an example, or a token with a typo
        return _CERTAIN if note.get("checksum") == "right" else _UNLIKELY
    return _HIGH if provider in _TAKES_OVER else _LOW if provider in _CLIENT_SIDE else _MEDIUM


def _finding(file: FileFacts, note: Observation) -> Finding:
    provider, weight = note.get("provider"), _weight(note)
    shown = f"{note.get('prefix')}…" if note.get("prefix") else "not shown"
    return META.found(
        f"holds a {provider.replace('-', ' ')}",
        location=Location(path=file.path, member=note.member or None, line=note.line),
        severity=weight.severity,
        confidence=weight.confidence,
        evidence=f"{shown} ({note.get('length')} characters, digest {note.get('digest')})",
        remediation="revoke it if it is yours; deleting the file leaves it in the history",
        key=f"{provider}:{note.get('digest')}",
    )
