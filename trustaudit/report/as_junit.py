"""JUnit XML: a suite per repository, a case for its verdict and one per check.

A failure here is what makes the exit code 1, no more: cases fail only in repositories that are
blocked, an incomplete verdict is an error, and a check that could not look is skipped with the reason.
Findings that fail nothing stand in ``system-out``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from trustaudit.finding import Outcome, Severity
from trustaudit.report.escape import escaped
from trustaudit.report.model import Document, ReportedCheck, ReportedFinding, TrustReport, Verdict
from trustaudit.report.words import full_id, grouped, place

_VERDICT_CASE: Final = "verdict"


def as_junit(document: Document) -> str:
    """One document. Its text is printable only (``escape.visible``), so all of it is legal XML."""
    clean = escaped(document)
    suites = [_suite(report) for report in clean.reports]
    attributes = _attributes(name=clean.tool.name, **_totals(suites), time=_seconds(clean.reports))
    body = "".join(text for text, _ in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites{attributes}>\n{body}</testsuites>\n'


Case = tuple[str, str]
"""Its XML and what became of it: ``failures``, ``errors``, ``skipped`` or nothing."""


def _suite(report: TrustReport) -> tuple[str, dict[str, int]]:
    cases = [_verdict_case(report), *(_check_case(report, check) for check in report.checks)]
    kinds = ("failures", "errors", "skipped")
    counts = {"tests": len(cases), **{kind: sum(became == kind for _, became in cases) for kind in kinds}}
    when = {"timestamp": report.collected_at[:19]} if report.collected_at else {}
    attributes = _attributes(name=full_id(report), **counts, time=_seconds([report]), **when)
    properties = "".join(f"<property{_attributes(name=name, value=value)}/>\n" for name, value in _properties(report))
    body = "".join(text for text, _ in cases)
    return f"<testsuite{attributes}>\n<properties>\n{properties}</properties>\n{body}</testsuite>\n", counts


def _totals(suites: Sequence[tuple[str, dict[str, int]]]) -> dict[str, int]:
    return {kind: sum(counts[kind] for _, counts in suites) for kind in ("tests", "failures", "errors")}


def _properties(report: TrustReport) -> Iterable[tuple[str, str]]:
    yield "requested", report.repo.requested
    yield "commit", report.repo.commit or ""
    yield "score", "" if report.score is None else str(report.score)
    yield "verdict", report.verdict


def _verdict_case(report: TrustReport) -> Case:
    if report.verdict is Verdict.BLOCK:
        return _case(report, _VERDICT_CASE, "failure", report.headline, [_line(item) for item in report.findings])
    if report.verdict is Verdict.INCOMPLETE:
        return _case(report, _VERDICT_CASE, "error", report.headline, grouped(report.coverage.not_seen))
    return _case(report, _VERDICT_CASE, "", "", [report.headline])


def _check_case(report: TrustReport, check: ReportedCheck) -> Case:
    found = [item for item in report.findings if item.rule == check.id]
    lines = [_line(item) for item in found]
    if check.outcome is Outcome.ERROR:
        return _case(report, check.id, "error", "the check failed", [check.reason])
    if check.outcome in (Outcome.UNAVAILABLE, Outcome.NOT_APPLICABLE):
        return _case(report, check.id, "skipped", "", [f"{check.outcome}: {check.reason}"])
    bad = report.verdict is Verdict.BLOCK and any(item.severity.rank >= Severity.HIGH.rank for item in found)
    return _case(report, check.id, "failure" if bad else "", found[0].message if bad else "", lines)


def _line(item: ReportedFinding) -> str:
    parts = (f"{item.severity}: {place(item.location)}: {item.message}", item.evidence, item.remediation)
    return "\n  ".join(part for part in parts if part)


def _case(report: TrustReport, name: str, element: str, message: str, lines: Sequence[str]) -> Case:
    became = {"failure": "failures", "error": "errors", "skipped": "skipped"}.get(element, "")
    body = escape("\n".join(lines))
    heading = _attributes(message=message, type=name) if message else ""
    if element:
        inside = f"\n<{element}{heading}>{body}</{element}>\n"
    else:
        inside = f"\n<system-out>{body}</system-out>\n" if body else ""
    attributes = _attributes(name=name, classname=f"trustaudit.{full_id(report)}")
    return f"<testcase{attributes}>{inside}</testcase>\n", became


def _seconds(reports: Iterable[TrustReport]) -> str:
    return f"{sum(report.cost.seconds for report in reports):.3f}"


def _attributes(**values: str | int) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items())
