"""Hub scanners have not looked

## What it does
Counts, for files that can run code, how many of the Hub's five scanners gave a verdict. `unscanned`, `queued`,
`error` and a missing answer all count as "has not looked".

## Why it matters
The Hub shows a file as safe as soon as nothing speaks against it, also when four of five scanners have not
looked. A fresh upload is typically queued for minutes to hours, which is when a malicious one does its harm.

## Example
`pytorch_model.bin`: antivirus safe, JFrog queued, the others unscanned: 1 of 5 looked.

## How to fix
Nothing on your side; run the audit again later. The other rules do not depend on the Hub's scanners.

## References
- https://huggingface.co/docs/hub/security-malware
- https://huggingface.co/docs/hub/security-pickle
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._files import SeenFile, seen_files
from trustaudit.checks._scans import answered, silent
from trustaudit.checks._text import counted, listed
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Known, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.snapshot import SCANNERS, Snapshot

META = CheckMeta(
    id="hub-scan-coverage",
    title="Hub scanners have not looked",
    severity=Severity.LOW,
    category=Category.CONTENT,
    needs=frozenset({Need.FILES}),
)


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """At most two findings: files nobody looked at, and files some scanners looked at."""
    files = [seen for seen in seen_files(snapshot) if seen.kind.runs_on_load or seen.kind.starts_programs]
    if not files:
        return CheckResult.not_applicable(META.id, "no file that could run code")
    absent = [seen.entry.scans for seen in files if isinstance(seen.entry.scans, Unavailable)]
    if len(absent) == len(files):
        return CheckResult.unavailable(META.id, absent[0])
    return CheckResult.of(META.id, tuple(_findings(files)))


def _findings(files: list[SeenFile]) -> Iterator[Finding]:
    nobody = [seen for seen in files if _answers(seen) == 0]
    some = [seen for seen in files if 0 < _answers(seen) < len(SCANNERS)]
    if nobody:
        message = f"{counted(len(nobody), 'file')} that can run code, and no scanner of the Hub has looked"
        yield _finding(message, nobody, Severity.LOW, "nobody")
    if some:
        fewest = min(_answers(seen) for seen in some)
        subject = "1 file that can run code was" if len(some) == 1 else f"{len(some)} files that can run code were"
        at_least = "" if len(some) == 1 else "at least "
        message = f"{subject} looked at by {at_least}{fewest} of {len(SCANNERS)} scanners"
        yield _finding(message, some, Severity.INFO, "some")


def _answers(seen: SeenFile) -> int:
    return len(answered(seen.entry.scans.value)) if isinstance(seen.entry.scans, Known) else 0


def _finding(message: str, files: list[SeenFile], severity: Severity, key: str) -> Finding:
    least = min(files, key=lambda seen: (_answers(seen), seen.path))
    scans = least.entry.scans
    missing = listed(silent(scans.value)) if isinstance(scans, Known) else "no scan results"
    return META.found(
        message,
        location=Location(path=least.path),
        severity=severity,
        confidence=Confidence.HIGH,
        evidence=f"{least.path}: {missing}",
        remediation="run the audit again later",
        key=key,
    )
