"""Packages from an unusual index

## What it does
Reports requirement files, `pip install` lines in cards, scripts and notebooks, and conda environments that name another
package index, a page of links, a trusted host or a channel. Indexes that projects of this field tell people to use, and
country mirrors, are left alone.

## Why it matters
An extra index answers for every package name, also for those that everybody takes from the main one; the higher version
wins. A trusted host needs no certificate.

## Example
`--extra-index-url http://packages.example/simple`

## How to fix
Install the packages from the main index, pinned.

## References
- https://pip.pypa.io/en/stable/cli/pip_install/
- https://medium.com/@alex.birsan/dependency-confusion-4a5d60fec610
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._dependencies import Asked, asked_for, at_home
from trustaudit.checks._observed import Weight
from trustaudit.checks._text import bounded, shortened
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.knowledge.hosts import host_classes
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="dependency-index",
    title="Packages from an unusual index",
    severity=Severity.HIGH,
    category=Category.EXECUTION,
    needs=frozenset({Need.CONTENTS}),
    local=True,
)

_OPTIONS = ("index-url", "extra-index-url", "find-links", "trusted-host", "channel")


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per index, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    for asked in asked_for(snapshot, *_OPTIONS):
        weight = _weight(asked)
        if weight is not None:
            yield META.found(
                f"asks for packages from {shortened(asked.value)}",
                location=asked.location,
                severity=_severity(snapshot, asked, weight),
                confidence=weight.confidence,
                evidence=f"{asked.how}: {shortened(asked.value)}",
                remediation="install from the main index, with pinned versions",
                key=f"{asked.how}:{asked.note.get('host') or asked.value}",
            )


def _severity(snapshot: Snapshot, asked: Asked, weight: Weight) -> Severity:
    """Demos take builds of their packages from the sites of many projects: only a place of anybody's is more."""
    if snapshot.ref.type is RepoType.SPACE and not _is_anybodys(asked.value):
        return min(weight.severity, Severity.LOW, key=lambda level: level.rank)
    return at_home(snapshot, weight.severity)


def _is_anybodys(address: str) -> bool:
    return address.startswith("http://") or bool(host_classes(address) & {"drop", "ip", "hoster", "shortener"})


def _weight(asked: Asked) -> Weight | None:
    classes = host_classes(asked.value)
    if "index" in classes or "hub" in classes:
        insecure = asked.value.startswith("http://")
        return Weight(Severity.LOW, Confidence.MEDIUM) if insecure else None
    if not asked.note.get("host"):
        # A folder, or a channel by its bare name.
        return Weight(Severity.LOW, Confidence.MEDIUM)
    if "code" in classes and asked.how == "find-links":
        return Weight(Severity.MEDIUM, Confidence.MEDIUM)
    return Weight(Severity.HIGH, Confidence.LOW if _is_advice(asked) else Confidence.MEDIUM)


def _is_advice(asked: Asked) -> bool:
    """A card names what its readers may install by hand; vendors keep indexes of their own. Nothing reads a card."""
    return asked.file.format == "markdown" and not _is_anybodys(asked.value)
