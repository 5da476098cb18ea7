"""Snapshot: every fact of one repository at one commit, frozen. Judging needs nothing else.

A snapshot round-trips through JSON, so any report can be judged again later, offline, by a
newer rule set. ``collected_at`` is the "now" of all judgement.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from pydantic import ValidationError

from trustaudit.errors import FileInputError
from trustaudit.facts import Fact, Frozen, NotApplicable, Reason, Unavailable, value_of
from trustaudit.filefacts import CodeLoad, FileFacts, Provenance
from trustaudit.finding import Confidence, Severity
from trustaudit.refs import RepoRef, RepoType

SNAPSHOT_VERSION: Final = "1"

SCANNERS = ("avScan", "pickleImportScan", "protectAiScan", "jFrogScan", "virusTotalScan")
"""The five scanners of the Hub, by the names its API gives them."""


class HubPickleImport(Frozen):
    """One import that the Hub's own pickle scanner listed, with the Hub's opinion of it."""

    module: str
    name: str
    safety: str = ""


class ScannerVerdict(Frozen):
    """One scanner's raw answer. ``status`` is kept as sent: unscanned, safe, queued, error, caution, …"""

    scanner: str
    status: str
    message: str = ""
    report_link: str = ""
    version: str = ""
    imports: tuple[HubPickleImport, ...] = ()


class FileScans(Frozen):
    """The Hub's scan of one file: its roll-up and each scanner that had a key in the answer."""

    status: str
    scanners: tuple[ScannerVerdict, ...] = ()


class Lfs(Frozen):
    """Large-file pointer. ``sha256`` is of the content; None when the Hub listed none."""

    sha256: str | None
    size: int | None = None
    pointer_size: int | None = None


class LastCommit(Frozen):
    """The commit that last touched a file."""

    id: str
    title: str = ""
    date: datetime | None = None


class FileEntry(Frozen):
    """One file of the tree. ``size`` in bytes of the real content; ``oid`` is the git blob SHA-1
    (of the pointer, for large files).
    """

    path: str
    size: int | None = None
    oid: str | None = None
    lfs: Lfs | None = None
    xet_hash: str | None = None
    last_commit: LastCommit | None = None
    scans: Fact[FileScans] = Unavailable(reason=Reason.NOT_PROVIDED)

    @property
    def content_key(self) -> str:
        """An identity of the bytes: sha256 when listed, else the git blob id, else empty."""
        if self.lfs is not None:
            return f"sha256:{self.lfs.sha256}" if self.lfs.sha256 else ""
        return f"git:{self.oid}" if self.oid else ""


class FileList(Frozen):
    """The tree at the pinned commit, sorted by path. ``complete`` is False when paging stopped early.

    ``source`` is ``siblings`` when the tree could not be had (``problem`` says why): then
    names, sizes and hashes come from the info answer and no scanner verdict is known.
    """

    entries: tuple[FileEntry, ...]
    complete: bool = True
    source: Literal["tree", "siblings", "local"] = "tree"
    problem: Unavailable | None = None


class ScanRollup(Frozen):
    """The Hub's repository-level scan state. An empty list with ``done`` False is not a pass."""

    done: bool
    issues: tuple[tuple[str, str], ...] = ()


class Card(Frozen):
    """The front matter of README.md: all of it written by the uploader."""

    licenses: tuple[str, ...] = ()
    license_name: str = ""
    license_link: str = ""
    base_models: tuple[str, ...] = ()
    base_model_relation: str = ""
    datasets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class GgufInfo(Frozen):
    """What the Hub itself read from a GGUF header."""

    architecture: str = ""
    context_length: int | None = None
    total: int | None = None
    chat_template: str = ""


class RepoInfo(Frozen):
    """The info answer. Hub-computed unless said otherwise in docs/architecture.md."""

    id: str
    object_id: str | None = None
    author: str | None = None
    sha: str | None = None
    private: bool | None = None
    disabled: bool | None = None
    gated: str | None = None
    """``no``, ``auto`` or ``manual``; None when the answer had no such key."""
    created_at: datetime | None = None
    last_modified: datetime | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    tags: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    library_name: str | None = None
    card: Card | None = None
    config_json: str | None = None
    """The Hub's filtered config.json as canonical JSON text; uploader-written."""
    auto_map: tuple[tuple[str, str], ...] = ()
    custom_class: str | None = None
    base_models: tuple[str, ...] = ()
    base_model_relation: str = ""
    parameters: tuple[tuple[str, int], ...] = ()
    """Parameter counts by dtype from the Hub's own parse of safetensors headers."""
    gguf: GgufInfo | None = None
    used_storage: int | None = None
    scan: ScanRollup | None = None
    sdk: str | None = None
    linked_models: tuple[str, ...] = ()
    linked_datasets: tuple[str, ...] = ()


class Author(Frozen):
    """A name on a commit: a login when the Hub matched the e-mail, else free text.

    ``matched`` is True when the answer carried an avatar, the only (unproven) hint of a match.
    """

    name: str
    matched: bool = False


class Commit(Frozen):
    """One commit. ``co_authors`` come from the message and prove nothing."""

    id: str
    title: str = ""
    message: str = ""
    authors: tuple[Author, ...] = ()
    date: datetime | None = None


class History(Frozen):
    """Commits newest first. ``total`` is the Hub's count; ``complete`` when all of them are here."""

    commits: tuple[Commit, ...]
    total: int | None = None
    complete: bool = True


class GitRef(Frozen):
    """A branch, tag, conversion or pull request and the commit it points to."""

    name: str
    ref: str
    target: str


class Refs(Frozen):
    """All refs of a repository.

    ``accepted``: whether the audited commit is in the history of a branch. Asked for only where a
    pinned commit is no head and may be of a pull request; None when not asked, or not to be told.
    """

    branches: tuple[GitRef, ...] = ()
    tags: tuple[GitRef, ...] = ()
    converts: tuple[GitRef, ...] = ()
    pull_requests: tuple[GitRef, ...] = ()
    accepted: bool | None = None


class Publisher(Frozen):
    """The owner of the namespace. Users have no verification, organizations no creation date:
    ``created_at`` then comes from the object id (``created_from`` says which).
    """

    name: str
    kind: Literal["user", "organization"]
    object_id: str | None = None
    created_at: datetime | None = None
    created_from: Literal["api", "object-id", "none"] = "none"
    fullname: str = ""
    verified: bool | None = None
    plan: str | None = None
    pro: bool | None = None
    members: int | None = None
    followers: int | None = None
    models: int | None = None
    datasets: int | None = None
    spaces: int | None = None
    organizations: tuple[str, ...] = ()


class Redirect(Frozen):
    """One hop the Hub sent us along."""

    status: int
    from_path: str
    to_path: str


class AncestorFinding(Frozen):
    """One of the worst things that an ancestor's own audit found."""

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    path: str = ""


class Ancestor(Frozen):
    """A repository this one is made from, and what its own audit said.

    One per way: an ancestor with two children here appears twice, audited once. ``id`` is as
    declared, ``found`` has the id the Hub answered with. ``circular``: the way closes here.
    ``findings`` are the worst of its own audit, worst first; empty ``verdict``: not judged.
    ``beyond`` says that its own parents were not looked at (depth or number reached).
    """

    id: str
    relation: str
    declared_in: str
    depth: int = 1
    parent: str = ""
    found: Fact[RepoInfo] = Unavailable(reason=Reason.NOT_REQUESTED)
    type: RepoType = RepoType.MODEL
    commit: str | None = None
    verdict: str = ""
    findings: tuple[AncestorFinding, ...] = ()
    circular: bool = False
    beyond: bool = False
    api_requests: int = 0


class CopySource(Frozen):
    """The repository that this one says it is a copy of, as it is now.

    ``claimed_in``: the history (``Duplicate from …``) or the card (a base model of the same
    name). ``changed`` are those of its files that differ here, with their last commits, asked
    for only when it changed after the copy was made.
    """

    id: str
    claimed_in: Literal["history", "card"]
    info: RepoInfo
    files: FileList
    changed: tuple[FileEntry, ...] = ()


class Sibling(Frozen):
    """Another repository of the same owner, as lists show it."""

    id: str
    created_at: datetime | None = None
    downloads: int | None = None
    likes: int | None = None
    base_models: tuple[str, ...] = ()


class Cost(Frozen):
    """What the audit spent. ``bytes`` are body bytes received; ``repo_bytes`` is the size of the tree."""

    api_requests: int = 0
    file_requests: int = 0
    bytes: int = 0
    repo_bytes: int | None = None
    seconds: float = 0.0
    cached_answers: int = 0
    oldest_answer: datetime | None = None


class Snapshot(Frozen):
    """All facts of one audit.

    ``commit`` is what every answer was pinned to (None when info was unavailable).
    ``moved`` is True when the branch moved during collection and stayed moving.
    """

    snapshot_version: Literal["1"] = SNAPSHOT_VERSION
    ref: RepoRef
    requested: str
    endpoint: str
    collected_at: datetime
    commit: str | None = None
    moved: bool = False
    origin: Literal["hub", "local"] = "hub"
    authenticated: bool = False
    redirects: tuple[Redirect, ...] = ()
    info: Fact[RepoInfo]
    files: Fact[FileList]
    history: Fact[History]
    publisher: Fact[Publisher]
    scan: Fact[ScanRollup]
    refs: Fact[Refs] = NotApplicable(why="only collected when a rule needs it")
    file_facts: tuple[FileFacts, ...] = ()
    not_inspected: tuple[tuple[str, Unavailable], ...] = ()
    """Files that were planned and could not be read, with the reason, sorted by path."""
    loads: tuple[CodeLoad, ...] = ()
    lineage: tuple[Ancestor, ...] = ()
    previous: Fact[Snapshot] = NotApplicable(why="no earlier audit given")
    members: Fact[tuple[str, ...]] = NotApplicable(why="only asked for when an unknown person changed the content")
    """Logins of the owning organization's public members, first page."""
    copy_source: Fact[CopySource] = NotApplicable(why="it does not say that it is a copy")
    siblings: Fact[tuple[Sibling, ...]] = NotApplicable(why="only asked for when the owner is new")
    provenance: Provenance = Provenance()
    cost: Cost = Cost()

    @property
    def repo_info(self) -> RepoInfo | None:
        """The info when known."""
        return value_of(self.info)

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """The files when known, else empty. Checks that need them declare it."""
        listing: FileList | None = value_of(self.files)
        return listing.entries if listing else ()

    def to_json(self) -> str:
        """Deterministic JSON text."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Snapshot:
        """Read what ``to_json`` wrote. Raises FileInputError naming the first wrong field."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the top level"
            raise FileInputError(
                f"not a snapshot of version {SNAPSHOT_VERSION}: {where}: {first['msg']}",
                cause="the file is truncated, edited, or written by another version",
            ) from error
