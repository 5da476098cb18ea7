"""The score, 0 to 100: a summary beside the verdict, never instead of it. Integers only, so it is exact.

Per category: 100 minus the points of its findings, where all findings up to a severity
together cost no more than that severity's ceiling. Over all: the product of the categories
(two troubles in two categories are worse than one), held under the ceiling of the verdict.
Each step is monotone: a further finding never raises the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from trustaudit.finding import Category, Confidence, Finding, Severity
from trustaudit.report.model import CategoryScore, Verdict

FULL: Final = 100

POINTS: Final = {
    Severity.CRITICAL: {Confidence.LOW: 72, Confidence.MEDIUM: 84, Confidence.HIGH: 96},
    Severity.HIGH: {Confidence.LOW: 30, Confidence.MEDIUM: 45, Confidence.HIGH: 60},
    Severity.MEDIUM: {Confidence.LOW: 10, Confidence.MEDIUM: 18, Confidence.HIGH: 25},
    Severity.LOW: {Confidence.LOW: 2, Confidence.MEDIUM: 3, Confidence.HIGH: 4},
    Severity.INFO: {Confidence.LOW: 0, Confidence.MEDIUM: 0, Confidence.HIGH: 0},
}

SEVERITY_CEILING: Final = {
    Severity.CRITICAL: FULL,
    Severity.HIGH: 80,
    Severity.MEDIUM: 50,
    Severity.LOW: 12,
    Severity.INFO: 0,
}
"""Most that all findings up to a severity take from a category: fifty small things are not one big one."""

VERDICT_CEILING: Final = {Verdict.PASS: FULL, Verdict.REVIEW: 79, Verdict.BLOCK: 39}
"""A repository that blocks never scores like one that passes, whatever the policy's thresholds."""


def breakdown(findings: Sequence[Finding]) -> dict[str, CategoryScore]:
    """Score and number of findings of every category, those without findings included."""
    rooms = {category: [item for item in findings if item.category is category] for category in Category}
    return {str(category): CategoryScore(score=_room(items), findings=len(items)) for category, items in rooms.items()}


def overall(rooms: dict[str, CategoryScore], verdict: Verdict) -> int | None:
    """The whole score; None when incomplete, because what was not seen has no number."""
    if verdict is Verdict.INCOMPLETE:
        return None
    product = prod(room.score for room in rooms.values()) * FULL // prod(FULL for _ in rooms)
    return min(product, VERDICT_CEILING[verdict])


def _room(findings: Iterable[Finding]) -> int:
    points = dict.fromkeys(Severity, 0)
    for item in findings:
        points[item.severity] += POINTS[item.severity][item.confidence]
    cost = 0
    for severity in Severity:  # from info up: what is below counts under the ceiling of what is above
        cost = min(SEVERITY_CEILING[severity], cost + points[severity]) if points[severity] else cost
    return FULL - cost


def scoring_tables() -> str:
    """The numbers above as the Markdown tables of docs/scoring.md."""
    points = [
        f"| {severity} | {row[Confidence.HIGH]} | {row[Confidence.MEDIUM]} | {row[Confidence.LOW]} "
        f"| {SEVERITY_CEILING[severity]} |"
        for severity, row in POINTS.items()
    ]
    ceilings = [f"| {verdict} | {ceiling} |" for verdict, ceiling in VERDICT_CEILING.items()]
    return "\n".join(
        [
            "| severity | high confidence | medium | low | all up to it together at most |",
            "|---|---|---|---|---|",
            *points,
            "",
            "| verdict | score at most |",
            "|---|---|",
            *ceilings,
            f"| {Verdict.INCOMPLETE} | none (`null`) |",
        ]
    )
