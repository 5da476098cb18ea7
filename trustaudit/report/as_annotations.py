"""GitHub workflow commands: one annotation per finding, shown beside the line that names the model.

A runner shows ten errors, ten warnings and ten notices of a step, so the worst come first and a
report without a finding worth a look is one notice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trustaudit.finding import Severity
from trustaudit.report.anchors import NO_ANCHORS, Anchor, Anchors, anchors_of
from trustaudit.report.escape import clip, escaped
from trustaudit.report.model import Document, ReportedFinding, TrustReport, Verdict
from trustaudit.report.words import full_id, grouped, place

_COMMANDS: Final = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}
_VERDICTS: Final = {
    Verdict.BLOCK: "error",
    Verdict.INCOMPLETE: "warning",
    Verdict.REVIEW: "warning",
    Verdict.PASS: "notice",
}
_MESSAGE_CHARS: Final = 2_000
_TITLE_CHARS: Final = 200
_SHOWN_GAPS: Final = 5
_MESSAGE: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def as_annotations(document: Document, anchors: Anchors = NO_ANCHORS) -> str:
    """One line each: for every report its verdict, then its findings of medium severity and more."""
    reports = escaped(document).reports
    lines = [(_rank(report), line) for report in reports for line in _lines(report, anchors_of(report, anchors))]
    return "".join(f"{line}\n" for _, line in sorted(lines, key=lambda pair: pair[0]))


def _rank(report: TrustReport) -> int:
    return list(_VERDICTS).index(report.verdict)


def _lines(report: TrustReport, anchors: Iterable[Anchor]) -> Iterable[str]:
    where = next(iter(anchors), None)
    score = "no score" if report.score is None else f"score {report.score}"
    title = f"{full_id(report)}: {report.verdict}, {score}"
    gaps = grouped(report.coverage.not_seen)[:_SHOWN_GAPS] if report.verdict is Verdict.INCOMPLETE else []
    yield _command(_VERDICTS[report.verdict], where, title, "\n".join([report.headline, *gaps]))
    for finding in report.findings:
        if finding.severity in _COMMANDS:
            title = f"{full_id(report)}: {finding.rule} ({finding.severity})"
            yield _command(_COMMANDS[finding.severity], where, title, _message(finding))


def _message(finding: ReportedFinding) -> str:
    lines = (f"{place(finding.location)}: {finding.message}", finding.evidence, finding.remediation)
    return "\n".join(line for line in lines if line)


def _command(name: str, where: Anchor | None, title: str, message: str) -> str:
    place_ = {"file": where.path, "line": str(where.line)} if where else {}
    properties = {**place_, "title": clip(title, _TITLE_CHARS)}
    listed = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {listed}::{clip(message, _MESSAGE_CHARS).translate(_MESSAGE)}"
