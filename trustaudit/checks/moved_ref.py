"""Tag or branch that was moved

## What it does
Compares the refs with those of an earlier audit (`--previous FILE`). Reports tags that point to another commit, or are
gone. Branches move with every commit: a branch that was audited and is gone is a note.

## Why it matters
A tag such as `v1.0` says "these files, for ever". Whoever pins a tag and not a commit loads other files after it was
moved, without any change on their side.

## Example
`v1.0` pointed to `77d0c3a` at the last audit and points to `12ab9f0` now.

## How to fix
Pin the commit instead of the tag, and ask the publisher why it was moved. Compare the two commits before you follow.

## References
- https://huggingface.co/docs/huggingface_hub/guides/download (revisions)
- https://unit42.paloaltonetworks.com/github-actions-supply-chain-attack/ (moved tags of tj-actions, 2025-03)
"""

from __future__ import annotations

from collections.abc import Iterator

from trustaudit.checks._text import bounded
from trustaudit.checks.interface import CheckMeta, Context, Need
from trustaudit.facts import Known, value_of
from trustaudit.finding import Category, CheckResult, Finding, Location, Severity
from trustaudit.refs import DEFAULT_BRANCH
from trustaudit.snapshot import GitRef, Refs, Snapshot

META = CheckMeta(
    id="moved-ref",
    title="Tag or branch that was moved",
    severity=Severity.HIGH,
    category=Category.HISTORY,
    needs=frozenset({Need.REFS}),
)

_SHOWN = 12


def run(snapshot: Snapshot, _context: Context) -> CheckResult:
    """Not applicable without an earlier audit that knew the refs."""
    previous: Snapshot | None = value_of(snapshot.previous)
    before: Refs | None = value_of(previous.refs) if previous else None
    now: Refs | None = value_of(snapshot.refs)
    if previous is None or now is None:
        return CheckResult.not_applicable(META.id, "no earlier audit to compare with (--previous)")
    findings = [*_asked(snapshot, previous)]
    if before is not None:
        findings += [*_tags(before.tags, now.tags), *_branches(snapshot, before, now)]
    return CheckResult.of(META.id, tuple(bounded(META, findings)))


def _asked(snapshot: Snapshot, previous: Snapshot) -> Iterator[Finding]:
    """The revision that both audits asked for, where it names a tag that moved although refs were not kept."""
    refs: Refs | None = value_of(snapshot.refs)
    revision = snapshot.ref.revision
    if refs is None or isinstance(previous.refs, Known) or revision is None or revision != previous.ref.revision:
        return
    for tag in refs.tags:
        if tag.name == revision and previous.commit and tag.target != previous.commit:
            yield _moved(tag.name, previous.commit, tag.target)


def _tags(before: tuple[GitRef, ...], now: tuple[GitRef, ...]) -> Iterator[Finding]:
    targets = {tag.name: tag.target for tag in now}
    for tag in before:
        if tag.name not in targets:
            yield _finding(
                f"the tag {tag.name} is gone", f"it pointed to {tag.target[:_SHOWN]}", Severity.LOW, tag.name
            )
        elif targets[tag.name] != tag.target:
            yield _moved(tag.name, tag.target, targets[tag.name])


def _branches(snapshot: Snapshot, before: Refs, now: Refs) -> Iterator[Finding]:
    names = {branch.name for branch in now.branches}
    audited = snapshot.ref.revision or DEFAULT_BRANCH
    for branch in before.branches:
        if branch.name == audited and branch.name not in names:
            evidence = f"it pointed to {branch.target[:_SHOWN]}"
            yield _finding(f"the branch {branch.name} is gone", evidence, Severity.LOW, branch.name)


def _moved(name: str, before: str, now: str) -> Finding:
    evidence = f"{before[:_SHOWN]} → {now[:_SHOWN]}"
    return _finding(f"the tag {name} points to another commit than at the last audit", evidence, Severity.HIGH, name)


def _finding(message: str, evidence: str, severity: Severity, name: str) -> Finding:
    return META.found(
        message,
        location=Location(field="refs"),
        severity=severity,
        evidence=evidence,
        remediation="pin the commit instead of the tag, and ask why it was moved",
        key=name,
    )
