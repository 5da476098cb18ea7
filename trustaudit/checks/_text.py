"""Words for messages: bounded lists of hostile strings, and findings bounded in number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trustaudit.checks.interface import CheckMeta
from trustaudit.finding import Confidence, Finding, Location, Severity

_MAX_CHARS = 120
_MAX_ITEMS = 5
_MAX_FINDINGS = 25


def shortened(text: str, limit: int = _MAX_CHARS) -> str:
    """The text, cut in the middle when longer than ``limit`` characters. Renderers do the escaping."""
    if len(text) <= limit:
        return text
    keep = (limit - 1) // 2
    return f"{text[:keep]}…{text[-keep:]}"


def listed(items: Iterable[str], limit: int = _MAX_ITEMS) -> str:
    """``a, b, c and 4 more``."""
    everything = list(items)
    shown = ", ".join(shortened(item) for item in everything[:limit])
    hidden = len(everything) - limit
    return f"{shown} and {hidden} more" if hidden > 0 else shown


def counted(number: int, noun: str) -> str:
    """``1 file``, ``3 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, confidence, then path: an order that does not depend on the listing's."""
    return sorted(findings, key=lambda f: (-f.severity.rank, -f.confidence.rank, f.location.path or "", f.key))


def bounded(meta: CheckMeta, findings: Iterable[Finding], limit: int = _MAX_FINDINGS) -> Sequence[Finding]:
    """The worst findings, and one that counts the rest: a repository may list 100,000 odd files."""
    ordered = worst_first(findings)
    rest = ordered[limit:]
    if not rest:
        return ordered
    more = meta.found(
        f"{counted(len(rest), 'further finding')} of this rule",
        location=Location(field="files"),
        severity=rest[0].severity,
        confidence=Confidence.HIGH if rest[0].confidence is Confidence.HIGH else rest[0].confidence,
        evidence=listed(item.location.path or item.message for item in rest),
        key="more",
        others=dict.fromkeys(
            path for item in rest if item.severity.rank >= Severity.MEDIUM.rank for path in item.paths
        ),
    )
    return [*ordered[:limit], more]
