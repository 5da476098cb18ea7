"""GitHub workflow commands: one annotation per finding, shown beside the line that names the model.

A runner shows ten errors, ten warnings and ten notices of a step: all verdicts come first, worst
first, then findings of medium severity and more.
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
    """One line per annotation."""
    reports = sorted(escaped(document).reports, key=lambda report: list(_VERDICTS).index(report.verdict))
    placed = [(report, next(iter(anchors_of(report, anchors)), None)) for report in reports]
    verdicts = [_verdict(report, where) for report, where in placed]
    findings = [_finding(report, item, where) for report, where in placed for item in _shown(report)]
    return "".join(f"{line}\n" for line in (*verdicts, *findings))


def _shown(report: TrustReport) -> Iterable[ReportedFinding]:
    return (item for item in report.findings if item.severity in _COMMANDS)


def _verdict(report: TrustReport, where: Anchor | None) -> str:
    score = "no score" if report.score is None else f"score {report.score}"
    title = f"{full_id(report)}: {report.verdict}, {score}"
    gaps = grouped(report.coverage.not_seen)[:_SHOWN_GAPS] if report.verdict is Verdict.INCOMPLETE else []
    return _command(_VERDICTS[report.verdict], where, title, "\n".join([report.headline, *gaps]))


def _finding(report: TrustReport, item: ReportedFinding, where: Anchor | None) -> str:
    title = f"{full_id(report)}: {item.rule} ({item.severity})"
    return _command(_COMMANDS[item.severity], where, title, _message(item))


def _message(finding: ReportedFinding) -> str:
    lines = (f"{place(finding.location)}: {finding.message}", finding.evidence, finding.remediation)
    return "\n".join(line for line in lines if line)


def _command(name: str, where: Anchor | None, title: str, message: str) -> str:
    place_ = {"file": where.path, "line": str(where.line)} if where else {}
    properties = {**place_, "title": clip(title, _TITLE_CHARS)}
    listed = ",".join(f"{key}={value.translate(_PROPERTY)}" for key, value in properties.items())
    return f"::{name} {listed}::{clip(message, _MESSAGE_CHARS).translate(_MESSAGE)}"
