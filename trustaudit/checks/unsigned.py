"""Repository without a signature

## What it does
Notes that a repository has no signature of OpenSSF Model Signing (`model.sig`), or only signatures of single files.

## Why it matters
Almost no repository on the Hub is signed, so it proves nothing against one. It says that nothing but the Hub itself
vouches for these being the publisher's files.

## Example
A model without `model.sig`.

## How to fix
Pin the commit: the hashes listed for it cannot change. A policy that wants signatures raises this rule
(`[severity] unsigned = "high"`).

## References
- https://github.com/ossf/model-signing-spec
- https://openssf.org/blog/2025/06/25/an-introduction-to-the-openssf-model-signing-oms-specification/
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.provenance.kinds import provenance_kind
from trustaudit.provenance.signatures import signatures
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="unsigned",
    title="Repository without a signature",
    severity=Severity.INFO,
    category=Category.INTEGRITY,
    needs=frozenset({Need.FILES}),
    applies_to=frozenset({RepoType.MODEL}),
)

_MODEL_SIGNATURE = frozenset({"model.sig"})


def run(snapshot: Snapshot, _context: Context) -> Iterator[Finding]:
    """At most one note."""
    named = [entry.path for entry in snapshot.entries if provenance_kind(entry.path) == "signature"]
    if not named:
        yield _note("no signature of the publisher: only the Hub vouches for these files")
    elif not _MODEL_SIGNATURE.isdisjoint(path.rpartition("/")[2].casefold() for path in named):
        return
    elif not any(signature.is_of_the_model for signature in signatures(snapshot, ())):
        yield _note("single files are signed, the model as a whole is not")


def _note(message: str) -> Finding:
    return META.found(message, location=Location(field="files"), confidence=Confidence.HIGH)
