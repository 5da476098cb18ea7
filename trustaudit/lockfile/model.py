"""What a lockfile holds. Strict about types: ``"12"`` is no size and ``true`` no number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints, model_validator

from trustaudit.errors import RefError
from trustaudit.facts import Frozen
from trustaudit.finding import Severity
from trustaudit.refs import DEFAULT_BRANCH, RepoRef, RepoType
from trustaudit.report.model import Verdict

LOCK_VERSION: Final = "1"
DEFAULT_NAME: Final = "trustaudit.lock"


def _whole_second(moment: datetime) -> datetime:
    """In UTC without fractions: the text holds no more, and a round trip must not change a value."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0)


Sha1 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}\z")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
TreeDigest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}\z")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}\z")]
Text = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[datetime, Field(strict=True), AfterValidator(_whole_second)]
Day = Annotated[date, Field(strict=True)]


class FilePin(Frozen):
    """One file. ``sha256`` for large files, ``git`` (blob SHA-1) for small ones, neither where the Hub lists none."""

    path: Text
    size: Annotated[StrictInt, Field(ge=0)] | None = None
    sha256: Sha256 | None = None
    git: Sha1 | None = None

    @property
    def content_key(self) -> str:
        """As ``FileEntry.content_key``: an identity of the bytes, or empty."""
        if self.sha256:
            return f"sha256:{self.sha256}"
        return f"git:{self.git}" if self.git else ""


class RefPin(Frozen):
    """A tag and the commit it pointed to."""

    ref: Text
    commit: Sha1


class PublisherPin(Frozen):
    """Who owned the namespace. ``object_id`` is the account's own; a name can be registered again."""

    name: Text
    kind: Literal["user", "organization"]
    object_id: str | None = None
    verified: StrictBool | None = None
    created: Moment | None = None


class ScanIssue(Frozen):
    """One file that the Hub's scanners had an issue with."""

    path: Text
    level: Text


class FindingPin(Frozen):
    """A finding that was there when the repository was locked."""

    fingerprint: Fingerprint
    rule: Text
    severity: Severity


class AcceptedPin(Frozen):
    """A finding that somebody accepted, why, and until which day (inclusive, UTC)."""

    fingerprint: Fingerprint
    rule: Text
    reason: Text
    expires: Day


class LockEntry(Frozen):
    """One repository at one revision. ``revision`` is what is followed; ``commit`` what was judged.

    ``id`` is the id in use, also when the Hub redirects it (then ``answers_as`` is where to): who uses
    an old name depends on the redirect, and gets another repository on the day it ends.
    """

    type: RepoType = RepoType.MODEL
    id: Text
    answers_as: Text | None = None
    object_id: str | None = None
    endpoint: Text
    revision: Text = DEFAULT_BRANCH
    commit: Sha1
    tree: TreeDigest
    verdict: Verdict
    score: Annotated[StrictInt, Field(ge=0, le=100)] | None = None
    policy: Text
    policy_digest: Sha256
    ruleset: Text
    audited: Moment
    gated: str | None = None
    publisher: PublisherPin | None = None
    scan_issues: tuple[ScanIssue, ...] = ()
    tags: tuple[RefPin, ...] = ()
    accepted: tuple[AcceptedPin, ...] = ()
    findings: tuple[FindingPin, ...] = ()
    files: tuple[FilePin, ...] = ()

    @model_validator(mode="after")
    def _is_a_repository(self) -> Self:
        try:
            _ = self.ref
        except RefError as error:
            raise ValueError(error.what) from error
        return self

    @property
    def ref(self) -> RepoRef:
        """The repository at the followed revision, as it was asked for."""
        namespace, _, name = self.id.rpartition("/")
        revision = None if self.revision == DEFAULT_BRANCH else self.revision
        return RepoRef(type=self.type, namespace=namespace or None, name=name, revision=revision)

    @property
    def pinned(self) -> RepoRef:
        """The repository at the locked commit."""
        return self.ref.at(self.commit)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two entries the same, and their order in the file."""
        return (str(self.type), self.id.casefold(), self.revision)


class Lock(Frozen):
    """The whole lockfile, sorted by kind, id and revision."""

    lock_version: Literal["1"] = LOCK_VERSION
    repository: tuple[LockEntry, ...] = ()

    def with_entries(self, entries: Iterable[LockEntry]) -> Lock:
        """A lock in which these entries replace those of the same key."""
        merged = {entry.key: entry for entry in (*self.repository, *entries)}
        return Lock(repository=tuple(merged[key] for key in sorted(merged)))

    def without(self, keys: Iterable[tuple[str, str, str]]) -> Lock:
        """A lock without the entries of these keys."""
        gone = frozenset(keys)
        return Lock(repository=tuple(entry for entry in self.repository if entry.key not in gone))

    def matching(self, ref: RepoRef) -> tuple[LockEntry, ...]:
        """The entries a reference means: of its revision or locked commit; all of the repository when it names none."""
        ours = [entry for entry in self.repository if entry.key[:2] == (str(ref.type), ref.id.casefold())]
        if ref.revision is None:
            return tuple(ours)
        return tuple(entry for entry in ours if ref.revision in (entry.revision, entry.commit))
