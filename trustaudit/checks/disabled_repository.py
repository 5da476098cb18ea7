"""Repository disabled by the Hub

## What it does
Reports a repository that the Hub marks as disabled, or whose every answer is "access disabled".

## Why it matters
The Hub disables repositories after a report: malware, stolen weights, unlawful content. The metadata stays
readable, and copies of the files may still sit in caches and mirrors.

## Example
`{"id": "ykilcher/gpt-4chan", "disabled": true}`: the info answer is a normal 200, the files are gone.

## How to fix
Do not use the repository or a copy of it before you know why it was taken down.

## References
- https://huggingface.co/docs/hub/moderation
"""

from __future__ import annotations

from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="disabled-repository",
    title="Repository disabled by the Hub",
    severity=Severity.CRITICAL,
    category=Category.PUBLISHER,
)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """From the flag of the info answer, or from refused answers where even info was refused."""
    refused = _refused(snapshot)
    info = snapshot.repo_info
    if refused or (info is not None and info.disabled):
        return CheckResult.of(META.id, (_finding(refused or "disabled: true"),))
    if isinstance(snapshot.info, Unavailable):
        return CheckResult.unavailable(META.id, snapshot.info)
    return CheckResult.of(META.id, ())


def _refused(snapshot: Snapshot) -> str:
    """What the Hub said when it refused an answer because the repository is disabled."""
    answers = (snapshot.info, snapshot.files, snapshot.history)
    refusals = (a for a in answers if isinstance(a, Unavailable) and a.reason is Reason.DISABLED)
    return next((refusal.detail or str(refusal.reason) for refusal in refusals), "")


def _finding(evidence: str) -> Finding:
    return META.found(
        "the Hub has disabled this repository",
        location=Location(field="disabled"),
        evidence=evidence,
        remediation="do not use it, nor copies of it, before you know why it was taken down",
    )
