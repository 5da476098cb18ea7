"""Licence missing, unclear or not accepted

## What it does
Reads the licence of the card. Reports a missing licence and one that names no terms (`other`, `unknown`, words
that are no known identifier). With lists in the policy, a denied licence and one that is not among the allowed
are more. Hub identifiers and SPDX names of the same licence are equal.

## Why it matters
Without a licence nobody but the author may use the work. The field is written by the uploader: it is a claim,
and the base model's licence may be stricter.

## Example
```toml
[licenses]
allowed = ["apache-2.0", "mit"]
denied = ["cc-by-nc-4.0"]
```

## How to fix
Ask the publisher to state a licence, use another model, or add the licence to the policy.

## References
- https://huggingface.co/docs/hub/repositories-licenses
- https://spdx.org/licenses/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._text import listed
from trustaudit.checks.interface import CheckMeta, Context, Need, Options
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.licenses import UNCLEAR, license_by_name, same_license
from trustaudit.refs import RepoType
from trustaudit.snapshot import Card, Snapshot

META = CheckMeta(
    id="license",
    title="Licence missing, unclear or not accepted",
    severity=Severity.LOW,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.INFO}),
)


def run(snapshot: Snapshot, context: Context) -> Iterator[Finding]:
    """What the card names, against the policy's lists where there are any."""
    card = snapshot.repo_info.card if snapshot.repo_info else None
    stated = [_names(name, card) for name in card.licenses if name.strip()] if card else []
    if not stated:
        yield _missing(snapshot, context.options)
        return
    shown = [names[-1] for names in stated]
    denied = [names[-1] for names in stated if _any_among(names, context.options.licenses_denied)]
    if denied:
        yield _finding(f"the policy denies the licence {listed(denied)}", Severity.HIGH, shown, "denied")
    others = [names[-1] for names in stated if not _any_among(names, context.options.licenses_allowed)]
    if context.options.licenses_allowed and others:
        yield _finding(f"the policy does not list the licence {listed(others)}", Severity.MEDIUM, shown, "not-listed")
    elif all(_is_unclear(name) for name in shown):
        yield _finding(f"the licence {listed(shown)} names no known terms", Severity.INFO, shown, "unclear")


def _names(name: str, card: Card) -> tuple[str, ...]:
    """The names one licence goes by; the last one is the clearest. The card can give ``other`` a name of its own."""
    return (name, card.license_name) if name == "other" and card.license_name.strip() else (name,)


def _missing(snapshot: Snapshot, options: Options) -> Finding:
    severity = Severity.INFO if snapshot.ref.type is RepoType.SPACE else Severity.LOW
    needed = Severity.MEDIUM if options.licenses_allowed else severity
    return _finding("the card states no licence", needed, (), "missing")


def _any_among(names: tuple[str, ...], options: frozenset[str]) -> bool:
    return any(same_license(name, other) for name in names for other in options)


def _is_unclear(name: str) -> bool:
    known = license_by_name(name)
    return known is None or known.family == UNCLEAR


def _finding(message: str, severity: Severity, stated: Iterable[str], key: str) -> Finding:
    return META.found(
        message,
        location=Location(field="cardData.license"),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=listed(stated),
        remediation="ask the publisher for a licence you accept, or use another model",
        key=key,
    )
