"""Packages from a direct address

## What it does
Reports requirements that name an address or a git repository instead of a package, and wheels or archives that lie in
the repository itself.

## Why it matters
Nothing but the address says what is installed: no index has seen it, and a branch moves. A wheel in the repository runs
its own code when it is installed and imported.

## Example
`git+https://github.com/someone/fork` in `requirements.txt`

## How to fix
Take the published package, or pin the address to a commit that you have read.

## References
- https://packaging.python.org/en/latest/specifications/direct-url/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from trustaudit.checks._dependencies import Asked, asked_for, at_home
from trustaudit.checks._observed import Weight
from trustaudit.checks._owner import found_id, is_known_publisher, owner_of
from trustaudit.checks._text import bounded, shortened
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.hosts import host_classes
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="dependency-direct-url",
    title="Packages from a direct address",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_ANYBODY = frozenset({"drop", "ip", "hoster", "shortener"})
_ARCHIVES = (".whl", ".egg", ".tar.gz", ".zip")


def run(snapshot: Snapshot, context: Context) -> Iterable[Finding]:
    """One finding per address, bounded in number."""
    return bounded(META, _findings(snapshot, context))


def _findings(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    for asked in asked_for(snapshot, "direct", "local"):
        weight = _weight(asked, snapshot, context)
        if weight is not None:
            yield META.found(
                f"asks to install {shortened(asked.value)}",
                location=asked.location,
                severity=at_home(snapshot, weight.severity),
                confidence=weight.confidence,
                evidence=shortened(asked.value),
                remediation="take the published package, or read and pin what the address leads to",
                key=asked.value[:120],
            )


def _weight(asked: Asked, snapshot: Snapshot, context: Context) -> Weight | None:
    if asked.how == "local":
        archive = asked.value.lower().endswith(_ARCHIVES)
        return Weight(Severity.MEDIUM, Confidence.MEDIUM) if archive else None
    classes = host_classes(asked.value.removeprefix("git+"))
    if classes & _ANYBODY:
        return Weight(Severity.HIGH, Confidence.MEDIUM)
    owner = _owner(asked.value)
    own = {owner_of(found_id(snapshot)).casefold(), owner_of(snapshot.ref.id).casefold()}
    related = bool(owner) and (owner.casefold() in own or is_known_publisher(owner, context))
    fixed = bool(asked.note.get("pinned")) and "code" in classes  # elsewhere, a fixed file is still anybody's
    if related or fixed or classes & {"index", "known-code"}:
        return Weight(Severity.LOW, Confidence.MEDIUM)
    # A card that tells people to install a project from its home: common, and done by hand.
    shown = asked.file.format == "markdown" and "code" in classes
    return Weight(Severity.LOW if shown else Severity.MEDIUM, Confidence.MEDIUM)


def _owner(address: str) -> str:
    """The first part of the path: the account on a code host."""
    try:
        return urlsplit(address.removeprefix("git+")).path.strip("/").partition("/")[0]
    except ValueError:
        return ""
