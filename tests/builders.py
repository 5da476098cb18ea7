"""Snapshots for tests, each with one thing changed from an ordinary honest model.

``make_snapshot()`` is org/model at a pinned commit: safetensors, config, card, an
established organization, three commits, five scanners content. Every argument takes a value
(it becomes ``Known``) or a fact such as ``unavailable()``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from trustaudit.checks import check_by_id
from trustaudit.checks.interface import Context, Options
from trustaudit.facts import Known, NotApplicable, Reason, Unavailable
from trustaudit.filefacts import Coverage, FileFacts
from trustaudit.finding import CheckResult, Finding
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoRef
from trustaudit.snapshot import (
    SCANNERS,
    Author,
    Card,
    Commit,
    FileEntry,
    FileList,
    FileScans,
    History,
    HubPickleImport,
    LastCommit,
    Lfs,
    Publisher,
    RepoInfo,
    ScannerVerdict,
    ScanRollup,
    Snapshot,
)

T = TypeVar("T")
AnyFact = Known[Any] | Unavailable | NotApplicable

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
COMMIT = "c0ffee" + "0" * 33 + "1"
SHA256 = "ab" * 32
BLOB = "cd" * 20


def days_ago(days: float) -> datetime:
    """A moment before the audit."""
    return NOW - timedelta(days=days)


def unavailable(reason: Reason = Reason.TIMEOUT, detail: str = "no answer within 10 s") -> Unavailable:
    """A fact that could not be seen."""
    return Unavailable(reason=reason, detail=detail)


def fact(value: T | AnyFact) -> AnyFact:
    """A value as a known fact; facts stay as they are."""
    return value if isinstance(value, Known | Unavailable | NotApplicable) else Known(value=value)


def make_scans(status: str = "safe", imports: Iterable[tuple[str, str, str]] = (), **scanners: str) -> FileScans:
    """All five scanners say ``status`` unless named: ``make_scans(avScan="unsafe", jFrogScan="")``.

    An empty status leaves the scanner's key out. ``imports`` (module, name, safety) go to the pickle scanner.
    """
    found = tuple(HubPickleImport(module=module, name=name, safety=safety) for module, name, safety in imports)
    verdicts = tuple(
        ScannerVerdict(scanner=name, status=said, imports=found if name == "pickleImportScan" else ())
        for name in SCANNERS
        if (said := scanners.get(name, status))
    )
    order = ("unscanned", "safe", "queued", "error", "caution", "suspicious", "unsafe")
    worst = max((verdict.status for verdict in verdicts), key=lambda s: order.index(s) if s in order else 0, default="")
    return FileScans(status=worst or status, scanners=verdicts)


def make_file(
    path: str,
    size: int | None = 2_000_000,
    *,
    lfs: bool | None = None,
    sha256: str | None = SHA256,
    commit: str | Commit | None = None,
    date: datetime | None = None,
    scans: FileScans | AnyFact | None = None,
) -> FileEntry:
    """A file; above 1 MB it lies in LFS unless told otherwise."""
    in_lfs = (size or 0) >= 1_000_000 if lfs is None else lfs
    last = LastCommit(id=commit.id, title=commit.title, date=commit.date) if isinstance(commit, Commit) else None
    if isinstance(commit, str):
        last = LastCommit(id=commit, title="Upload", date=date)
    return FileEntry(
        path=path,
        size=size,
        oid=BLOB,
        lfs=Lfs(sha256=sha256, size=size, pointer_size=134) if in_lfs else None,
        last_commit=last,
        scans=fact(make_scans() if scans is None else scans),
    )


def make_files(*paths: str | FileEntry, complete: bool = True, source: str = "tree") -> FileList:
    """A file list from names and files, sorted by path. Names of weights get 2 MB, others 2 kB."""
    weights = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".onnx", ".pkl")
    entries = [
        item if isinstance(item, FileEntry) else make_file(item, 2_000_000 if item.endswith(weights) else 2_000)
        for item in paths
    ]
    return FileList.model_validate(
        {"entries": tuple(sorted(entries, key=lambda e: e.path)), "complete": complete, "source": source}
    )


def make_facts(
    path: str,
    detected: str = "torch-zip",
    coverage: Coverage = Coverage.STRUCTURE,
    **more: Any,  # noqa: ANN401 - any field
) -> FileFacts:
    """What an inspector saw of one file."""
    return FileFacts(path=path, format=detected, coverage=coverage, **more)


def make_info(**changes: Any) -> RepoInfo:  # noqa: ANN401 - any field
    """The info answer of an ordinary model."""
    card = Card(licenses=("apache-2.0",))
    base: dict[str, Any] = {
        "id": "org/model",
        "object_id": "65a0000000000000000000aa",
        "author": "org",
        "sha": COMMIT,
        "private": False,
        "disabled": False,
        "gated": "no",
        "created_at": days_ago(400),
        "last_modified": days_ago(300),
        "downloads": 5_000,
        "likes": 20,
        "tags": ("transformers", "safetensors"),
        "library_name": "transformers",
        "card": card,
    }
    return RepoInfo(**{**base, **changes})


def make_publisher(**changes: Any) -> Publisher:  # noqa: ANN401 - any field
    """An organization that has been there for years."""
    base: dict[str, Any] = {
        "name": "org",
        "kind": "organization",
        "object_id": "60a0000000000000000000bb",
        "created_at": days_ago(1500),
        "created_from": "object-id",
        "verified": True,
        "members": 12,
        "followers": 800,
        "models": 40,
    }
    return Publisher(**{**base, **changes})


def make_commit(
    number: int, author: str = "alice", *, days: float = 300, title: str = "Upload", matched: bool = True
) -> Commit:
    """Commit ``number`` of somebody, ``days`` before the audit."""
    return Commit(
        id=f"{number:040x}", title=title, authors=(Author(name=author, matched=matched),), date=days_ago(days)
    )


def make_history(*commits: Commit, complete: bool = True, total: int | None = None) -> History:
    """Commits, newest first as the Hub gives them."""
    return History(commits=commits, total=len(commits) if total is None else total, complete=complete)


DEFAULT_FILES = (".gitattributes", "README.md", "config.json", "model.safetensors", "tokenizer.json")


def make_snapshot(
    ref: str = "org/model",
    *,
    files: FileList | Iterable[str | FileEntry] | AnyFact = DEFAULT_FILES,
    info: RepoInfo | AnyFact | None = None,
    history: History | AnyFact | None = None,
    publisher: Publisher | AnyFact | None = None,
    scan: ScanRollup | AnyFact | None = None,
    **more: Any,  # noqa: ANN401 - any field of the snapshot
) -> Snapshot:
    """An ordinary honest model unless told otherwise."""
    if not isinstance(files, FileList | Known | Unavailable | NotApplicable):
        files = make_files(*files)
    oldest = make_commit(1, days=400, title="initial commit")
    default_history = make_history(make_commit(3), make_commit(2, days=399), oldest)
    fields: dict[str, Any] = {
        "ref": RepoRef.parse(ref),
        "requested": ref,
        "endpoint": "https://huggingface.co",
        "collected_at": NOW,
        "commit": COMMIT,
        "info": fact(make_info() if info is None else info),
        "files": fact(files),
        "history": fact(default_history if history is None else history),
        "publisher": fact(make_publisher() if publisher is None else publisher),
        "scan": fact(NotApplicable(why="every file carries its own") if scan is None else scan),
    }
    return Snapshot(**{**fields, **more})


def run_check(check_id: str, snapshot: Snapshot, **options: Any) -> CheckResult:  # noqa: ANN401 - fields of Options
    """One check against a snapshot, with the packaged tables. Never an ``error`` outcome."""
    result = check_by_id(check_id)(snapshot, Context(knowledge=Knowledge(), options=Options(**options)))
    assert result.outcome != "error", result.reason
    return result


def findings_of(check_id: str, snapshot: Snapshot, **options: Any) -> dict[str, Finding]:  # noqa: ANN401 - as above
    """The findings of one check by their key (by path where they have none)."""
    return {f.key or f.location.path or "": f for f in run_check(check_id, snapshot, **options).findings}
