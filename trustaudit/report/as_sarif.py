"""SARIF 2.1.0 for code scanning.

What GitHub makes of it decided some choices. It takes a rule's ``security-severity``, not a
result's, so a finding of unusual severity gets a rule of its own (``name-confusion/low``). It shows
suppressed results as open alerts (github/codeql-action#1230), so findings under an exception are
notifications. It closes alerts that a later upload lacks, so an incomplete audit is a result
too: an alert must not vanish because the Hub was down.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote

from trustaudit.finding import Location, Severity
from trustaudit.report.anchors import NO_ANCHORS, Anchor, Anchors, anchors_of
from trustaudit.report.as_json import dumps
from trustaudit.report.escape import clip, escaped
from trustaudit.report.model import Document, ReportedFinding, TrustReport, Verdict
from trustaudit.report.rule_texts import INCOMPLETE_RULE, RuleText, rule_text
from trustaudit.report.words import full_id, grouped, place

SCHEMA_URI: Final = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS: Final = 5_000
"""What GitHub keeps of one run; worst first, so the rest is the least."""

_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""On GitHub's scale: critical from 9.0, high from 7.0, medium from 4.0. Info has none: it is no security alert."""

_MESSAGE_CHARS: Final = 4_000
_NOTE_CHARS: Final = 1_000
_MARKUP: Final = re.compile(r"[\\\[\]]")

Json = dict[str, Any]


def as_sarif(document: Document, anchors: Anchors = NO_ANCHORS) -> str:
    """One log with one run. Results point at the user's lines where ``anchors`` has them."""
    clean = escaped(document)
    run = _Run(anchors)
    for report in clean.reports:
        run.add(report)
    return dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run.finish(clean)]})


class _Run:
    """Collects the results of all reports: rules are numbered as they appear."""

    def __init__(self, anchors: Anchors) -> None:
        self._anchors = anchors
        self._rules: dict[str, Json] = {}
        self._found: list[tuple[int, Json]] = []
        self._seen: Counter[str] = Counter()

    def add(self, report: TrustReport) -> None:
        """The findings of one report, and its verdict where it is incomplete."""
        for finding in report.findings:
            self._append(report, finding, finding.severity)
        if report.verdict is Verdict.INCOMPLETE:
            self._append(report, _unseen(report), Severity.MEDIUM)

    def finish(self, document: Document) -> Json:
        """The run. Results worst first: a reader that stops early has the worst."""
        results = [result for _, result in sorted(self._found, key=lambda pair: -pair[0])][:MAX_RESULTS]
        return {
            "tool": {"driver": self._driver(document)},
            "automationDetails": {"id": _category(document)},
            "invocations": [_invocation(document)],
            "columnKind": "utf16CodeUnits",
            "results": results,
            "properties": {"policy": document.policy.name, "summary": document.summary},
        }

    def _driver(self, document: Document) -> Json:
        tool = document.tool
        return {
            "name": tool.name,
            "version": tool.version,
            "semanticVersion": tool.version,
            "rules": list(self._rules.values()),
            "properties": {"ruleset": tool.ruleset},
        }

    def _append(self, report: TrustReport, finding: ReportedFinding, severity: Severity) -> None:
        rule_id = self._rule(finding, severity)
        self._seen[finding.fingerprint] += 1
        print_ = f"{finding.fingerprint}:{self._seen[finding.fingerprint]}"
        result = {
            "ruleId": rule_id,
            "ruleIndex": list(self._rules).index(rule_id),
            "level": _LEVELS[severity],
            "message": {"text": _message(report, finding)},
            "locations": [_location(report, finding.location, anchors_of(report, self._anchors))],
            # The name is the one that GitHub matches alerts by.
            "partialFingerprints": {"primaryLocationLineHash": print_, "trustaudit/v1": finding.fingerprint},
            "properties": {
                "severity": severity,
                "confidence": finding.confidence,
                "category": finding.category,
                "repository": full_id(report),
                "commit": report.repo.commit,
                "verdict": report.verdict,
            },
        }
        self._found.append((severity.rank, result))

    def _rule(self, finding: ReportedFinding, severity: Severity) -> str:
        text = rule_text(finding.rule)
        rule_id = text.id if severity == text.severity else f"{text.id}/{severity}"
        self._rules.setdefault(rule_id, _descriptor(rule_id, text, severity))
        return rule_id


def _descriptor(rule_id: str, text: RuleText, severity: Severity) -> Json:
    score = {"security-severity": _SCORES[severity]} if severity in _SCORES else {}
    tags = [tag for tag in ("security" if score else "", "supply-chain", text.category) if tag]
    return {
        "id": rule_id,
        "name": "".join(part.capitalize() for part in text.id.split("-")),
        "shortDescription": {"text": text.title},
        "fullDescription": {"text": clip(text.summary, _NOTE_CHARS)},
        "help": {"text": text.page, "markdown": text.page},
        **({"helpUri": text.url} if text.url else {}),
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": tags, "precision": "high", **score},
    }


def _unseen(report: TrustReport) -> ReportedFinding:
    """The verdict as a result, with a fingerprint that stays until the repository can be seen."""
    return ReportedFinding.model_validate(
        {
            "rule": INCOMPLETE_RULE,
            "severity": Severity.MEDIUM,
            "confidence": "high",
            "category": "integrity",
            "message": report.headline,
            "evidence": "; ".join(grouped(report.coverage.not_seen)),
            "location": Location(field="repository"),
            "remediation": "",
            "docs": "docs/policy.md",
            "fingerprint": f"{INCOMPLETE_RULE}:{full_id(report)}",
        }
    )


def _message(report: TrustReport, finding: ReportedFinding) -> str:
    """Plain text: ``[text](target)`` would become a link."""
    parts = [
        f"{full_id(report)}: {finding.message}",
        f"{place(finding.location)}: {finding.evidence}" if finding.evidence else place(finding.location),
        finding.remediation and f"To do: {finding.remediation}",
    ]
    text = clip("\n".join(part for part in parts if part), _MESSAGE_CHARS)
    return plain(text)


def plain(text: str) -> str:
    """Text without what readers of SARIF take for a link."""
    return _MARKUP.sub(lambda found: "\\" + found[0], text)


def _location(report: TrustReport, where: Location, anchors: Sequence[Anchor]) -> Json:
    """The user's own line; without one, a path that names repository and file as image scanners do."""
    physical = _at(anchors[0]) if anchors else _inside(report, where)
    name = f"{full_id(report)}@{report.repo.commit or report.repo.revision or ''}#{place(where)}"
    return {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}


def _at(anchor: Anchor) -> Json:
    return {"artifactLocation": {"uri": relative_uri(anchor.path)}, "region": {"startLine": max(1, anchor.line)}}


def _inside(report: TrustReport, where: Location) -> Json:
    path = "/".join(part for part in (full_id(report), where.path) if part)
    return {"artifactLocation": {"uri": relative_uri(path)}, "region": {"startLine": max(1, where.line or 1)}}


def relative_uri(path: str) -> str:
    """A relative reference that stays inside: no scheme, no root, no ``..``, every odd character quoted."""
    segments = [segment for segment in path.replace("\\", "/").split("/") if segment not in ("", ".")]
    return "/".join("__" if segment == ".." else quote(segment, safe="") for segment in segments) or "repository"


def _category(document: Document) -> str:
    """What a later upload replaces: the same repository, or all repositories under the same policy."""
    name = full_id(document.reports[0]) if len(document.reports) == 1 else document.policy.name
    return f"trustaudit/{relative_uri(name)}/"


def _invocation(document: Document) -> Json:
    notes = [note for report in document.reports for note in _notifications(report)]
    moments = [report.collected_at for report in document.reports if report.collected_at]
    return {
        "executionSuccessful": not any(report.verdict is Verdict.INCOMPLETE for report in document.reports),
        **({"endTimeUtc": max(moments).replace("+00:00", "Z")} if moments else {}),
        "toolExecutionNotifications": notes,
    }


def _notifications(report: TrustReport) -> Iterable[Json]:
    name = full_id(report)
    incomplete = report.verdict is Verdict.INCOMPLETE
    if incomplete:
        yield _notification("error", "incomplete", f"{name}: {report.headline}")
    for line in grouped(report.coverage.not_seen):
        yield _notification("error" if incomplete else "warning", "not-seen", f"{name}: not seen: {line}")
    for item in report.suppressed:
        until = f" until {item.exception_expires}" if item.exception_expires else ""
        text = f"{name}: {item.rule} at {place(item.location)} is under an exception{until}: {item.exception_reason}"
        yield _notification("note", "suppressed", text)


def _notification(level: str, kind: str, text: str) -> Json:
    return {"level": level, "descriptor": {"id": kind}, "message": {"text": plain(clip(text, _NOTE_CHARS))}}
