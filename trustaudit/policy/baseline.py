"""Findings that were there when a baseline was written: known, shown, and out of the verdict.

A baseline lets a gate start today in a project with yesterday's models: only what is new fails.
A known finding counts as new again when it got worse, or when the file it is in has other bytes:
the fingerprint names a rule and a place, and a new payload can sit at an old place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, StringConstraints, ValidationError

from trustaudit.errors import FileInputError
from trustaudit.facts import Frozen
from trustaudit.finding import Confidence, Finding, Severity
from trustaudit.policy.fingerprint import fingerprint
from trustaudit.snapshot import Snapshot

if TYPE_CHECKING:
    from trustaudit.report.model import ReportedFinding, Suppressed, TrustReport

BASELINE_VERSION: Final = "1"
REASON: Final = "baseline"
"""What the report gives as reason for a known finding."""
MAX_BASELINE_BYTES: Final = 32 * 1024 * 1024
_SHOWN: Final = 5
_SHA256: Final = re.compile("[0-9a-f]{64}")

Line = Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class KnownFinding(Frozen):
    """One line of a baseline. ``repo`` is a full id; ``sha256`` of the file then, None where it was not known."""

    repo: Annotated[Line, AfterValidator(str.lower)]
    rule: Line
    path: str | None = None
    severity: Severity
    confidence: Confidence
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    fingerprint: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]

    def covers(self, finding: Finding, sha256: str | None) -> bool:
        """Whether a finding of the same fingerprint is that one: no worse than it was, and in the same bytes."""
        return (
            self.rule == finding.rule
            and finding.severity.rank <= self.severity.rank
            and finding.confidence.rank <= self.confidence.rank
            and self.sha256 == sha256
        )


class Known:
    """The part of a baseline that is about one snapshot; ``covers`` tells whether a finding is in it."""

    def __init__(self, findings: Iterable[KnownFinding], snapshot: Snapshot) -> None:
        self._repo = snapshot.ref.full_id
        self._ours = [item for item in findings if item.repo == self._repo.lower()]
        self._sums = sums_of(snapshot) if self._ours else {}
        self._used: set[KnownFinding] = set()

    def covers(self, finding: Finding) -> bool:
        """Whether the finding is known; remembers which line said so."""
        print_ = fingerprint(finding, self._repo) if self._ours else ""
        sha256 = self._sums.get(finding.location.path or "")
        found = [item for item in self._ours if item.fingerprint == print_ and item.covers(finding, sha256)]
        self._used.update(found)
        return bool(found)

    def notes(self) -> list[str]:
        """What is known and not there any more, or not as it was."""
        gone = len(set(self._ours) - self._used)
        return [f"baseline: {gone} known finding{'' if gone == 1 else 's'} of this repository did not recur"] * bool(
            gone
        )


def sums_of(snapshot: Snapshot) -> dict[str, str]:
    """SHA-256 of files by path, as far as listed or computed, as reports have them."""
    listed = {entry.path: entry.lfs.sha256 for entry in snapshot.entries if entry.lfs is not None and entry.lfs.sha256}
    found = {**dict(snapshot.provenance.digests), **listed}
    return {path: sha256 for path, sha256 in found.items() if _SHA256.fullmatch(sha256)}


class Baseline(Frozen):
    """A whole file."""

    baseline_version: Literal["1"]
    findings: tuple[KnownFinding, ...]


def read_baseline(path: Path) -> tuple[KnownFinding, ...]:
    """The known findings of a file. Raises FileInputError, also for a file of a later version."""
    values = _json(path)
    if isinstance(values, dict) and values.get("baseline_version", BASELINE_VERSION) != BASELINE_VERSION:
        raise FileInputError(
            f"{path}: baseline_version {values['baseline_version']!a} is not one this program knows",
            advice=f"write it again with --write-baseline; known is {BASELINE_VERSION!r}",
        )
    try:
        return Baseline.model_validate(values).findings
    except ValidationError as error:
        problems = [
            f"  {'.'.join(map(ascii, item['loc'])) or 'the top level'}: {item['msg']}" for item in error.errors()
        ]
        raise FileInputError(
            "\n".join([f"{path} is no baseline:", *problems[:_SHOWN]]), advice="write it again with --write-baseline"
        ) from error


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever a file holds
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BASELINE_BYTES + 1)
        if len(data) > MAX_BASELINE_BYTES:
            raise FileInputError(f"{path} is larger than {MAX_BASELINE_BYTES} bytes")
        return json.loads(data)
    except OSError as error:
        raise FileInputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise FileInputError(
            f"{path} is no baseline: {error}", advice="write it again with --write-baseline"
        ) from error


def baseline_text(reports: Sequence[TrustReport], before: Iterable[KnownFinding] = ()) -> str:
    """The file for these reports: sorted, ASCII, one finding per line, no dates.

    ``before`` keeps its findings of repositories that were not audited now or could not be seen in full.
    Findings under an exception or a VEX statement stay out: those have reasons of their own.
    """
    from trustaudit.report.model import Verdict  # noqa: PLC0415 - every policy is read before there are reports

    seen = {_name(report).lower() for report in reports if report.verdict is not Verdict.INCOMPLETE}
    known = [item for item in before if item.repo not in seen]
    known += [item for report in reports for item in _known(report)]
    ordered = sorted(set(known), key=lambda item: (item.repo, item.rule, item.path or "", item.model_dump_json()))
    lines = ",\n".join(f"  {json.dumps(item.model_dump(mode='json'))}" for item in ordered)
    body = f"[\n{lines}\n ]" if lines else "[]"
    return f'{{\n "baseline_version": "{BASELINE_VERSION}",\n "findings": {body}\n}}\n'


def _known(report: TrustReport) -> list[KnownFinding]:
    again = [item for item in report.suppressed if item.exception_reason == REASON and item.exception_expires is None]
    listed = ((file.path, file.sha256) for file in report.coverage.files)
    sums = {path: sha256 for path, sha256 in listed if sha256 and _SHA256.fullmatch(sha256)}
    return [_line(item, _name(report), sums) for item in (*report.findings, *again)]


def _line(item: ReportedFinding | Suppressed, repo: str, sums: dict[str, str]) -> KnownFinding:
    return KnownFinding(
        repo=repo,
        rule=item.rule,
        path=item.location.path,
        severity=item.severity,
        confidence=item.confidence,
        sha256=sums.get(item.location.path or ""),
        fingerprint=item.fingerprint,
    )


def _name(report: TrustReport) -> str:
    kind = report.repo.type
    return report.repo.id if kind in ("model", "local") else f"{kind}s/{report.repo.id}"
