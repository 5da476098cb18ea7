"""An audit → the entry that pins it, or the reason why it cannot be pinned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.facts import Known, value_of
from trustaudit.finding import Finding
from trustaudit.knowledge.ruleset import ruleset_id
from trustaudit.lockfile.model import AcceptedPin, FindingPin, LockEntry, PublisherPin, RefPin, ScanIssue
from trustaudit.lockfile.tree import SHA1, file_pins, tree_digest
from trustaudit.policy.schema import Policy, PolicyException
from trustaudit.refs import DEFAULT_BRANCH, RepoRef
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import GitRef, Publisher, Refs, ScanRollup, Snapshot

_ISSUES = frozenset({"unsafe", "suspicious", "caution"})
_STATED = set(Finding.model_fields) - {"key"}


class Audited(Struct, frozen=True):
    """One audit: what was seen, and what the policy makes of it."""

    snapshot: Snapshot
    report: TrustReport


def unpinnable(snapshot: Snapshot) -> str:
    """Why this audit cannot be pinned; empty when it can."""
    if snapshot.commit is None or not SHA1.fullmatch(snapshot.commit):
        return "the Hub named no commit"
    if not isinstance(snapshot.files, Known):
        return "the list of files could not be seen"
    if not snapshot.files.value.complete:
        return "the list of files is not complete"
    if snapshot.moved:
        return "the branch moved during the audit"
    return _odd_names(snapshot)


def _odd_names(snapshot: Snapshot) -> str:
    """Names that no honest Hub gives and that a lockfile could not hold."""
    paths = [entry.path for entry in snapshot.entries]
    if "" in paths or len(set(paths)) < len(paths):
        return "the list of files has a path twice, or an empty one"
    try:
        RepoRef.parse(_answered(snapshot))
    except RefError:
        return "the Hub answered with an id that is none"
    return ""


def _answered(snapshot: Snapshot) -> str:
    """The id the Hub answers with."""
    info = snapshot.repo_info
    return info.id if info else snapshot.ref.id


def _is_same(snapshot: Snapshot) -> bool:
    """Whether that is the id that was asked for; case does not count."""
    return _answered(snapshot).casefold() == snapshot.ref.id.casefold()


def entry_of(audited: Audited, policy: Policy, accepted: Iterable[AcceptedPin] = ()) -> LockEntry:
    """The entry for an audit that ``unpinnable`` has nothing against. ``policy`` without the accepted exceptions."""
    snapshot, report = audited.snapshot, audited.report
    info = snapshot.repo_info
    files = file_pins(snapshot.entries)
    return LockEntry(
        type=snapshot.ref.type,
        id=_answered(snapshot) if _is_same(snapshot) else snapshot.ref.id,
        answers_as=None if _is_same(snapshot) else _answered(snapshot),
        object_id=info.object_id if info else None,
        endpoint=snapshot.endpoint,
        revision=snapshot.ref.revision or DEFAULT_BRANCH,
        commit=snapshot.commit or "",
        tree=tree_digest(files),
        verdict=report.verdict,
        score=report.score,
        policy=policy.name,
        policy_digest=policy.digest,
        ruleset=ruleset_id(),
        audited=snapshot.collected_at,
        gated=info.gated if info else None,
        publisher=publisher_pin(value_of(snapshot.publisher)),
        scan_issues=scan_issues(scan_seen(snapshot)),
        tags=tag_pins(value_of(snapshot.refs)),
        accepted=tuple(sorted(accepted, key=lambda pin: (pin.rule, pin.fingerprint))),
        findings=finding_pins(report),
        files=files,
    )


def publisher_pin(publisher: Publisher | None) -> PublisherPin | None:
    """The facts of an owner that an impostor could not keep the same."""
    if publisher is None:
        return None
    return PublisherPin(
        name=publisher.name,
        kind=publisher.kind,
        object_id=publisher.object_id,
        verified=publisher.verified,
        created=publisher.created_at,
    )


def scan_issues(scan: ScanRollup | None) -> tuple[ScanIssue, ...]:
    """Files with issues, sorted. None and an unfinished scan have none to tell."""
    found = {(path, level) for path, level in scan.issues} if scan else set()
    return tuple(ScanIssue(path=path, level=level) for path, level in sorted(found) if path and level)


def scan_seen(snapshot: Snapshot) -> ScanRollup | None:
    """The scan state of the repository: the Hub's roll-up, else what it says file by file (datasets, Spaces)."""
    info = snapshot.repo_info
    told = (info.scan if info else None) or value_of(snapshot.scan)
    if told is not None:
        return told
    scans = ((entry.path, value_of(entry.scans)) for entry in snapshot.entries)
    issues = tuple((path, scan.status) for path, scan in scans if scan is not None and scan.status in _ISSUES)
    return ScanRollup(done=False, issues=issues)


def tag_pins(refs: Refs | None) -> tuple[RefPin, ...]:
    """Tags and where they point. Branches are left out: to move is what they are for."""
    tags: list[GitRef] = [tag for tag in refs.tags if tag.ref and SHA1.fullmatch(tag.target)] if refs else []
    return tuple(RefPin(ref=tag.ref, commit=tag.target) for tag in sorted(tags, key=lambda tag: tag.ref))


def finding_pins(report: TrustReport) -> tuple[FindingPin, ...]:
    """Every finding once, suppressed ones too: they were known when the repository was locked."""
    pins = {
        item.fingerprint: FindingPin(fingerprint=item.fingerprint, rule=item.rule, severity=item.severity)
        for item in (*report.suppressed, *report.findings)
    }
    return tuple(sorted(pins.values(), key=lambda pin: (pin.rule, pin.fingerprint)))


def with_accepted(policy: Policy, repo: str, accepted: Iterable[AcceptedPin]) -> Policy:
    """The policy with an exception per accepted finding of one repository (its full id)."""
    exceptions = tuple(
        PolicyException(rule=pin.rule, repo=repo, fingerprint=pin.fingerprint, reason=pin.reason, expires=pin.expires)
        for pin in accepted
    )
    return policy.model_copy(update={"exceptions": (*policy.exceptions, *exceptions)}) if exceptions else policy


def expired(entry: LockEntry, today: date) -> tuple[AcceptedPin, ...]:
    """Accepted findings of the entry whose day has passed."""
    return tuple(pin for pin in entry.accepted if pin.expires < today)


def still_used(accepted: Iterable[AcceptedPin], report: TrustReport) -> tuple[AcceptedPin, ...]:
    """Those that suppress something in this report: what is gone needs no exception."""
    there = {item.fingerprint for item in report.suppressed}
    return tuple(pin for pin in accepted if pin.fingerprint in there)


def blocking(report: TrustReport, policy: Policy) -> tuple[FindingPin, ...]:
    """The findings that block, each once."""
    stated = ((item, Finding.model_validate(item.model_dump(include=_STATED))) for item in report.findings)
    blocks = {item.fingerprint: item for item, finding in stated if policy.thresholds.blocks(finding)}
    return tuple(
        FindingPin(fingerprint=item.fingerprint, rule=item.rule, severity=item.severity) for item in blocks.values()
    )
