"""What stays in memory of a finished audit: a row for the table, and the sums."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from trustaudit.finding import Severity
from trustaudit.refs import RepoType
from trustaudit.report.model import TrustReport, Verdict
from trustaudit.report.words import place


class Row(Struct, frozen=True):
    """One finished audit. ``name`` is the full id, or what the list says where that is no id."""

    name: str
    verdict: Verdict
    score: int | None
    worst: str
    api_requests: int
    file_requests: int
    again: bool = False
    """Whether it was finished by an earlier run and only read back."""

    @classmethod
    def of(cls, report: TrustReport, *, again: bool = False) -> Row:
        """The row of a report."""
        repo, cost = report.repo, report.cost
        name = repo.id if repo.type in (str(RepoType.MODEL), "local") else f"{repo.type}s/{repo.id}"
        revision = f"@{repo.revision}" if repo.revision and repo.revision != "main" else ""
        return cls(
            name=f"{name}{revision}",
            verdict=report.verdict,
            score=report.score,
            worst=worst(report),
            api_requests=cost.api_requests,
            file_requests=cost.file_requests,
            again=again,
        )


def worst(report: TrustReport) -> str:
    """Rule and place of the worst finding. Where nothing of weight was found, why the report is incomplete."""
    first = report.findings[0] if report.findings else None
    heavy = first is not None and first.severity.rank >= Severity.MEDIUM.rank
    if report.verdict is Verdict.INCOMPLETE and not heavy:
        return report.headline
    return f"{first.rule}  {place(first.location)}" if first is not None and first.severity.rank else ""


class Sums(Struct):
    """Counts over a run. Requests are those of this run, not of what was read back."""

    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    api_requests: int = 0
    file_requests: int = 0
    again: int = 0

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Sums:
        """The sums of these rows."""
        sums = cls()
        for row in rows:
            sums.add(row)
        return sums

    @property
    def total(self) -> int:
        """How many are finished."""
        return sum(self.verdicts.values())

    def add(self, row: Row) -> None:
        """One more."""
        self.verdicts[row.verdict] += 1
        self.again += row.again
        if not row.again:
            self.api_requests += row.api_requests
            self.file_requests += row.file_requests
