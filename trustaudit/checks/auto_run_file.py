"""File that a tool runs without being asked

## What it does
Reports files that editors, shells, git, Python, pytest, torch.hub or Inference Endpoints act upon by
themselves once the repository is cloned, opened or deployed.

## Why it matters
A model repository is opened, cloned and deployed by many tools. Some of them run what certain files say, no
matter whether anyone meant to run anything.

## Example
`sitecustomize.py` runs at every start of a Python whose path contains the folder. `handler.py` runs when the
model is deployed as an endpoint.

## How to fix
Download single files instead of cloning, leave these files out (`ignore_patterns`), and read them before a
deployment.

## References
- https://docs.python.org/3/library/site.html
- https://huggingface.co/docs/inference-endpoints/guides/custom_handler
- https://nvd.nist.gov/vuln/detail/CVE-2025-48384 (git submodules)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.finding import Category, Confidence, Finding, Location, Severity
from trustaudit.knowledge.auto_run import AutoRunRule, auto_run_rules
from trustaudit.refs import RepoType
from trustaudit.snapshot import Snapshot

META = CheckMeta(
    id="auto-run-file",
    title="File that a tool runs without being asked",
    severity=Severity.MEDIUM,
    category=Category.EXECUTION,
    needs=frozenset({Need.FILES}),
    local=True,
)


def run(snapshot: Snapshot, _context: Context) -> Iterable[Finding]:
    """One finding per file, bounded in number."""
    return bounded(META, _findings(snapshot))


def _findings(snapshot: Snapshot) -> Iterator[Finding]:
    rules = auto_run_rules()
    for entry in snapshot.entries:
        rule = next((rule for rule in rules if rule.matches(entry.path)), None)
        if rule is not None:
            yield _finding(snapshot, entry.path, rule)


def _finding(snapshot: Snapshot, path: str, rule: AutoRunRule) -> Finding:
    severity = Severity(rule.severity)
    # A Space is a program with a development environment around it.
    at_home = snapshot.ref.type is RepoType.SPACE and severity is not Severity.HIGH
    return META.found(
        f"{rule.who} acts upon this file {rule.when}",
        location=Location(path=path),
        severity=severity.lowered() if at_home else severity,
        # Only what the file says decides whether it does harm; the name alone does not.
        confidence=Confidence.LOW if severity is Severity.HIGH else Confidence.MEDIUM,
        remediation="leave this file out of downloads, and read it before the tool does",
        key=rule.path or rule.folder,
    )
