"""Publisher's account is new

## What it does
Reports accounts younger than 30 days. Younger than seven days it is more, provided that the repository holds
files which can run code. For organizations, whose creation date the Hub does not tell, the date is read from
the account's object id.

## Why it matters
The fakes that reached the Hub's trending list in 2026 came from accounts that were less than a day old; of 206
honest trending repositories 95 % came from accounts older than 42 days. Everyone starts with a new account,
though: alone it is a note, and safetensors from a newcomer can do little harm.

## Example
An account created 19 hours ago, whose only model needs `trust_remote_code=True`.

## How to fix
Look for the same model under its original publisher, or wait.

## References
- https://hiddenlayer.com/innovation-hub/ (Open-OSS/privacy-filter, 2026-05)
"""

from __future__ import annotations

from trustaudit.checks._files import seen_files
from trustaudit.checks._owner import JUST_CREATED_DAYS, NEW_DAYS, age_days, is_trusted, publisher_of
from trustaudit.checks._text import counted
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Reason, Unavailable
from trustaudit.finding import Category, CheckResult, Confidence, Finding, Location, Severity
from trustaudit.knowledge.file_kinds import FileKind
from trustaudit.snapshot import Publisher, Snapshot

META = CheckMeta(
    id="publisher-new",
    title="Publisher's account is new",
    severity=Severity.LOW,
    category=Category.PUBLISHER,
    needs=frozenset({Need.PUBLISHER}),
)

_SCRIPTS = frozenset({FileKind.PYTHON, FileKind.SHELL_SCRIPT, FileKind.SCRIPT_HOST})


def run(snapshot: Snapshot, context: Context) -> CheckResult:
    """At most one finding. An account of unknown age is reported as such."""
    publisher = publisher_of(snapshot)
    age = age_days(snapshot, publisher.created_at) if publisher else None
    if publisher is None or age is None:
        gap = Unavailable(reason=Reason.NOT_PROVIDED, detail="the Hub does not tell when the account was created")
        return CheckResult.unavailable(META.id, gap)
    if age >= NEW_DAYS:
        return CheckResult.of(META.id, ())
    return CheckResult.of(META.id, (_finding(snapshot, publisher, age, context),))


def _finding(snapshot: Snapshot, publisher: Publisher, age: float, context: Context) -> Finding:
    return META.found(
        f"the account {publisher.name} is {_age(age)} old",
        location=Location(field="author"),
        severity=_severity(snapshot, publisher, age, context),
        confidence=Confidence.HIGH if publisher.created_from == "api" else Confidence.MEDIUM,
        evidence=f"created {publisher.created_at:%Y-%m-%d} (from the {publisher.created_from})",
        remediation="look for the same model under its original publisher",
    )


def _severity(snapshot: Snapshot, publisher: Publisher, age: float, context: Context) -> Severity:
    if is_trusted(publisher.name, context):
        return Severity.INFO
    return Severity.MEDIUM if age < JUST_CREATED_DAYS and _can_run_code(snapshot) else Severity.LOW


def _can_run_code(snapshot: Snapshot) -> bool:
    info = snapshot.repo_info
    if info is not None and (info.auto_map or info.custom_class):
        return True
    kinds = {seen.kind for seen in seen_files(snapshot)}
    return any(kind.runs_on_load or kind.starts_programs or kind in _SCRIPTS for kind in kinds)


def _age(days: float) -> str:
    return counted(int(days), "day") if days >= 1 else counted(int(days * 24), "hour")
