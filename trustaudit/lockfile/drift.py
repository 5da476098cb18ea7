"""Today against the lock: what differs, in words, and whether it matters. Pure.

``head_drifts`` needs one info answer, ``full_drifts`` a whole audit. What matters decides the exit
code; the rest (a README edited by the usual people, a badge gained) is told and lets a weekly job pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from trustaudit.facts import Fact, Frozen, Reason, Unavailable, value_of
from trustaudit.finding import Severity
from trustaudit.knowledge.auto_run import auto_run_rules
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.lockfile.entry import Audited, publisher_pin, scan_issues, scan_seen, tag_pins
from trustaudit.lockfile.model import FilePin, LockEntry, PublisherPin
from trustaudit.lockfile.tree import TreeChange, file_pins, tree_change
from trustaudit.report.model import ReportedFinding, Verdict
from trustaudit.report.words import place, plural, size
from trustaudit.snapshot import Commit, FileList, History, Publisher, RepoInfo, ScanRollup

SHORT = 7
_DIGITS = 8


class DriftKind(StrEnum):
    """One word per cause, stable in JSON output."""

    MISSING = "missing"
    RECREATED = "recreated"
    DISABLED = "disabled"
    REVISION_GONE = "revision-gone"
    HISTORY_REWRITTEN = "history-rewritten"
    FILES_SWAPPED = "files-swapped"
    TAG_MOVED = "tag-moved"
    NEW_COMMITS = "new-commits"
    RENAMED = "renamed"
    PUBLISHER = "publisher"
    SCAN = "scan"
    FINDINGS = "findings"
    VERDICT = "verdict"
    GATED = "gated"
    PRIVATE = "private"


class Drift(Frozen):
    """One difference. ``details`` are lines for a person; text in them may be the Hub's."""

    kind: DriftKind
    message: str
    details: tuple[str, ...] = ()
    matters: bool = True


def lost(entry: LockEntry, gone: Unavailable) -> Drift | None:
    """What it means that the repository could not be had; None when it only could not be looked at."""
    if gone.reason is Reason.MISSING_OR_PRIVATE:
        message = "no longer there: deleted, made private, or never visible without a token"
        return Drift(kind=DriftKind.MISSING, message=message)
    if gone.reason is Reason.DISABLED:
        return Drift(kind=DriftKind.DISABLED, message="the Hub has disabled it")
    if gone.reason is Reason.REVISION_NOT_FOUND:
        what = "the locked commit" if entry.ref.is_pinned else entry.revision
        message = f"{what} no longer exists: deleted, or the history was rewritten by a force-push"
        return Drift(kind=DriftKind.REVISION_GONE, message=message)
    return None


def head_drifts(entry: LockEntry, info: RepoInfo, listed: FileList) -> tuple[Drift, ...]:
    """What an info answer alone tells. Empty: by this answer nothing changed, the commit included."""
    found = [
        *_identity(entry, info),
        *_access(entry, info),
        *_scan(entry, info.scan),
        *(_swapped(entry, file_pins(listed.entries)) if info.sha == entry.commit and listed.complete else ()),
    ]
    if info.sha != entry.commit:
        found.append(_moved_head(entry, info))
    return tuple(found)


def full_drifts(entry: LockEntry, audited: Audited, *, kept: bool | None = None) -> tuple[Drift, ...]:
    """Everything a whole audit tells. ``kept``: whether the locked commit can still be fetched (None: not asked)."""
    snapshot = audited.snapshot
    info = snapshot.repo_info
    head = [*_identity(entry, info), *_access(entry, info)] if info else []
    return (
        *head,
        *_scan(entry, scan_seen(snapshot)),
        *(_commits(entry, audited, kept=kept) if snapshot.commit != entry.commit else _same_commit(entry, audited)),
        *_tags(entry, audited),
        *publisher_drifts(entry.publisher, snapshot.publisher),
        *_findings(entry, audited),
    )


def publisher_drifts(old: PublisherPin | None, publisher: Fact[Publisher]) -> tuple[Drift, ...]:
    """The owner today against the locked one. An owner that could not be asked for is no drift."""
    if old is None:
        return ()
    if isinstance(publisher, Unavailable) and publisher.reason is Reason.OWNER_NOT_FOUND:
        message = f"the account {old.name} no longer exists; somebody else may register the name"
        return (Drift(kind=DriftKind.PUBLISHER, message=message),)
    new = publisher_pin(value_of(publisher))
    return tuple(_owner_change(old, new)) if new is not None and new != old else ()


def _owner_change(old: PublisherPin, new: PublisherPin) -> Iterator[Drift]:
    if old.object_id and new.object_id and old.object_id != new.object_id:
        message = f"{new.name} is another account now: the name was registered again"
        yield Drift(kind=DriftKind.PUBLISHER, message=message, details=(_ids(old.object_id, new.object_id),))
        return
    if old.kind != new.kind:
        yield Drift(
            kind=DriftKind.PUBLISHER, message=f"{new.name}: its account was of kind {old.kind}, is now {new.kind}"
        )
    if old.name.casefold() != new.name.casefold():
        yield Drift(kind=DriftKind.PUBLISHER, message=f"the owner was {old.name}, is now {new.name}")
    if old.verified and new.verified is False:
        yield Drift(kind=DriftKind.PUBLISHER, message=f"{new.name} is no longer verified")
    if new.verified and old.verified is False:
        yield Drift(kind=DriftKind.PUBLISHER, message=f"{new.name} is verified now", matters=False)
    if old.created and new.created and abs((new.created - old.created).total_seconds()) > 1:
        message = f"{new.name} was created {old.created:%Y-%m-%d}, says the lock; {new.created:%Y-%m-%d}, says the Hub"
        yield Drift(kind=DriftKind.PUBLISHER, message=message)


def _identity(entry: LockEntry, info: RepoInfo) -> Iterator[Drift]:
    if entry.object_id and info.object_id and entry.object_id != info.object_id:
        message = "now a different repository: deleted and created again, or the namespace was registered by another"
        yield Drift(kind=DriftKind.RECREATED, message=message, details=(_ids(entry.object_id, info.object_id),))
    if info.id.casefold() != (entry.answers_as or entry.id).casefold():
        yield Drift(kind=DriftKind.RENAMED, message=f"the Hub now answers with {info.id}")


def _ids(old: str, new: str) -> str:
    return f"_id {old} → {new}"


def _access(entry: LockEntry, info: RepoInfo) -> Iterator[Drift]:
    if info.disabled:
        yield Drift(kind=DriftKind.DISABLED, message="the Hub has disabled it")
    if entry.gated == "no" and info.gated not in (None, "no"):
        yield Drift(kind=DriftKind.GATED, message=f"gated now ({info.gated}): the files need accepted conditions")
    if info.private:
        yield Drift(kind=DriftKind.PRIVATE, message="private now: others can no longer see it", matters=False)


def _scan(entry: LockEntry, scan: ScanRollup | None) -> Iterator[Drift]:
    now, before = set(scan_issues(scan)), set(entry.scan_issues)
    new = sorted(f"{issue.path}: {issue.level}" for issue in now - before)
    if new:
        yield Drift(kind=DriftKind.SCAN, message="the Hub's scanners have new issues", details=tuple(new))
    if before - now and scan is not None and scan.done:
        gone = tuple(sorted(f"{issue.path}: {issue.level}" for issue in before - now))
        message = "the Hub's scanners no longer have issues with"
        yield Drift(kind=DriftKind.SCAN, message=message, details=gone, matters=False)


def _moved_head(entry: LockEntry, info: RepoInfo) -> Drift:
    """A new commit, before anybody looked at what it does."""
    to = f"locked {entry.commit[:SHORT]}, now {(info.sha or 'no commit')[:SHORT]}"
    if _is_tag(entry):
        return Drift(kind=DriftKind.TAG_MOVED, message=f"tag {entry.revision} moved: {to}")
    return Drift(kind=DriftKind.NEW_COMMITS, message=f"{entry.revision}: {to}")


def _is_tag(entry: LockEntry) -> bool:
    return any(tag.ref == f"refs/tags/{entry.revision}" for tag in entry.tags)


def _swapped(entry: LockEntry, now: Iterable[FilePin]) -> Iterator[Drift]:
    """Other files under the same commit: git does not allow that, so somebody between did it, or the Hub."""
    pins = tuple(now)
    change = tree_change(entry.files, pins) if any(pin.content_key for pin in pins) else TreeChange()
    if change:
        message = f"commit {entry.commit[:SHORT]} has other files than when it was locked"
        yield Drift(kind=DriftKind.FILES_SWAPPED, message=message, details=tuple(change_lines(change)))


def _same_commit(entry: LockEntry, audited: Audited) -> Iterator[Drift]:
    listing = value_of(audited.snapshot.files)
    if listing is not None and listing.complete:
        yield from _swapped(entry, file_pins(listing.entries))


def _commits(entry: LockEntry, audited: Audited, *, kept: bool | None) -> Iterator[Drift]:
    snapshot = audited.snapshot
    listing, history = value_of(snapshot.files), value_of(snapshot.history)
    new, older = _since(history, entry.commit)
    change = tree_change(entry.files, file_pins(listing.entries)) if listing is not None else None
    moved = f"locked {entry.commit[:SHORT]} → {entry.revision} {(snapshot.commit or '?')[:SHORT]}"
    details = (*_signs(change), *change_lines(change)) if change is not None else ("what changed could not be seen",)
    if history is not None and older is None and history.complete:
        after = {True: ", which still can be fetched", False: ", which is gone", None: ""}[kept]
        message = f"{moved}: the history no longer holds the locked commit{after}"
        yield Drift(kind=DriftKind.HISTORY_REWRITTEN, message=message, details=details)
        return
    kind = DriftKind.TAG_MOVED if _is_tag(entry) else DriftKind.NEW_COMMITS
    matters = change is None or kind is DriftKind.TAG_MOVED or not all(map(is_documentation, change.paths))
    yield Drift(kind=kind, message=f"{moved}{_who(new, older)}", details=details, matters=matters)


def _since(history: History | None, commit: str) -> tuple[tuple[Commit, ...], tuple[Commit, ...] | None]:
    """Commits after the locked one, and from it on backwards; None when the history does not hold it."""
    commits = history.commits if history else ()
    for index, item in enumerate(commits):
        if item.id == commit:
            return commits[:index], commits[index:]
    return commits, None


def _who(new: tuple[Commit, ...], older: tuple[Commit, ...] | None) -> str:
    names = list(dict.fromkeys(author.name for commit in new for author in commit.authors))
    if not names or older is None:
        return ""
    known = {author.name for commit in older for author in commit.authors}
    told = [name if name in known else f"{name} (never committed before)" for name in names]
    return f", {plural(len(new), 'commit')} by {', '.join(told)}"


def _signs(change: TreeChange | None) -> Iterator[str]:
    """What an exchange of weights looks like: no card touched, or one format changed and its twin not."""
    paths = set(change.paths) if change else set()
    weights = {path for path in paths if kind_of(path).is_weights}
    if weights and not any(path.casefold() == "readme.md" for path in paths):
        yield "! weights changed, the card did not"


def change_lines(change: TreeChange) -> Iterator[str]:
    """``~ model.safetensors  sha256 4be1… → 90f2…``, one line per file: changed, added, removed."""
    for old, new in change.changed:
        yield f"~ {new.path}  {_hash_change(old, new)}"
    for pin in change.added:
        yield f"+ {pin.path}{_runs(pin.path)}"
    for pin in change.removed:
        yield f"- {pin.path}"


def _hash_change(old: FilePin, new: FilePin) -> str:
    if not old.content_key or not new.content_key:
        return f"{size(old.size)} → {size(new.size)}"
    before, after = old.content_key.partition(":"), new.content_key.partition(":")
    name = "" if before[0] == after[0] else f"{after[0]} "
    return f"{before[0]} {before[2][:_DIGITS]}… → {name}{after[2][:_DIGITS]}…"


def _runs(path: str) -> str:
    rule = next((rule for rule in auto_run_rules() if rule.matches(path)), None)
    return f"  ({rule.who} runs it {rule.when})" if rule else ""


def is_documentation(path: str) -> bool:
    """Whether a file is only read by people: cards, licences, pictures, git's own settings."""
    name = path.rpartition("/")[2].casefold()
    words = (".md", ".rst")
    if name.endswith(words) or name.split(".")[0] in ("readme", "license", "licence", "notice", "changelog"):
        return kind_of(path) in (FileKind.TEXT, FileKind.DOCUMENT)
    return name in (".gitattributes", ".gitignore") or kind_of(path) in (FileKind.DOCUMENT, FileKind.MEDIA)


def _tags(entry: LockEntry, audited: Audited) -> Iterator[Drift]:
    refs = value_of(audited.snapshot.refs)
    if refs is None:
        return
    now = {pin.ref: pin.commit for pin in tag_pins(refs)}
    for pin in entry.tags:
        name, target = pin.ref.removeprefix("refs/tags/"), now.get(pin.ref)
        if name == entry.revision or target == pin.commit:
            continue
        if target is None:
            message = f"tag {name} is gone; it pointed to {pin.commit[:SHORT]}"
            yield Drift(kind=DriftKind.TAG_MOVED, message=message, matters=False)
        else:
            message = f"tag {name} pointed to {pin.commit[:SHORT]}, now to {target[:SHORT]}"
            yield Drift(kind=DriftKind.TAG_MOVED, message=message)


def _findings(entry: LockEntry, audited: Audited) -> Iterator[Drift]:
    known = {pin.fingerprint: pin.severity for pin in entry.findings}
    new = [item for item in audited.report.findings if _is_worse(item, known.get(item.fingerprint))]
    if new:
        lines = tuple(f"{item.severity}  {item.rule}  {place(item.location)}: {item.message}" for item in new)
        yield Drift(kind=DriftKind.FINDINGS, message=plural(len(new), "new finding"), details=lines)
    now = audited.report.verdict
    if now is not entry.verdict and now is not Verdict.INCOMPLETE:
        order = (Verdict.PASS, Verdict.REVIEW, Verdict.BLOCK)
        worse = entry.verdict is Verdict.INCOMPLETE or order.index(now) > order.index(entry.verdict)
        message = f"the verdict was {entry.verdict}, is now {now}"
        yield Drift(kind=DriftKind.VERDICT, message=message, matters=worse and now is not Verdict.PASS)


def _is_worse(item: ReportedFinding, before: Severity | None) -> bool:
    """A finding that somebody should read: medium or worse, and new or worse than when locked."""
    return item.severity.rank >= Severity.MEDIUM.rank and (before is None or item.severity.rank > before.rank)
