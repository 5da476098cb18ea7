"""What a check says: outcome, severity and confidence are three separate axes."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from trustaudit.facts import Frozen, Unavailable


class Severity(StrEnum):
    """How bad it would be. Ordered by ``rank``."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 4 for critical."""
        return _SEVERITIES.index(self)

    def lowered(self, steps: int = 1) -> Severity:
        """This severity some levels down, never below info."""
        return _SEVERITIES[max(0, self.rank - steps)]

    def raised(self, steps: int = 1) -> Severity:
        """This severity some levels up, never above critical."""
        return _SEVERITIES[min(len(_SEVERITIES) - 1, self.rank + steps)]


_SEVERITIES = tuple(Severity)


class Confidence(StrEnum):
    """How sure the check is that it saw what it says."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low up to 2 for high."""
        return _CONFIDENCES.index(self)


_CONFIDENCES = tuple(Confidence)


class Outcome(StrEnum):
    """What became of a check. ``unavailable`` and ``error`` are never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FINDING = "finding"
    UNAVAILABLE = "unavailable"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Category(StrEnum):
    """The rooms of the score's breakdown (docs/scoring.md)."""

    EXECUTION = "execution"
    CONTENT = "content"
    NAME = "name"
    PUBLISHER = "publisher"
    HISTORY = "history"
    INTEGRITY = "integrity"
    DOCUMENTATION = "documentation"


class Location(Frozen):
    """Where: a place in a file (``path`` and more), or a ``field`` of the metadata.

    ``offset`` and ``length`` are bytes in the file, or in ``member`` when the file is an
    archive. ``line`` counts from 1.
    """

    path: str | None = None
    member: str | None = None
    offset: int | None = None
    length: int | None = None
    line: int | None = None
    field: str | None = None


class Finding(Frozen):
    """One thing a check found.

    ``key`` tells two findings of one rule at one place apart and is stable over commits
    (the callable's name, not its offset): it goes into the fingerprint. ``others`` are further
    files that it is about, where one finding stands for several.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    category: Category
    message: str
    evidence: str = ""
    location: Location
    remediation: str = ""
    key: str = ""
    others: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file it is about."""
        return ((self.location.path,) if self.location.path else ()) + self.others


class CheckResult(Frozen):
    """What one check says of one snapshot. ``reason`` explains any outcome but a pass."""

    id: str
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, check_id: str, findings: list[Finding] | tuple[Finding, ...]) -> CheckResult:
        """Finding when there are any, else pass."""
        if not findings:
            return _passed(check_id)
        return cls(id=check_id, outcome=Outcome.FINDING, findings=tuple(findings))

    @classmethod
    def unavailable(cls, check_id: str, fact: Unavailable) -> CheckResult:
        """The check could not look."""
        reason = f"{fact.reason}: {fact.detail}" if fact.detail else str(fact.reason)
        return cls(id=check_id, outcome=Outcome.UNAVAILABLE, reason=reason)

    @classmethod
    def not_applicable(cls, check_id: str, why: str) -> CheckResult:
        """The question does not arise for this repository."""
        return cls(id=check_id, outcome=Outcome.NOT_APPLICABLE, reason=why)


@lru_cache(maxsize=1024)
def _passed(check_id: str) -> CheckResult:
    """Most of the hundred results of an audit: made once, they are frozen."""
    return CheckResult(id=check_id, outcome=Outcome.PASS)
