"""Repository without a card

## What it does
Reports repositories without a `README.md` in the root, and cards without any metadata.

## Why it matters
A card says what a model is for, what it was made from and under which licence. A missing one is common among
experiments and proves nothing; it leaves nothing to hold the publisher to.

## Example
A repository of `config.json` and `model.safetensors` only.

## How to fix
Ask the publisher for a card, or look for a documented model.

## References
- https://huggingface.co/docs/hub/model-cards
"""

from __future__ import annotations

from trustaudit.checks._files import base_name, listing_is_whole
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import Card, Snapshot

META = CheckMeta(
    id="missing-card",
    title="Repository without a card",
    severity=Severity.LOW,
    category=Category.DOCUMENTATION,
    needs=frozenset({Need.FILES}),
)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """A README that a cut-off listing does not show may still be there."""
    if any(entry.path == base_name(entry.path) and _is_readme(entry.path) for entry in snapshot.entries):
        return CheckResult.of(META.id, _empty_card(snapshot))
    if not listing_is_whole(snapshot):
        gap = Unavailable(reason=Reason.BUDGET_SPENT, detail="the file list was cut off and shows no README.md so far")
        return CheckResult.unavailable(META.id, gap)
    return CheckResult.of(META.id, (_finding("there is no README.md", Severity.LOW, "missing"),))


def _is_readme(name: str) -> bool:
    return name.casefold() == "readme.md"


def _empty_card(snapshot: Snapshot) -> tuple[Finding, ...]:
    info = snapshot.repo_info
    if info is None or (info.card is not None and info.card != Card()):
        return ()
    return (_finding("the card has no metadata: no licence, no base model, no language", Severity.INFO, "empty"),)


def _finding(message: str, severity: Severity, key: str) -> Finding:
    return META.found(
        message,
        location=Location(path="README.md"),
        severity=severity,
        confidence=Confidence.HIGH,
        remediation="ask the publisher for a card, or look for a documented model",
        key=key,
    )
