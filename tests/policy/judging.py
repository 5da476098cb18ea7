"""Findings and results for tests of judging."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.builders import make_facts
from trustaudit.filefacts import FileFacts
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Outcome, Severity


def make_finding(
    severity: str | Severity = "high",
    confidence: str | Confidence = "high",
    *,
    rule: str = "some-rule",
    category: str = "execution",
    path: str | None = "model.pkl",
    message: str = "something was found",
    **more: Any,  # noqa: ANN401 - any field
) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity(severity),
        confidence=Confidence(confidence),
        category=Category(category),
        message=message,
        location=more.pop("location", Location(path=path)),
        **more,
    )


def results(*findings: Finding, check: str = "some-rule") -> list[CheckResult]:
    return [CheckResult.of(check, findings)]


def crashed(check: str) -> list[CheckResult]:
    return [CheckResult(id=check, outcome=Outcome.ERROR, reason="ValueError: x")]


def looked(*paths: str) -> tuple[FileFacts, ...]:
    return tuple(make_facts(path, "unknown-to-nobody") for path in paths)


def findings() -> st.SearchStrategy[Finding]:
    return st.builds(
        make_finding,
        st.sampled_from(Severity),
        st.sampled_from(Confidence),
        rule=st.sampled_from(("rule-a", "rule-b", "rule-c")),
        category=st.sampled_from([str(category) for category in Category]),
        path=st.sampled_from((None, "a.bin", "b/c.py", "README.md")),
        message=st.text(max_size=20),
        key=st.sampled_from(("", "k")),
    )
