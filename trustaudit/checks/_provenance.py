"""What checks of signatures share: the signatures of a snapshot, and when nobody can say anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from trustaudit.checks.interface import CheckMeta, Context
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.finding import CheckResult, Finding
from trustaudit.knowledge.file_kinds import FileKind, kind_of
from trustaudit.provenance.kinds import Kind, provenance_kind
from trustaudit.provenance.signatures import Signature, signatures
from trustaudit.snapshot import Snapshot

_DOCUMENTS = frozenset({FileKind.TEXT, FileKind.DOCUMENT, FileKind.MEDIA})
_NOT_READ = Unavailable(reason=Reason.NOT_REQUESTED, detail="no file was looked into")

Judge = Callable[[tuple[Signature, ...]], Iterable[Finding]]


def judged(meta: CheckMeta, snapshot: Snapshot, context: Context, judge: Judge) -> CheckResult:
    """The result of a check on signatures: not applicable without any, unavailable when none could be read."""
    nothing = absence(meta, snapshot, "signature")
    if nothing is not None:
        return nothing
    return CheckResult.of(meta.id, tuple(judge(signatures(snapshot, context.options.expected_signers))))


def absence(meta: CheckMeta, snapshot: Snapshot, *kinds: Kind) -> CheckResult | None:
    """Why there is nothing to judge; None when there is."""
    if isinstance(snapshot.files, Unavailable):
        return CheckResult.unavailable(meta.id, snapshot.files)
    if isinstance(snapshot.files, NotApplicable):
        return CheckResult.not_applicable(meta.id, snapshot.files.why)
    if not any(provenance_kind(entry.path) in kinds for entry in snapshot.entries):
        return CheckResult.not_applicable(meta.id, f"there is no {' or '.join(kinds)} file")
    texts = [file.text for file in snapshot.provenance.files if file.kind in kinds]
    if any(isinstance(text, Known) for text in texts):
        return None
    unread = next((text for text in texts if isinstance(text, Unavailable)), _NOT_READ)
    return CheckResult.unavailable(meta.id, unread)


def is_document(path: str) -> bool:
    """Whether nothing but people read the file: cards are edited long after a model was signed."""
    return kind_of(path) in _DOCUMENTS
