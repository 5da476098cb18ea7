"""One repository: its files, history, refs, switches and conversations, as a test describes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from .accounts import EPOCH
from .content import Blob, as_blob
from .history import Author, Commit, StoredFile, as_time
from .scans import usual_scan

Kind = Literal["model", "dataset", "space"]
Files = Mapping[str, bytes | str | Blob | None]
Scan = Mapping[str, Any] | str | None

_STEP = timedelta(days=1)
_SHORTEST_SHA = 7


@dataclass
class Discussion:
    """A discussion or pull request of a repository."""

    num: int
    title: str
    author: str
    created: datetime
    status: str = "open"
    pull_request: bool = False
    comments: int = 1
    pinned: bool = False


@dataclass
class Repo:
    """A repository under test. Build it with ``hub.model``, ``hub.dataset`` or ``hub.space``.

    ``info`` overrides any key of the info answer (a value of ``...`` removes the key). ``scans`` maps a path,
    or ``(sha, path)``, to a ``scan()``, to a bare status, or to None for "not computed yet"; other files get
    ``default_scan``. All may be changed while the Hub is running.
    """

    kind: Kind
    id: str
    created: datetime = EPOCH
    private: bool = False
    gated: Literal[False, "auto", "manual"] = False
    disabled: bool = False
    downloads: int = 0
    downloads_all_time: int | None = None
    likes: int = 0
    trending: float = 0
    card: Mapping[str, Any] | None = None
    info: dict[str, Any] = field(default_factory=dict)
    scans: dict[str | tuple[str, str], Scan] = field(default_factory=dict)
    default_scan: Scan = "safe"
    scans_done: bool = True
    files_with_issues: list[dict[str, str]] | None = None
    used_storage: int | None = None
    sdk: str = "gradio"
    avatar_of: Callable[[str], str | None] = lambda _: None
    refs: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    discussions: list[Discussion] = field(default_factory=list)
    mongo_id: str = "0" * 24

    @property
    def namespace(self) -> str | None:
        """The owner's name; None for legacy ids at the root."""
        return self.id.rpartition("/")[0] or None

    @property
    def plural(self) -> str:
        return f"{self.kind}s"

    @property
    def head(self) -> Commit:
        """The commit that ``main`` points to."""
        return self.commits[self.refs["refs/heads/main"]]

    @property
    def sha(self) -> str:
        """The 40 hex digits of ``main``."""
        return self.head.sha

    def commit(
        self,
        files: Files | None = None,
        *,
        title: str = "Upload files",
        message: str = "",
        author: str | Author | Iterable[str | Author] | None = None,
        date: datetime | str | None = None,
        branch: str = "main",
    ) -> Commit:
        """Add a commit on a branch; a file of None is deleted. Returns it, with its ``sha``."""
        start = self.refs.get(_branch_ref(branch)) or self.refs.get("refs/heads/main", "")
        parent = self.commits.get(start)
        changes = {path: None if value is None else as_blob(value) for path, value in (files or {}).items()}
        tree = dict(parent.tree) if parent else {}
        for path, blob in changes.items():
            if blob is None:
                tree.pop(path)
            else:
                tree[path] = StoredFile(path, blob)
        made = Commit(
            tree=tree,
            title=title,
            message=message,
            authors=self._authors(author),
            date=self._next_date(parent, date),
            parent=parent,
            changed=frozenset(changes),
        )
        return self._keep(made, _branch_ref(branch))

    def _keep(self, commit: Commit, ref: str) -> Commit:
        _ = commit.touched  # settled now, parent first: asked for later it would recurse through the history
        self.commits[commit.sha] = commit
        self.refs[ref] = commit.sha
        return commit

    def _next_date(self, parent: Commit | None, date: datetime | str | None) -> datetime:
        if date is not None:
            return as_time(date)
        return parent.date + _STEP if parent else self.created

    def _authors(self, author: str | Author | Iterable[str | Author] | None) -> tuple[Author, ...]:
        named = [self.namespace or "unknown"] if author is None else [author] if isinstance(author, str) else author
        listed = [named] if isinstance(named, Author) else list(named)
        return tuple(Author(a, self.avatar_of(a)) if isinstance(a, str) else a for a in listed)

    def branch(self, name: str, at: str | Commit | None = None) -> Repo:
        """Create or move a branch (``repo.branch("main", at=old)`` rewinds)."""
        return self._point(_branch_ref(name), at)

    def tag(self, name: str, at: str | Commit | None = None) -> Repo:
        """Create or move a tag."""
        return self._point(f"refs/tags/{name}", at)

    def convert(self, name: str, at: str | Commit | None = None) -> Repo:
        """A ref the Hub makes itself, such as ``refs/convert/parquet``."""
        return self._point(f"refs/convert/{name}", at)

    def delete_ref(self, name: str) -> None:
        """Remove a branch, tag or other ref."""
        self.refs.pop(self._full_ref(name) or name)

    def _point(self, ref: str, at: str | Commit | None) -> Repo:
        sha = at.sha if isinstance(at, Commit) else at
        self.refs[ref] = self.sha if sha is None else sha
        return self

    def squash(self, title: str = "Super-squash branch 'main'", branch: str = "main", *, keep: bool = False) -> Commit:
        """Replace a branch's history by one commit; unless ``keep``, commits nothing else points to are gone."""
        old = self.commits[self.refs[_branch_ref(branch)]]
        made = Commit(
            tree=old.tree,
            title=title,
            message="",
            authors=old.authors,
            date=old.date + _STEP,
            changed=frozenset(old.tree),
        )
        self._keep(made, _branch_ref(branch))
        if not keep:
            self._collect_garbage()
        return made

    def _collect_garbage(self) -> None:
        reachable = {commit.sha for sha in self.refs.values() for commit in self.commits[sha].ancestry()}
        self.commits = {sha: commit for sha, commit in self.commits.items() if sha in reachable}

    def discuss(
        self,
        title: str,
        *,
        author: str = "somebody",
        status: str = "open",
        pull_request: bool = False,
        files: Files | None = None,
        created: datetime | str | None = None,
    ) -> Discussion:
        """Open a discussion; with ``files`` a pull request whose ref is ``refs/pr/{num}``."""
        num = len(self.discussions) + 1
        when = self.created if created is None else as_time(created)
        is_pull_request = pull_request or files is not None
        made = Discussion(num, title, author, when, status, is_pull_request)
        self.discussions.append(made)
        if is_pull_request:
            self._point(f"refs/pr/{num}", None)
        if files is not None:
            self.commit(files, title=title, author=author, branch=f"refs/pr/{num}")
        return made

    def find(self, revision: str) -> Commit | None:
        """The commit of a branch, tag, ref or (at least 7 digits of a) sha."""
        ref = self._full_ref(revision)
        if ref is not None:
            return self.commits.get(self.refs[ref])
        if len(revision) < _SHORTEST_SHA:
            return None
        return next((commit for sha, commit in self.commits.items() if sha.startswith(revision)), None)

    def _full_ref(self, name: str) -> str | None:
        spellings = (name, f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}")
        return next((ref for ref in spellings if ref in self.refs), None)

    def scan_of(self, file: StoredFile, sha: str) -> Mapping[str, Any] | None:
        """``securityFileStatus`` of a file at a commit; None when the Hub has none yet."""
        stated = self.scans.get((sha, file.path), self.scans.get(file.path, self.default_scan))
        if isinstance(stated, str):
            return usual_scan(file, stated, dataset=self.kind == "dataset")
        return stated

    def issues(self) -> list[dict[str, str]]:
        """``filesWithIssues`` of the roll-up: files of ``main`` whose scan is neither safe nor pending."""
        if self.files_with_issues is not None:
            return self.files_with_issues
        scans = [(file.path, self.scan_of(file, self.sha)) for file in self.head.under("")]
        levels = [(path, str(found["status"])) for path, found in scans if found is not None]
        return [{"path": path, "level": level} for path, level in levels if level in _ISSUES]

    def storage(self) -> int:
        """Bytes of every LFS object of the whole history, each counted once."""
        if self.used_storage is not None:
            return self.used_storage
        files = {f.blob.sha256: f.size for commit in self.commits.values() for f in commit.tree.values() if f.is_lfs}
        return sum(files.values())


_ISSUES = ("caution", "suspicious", "unsafe")


def _branch_ref(name: str) -> str:
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def readme(card: Mapping[str, Any], text: str = "") -> str:
    """A README.md whose front matter says ``card``; each value in JSON, which is YAML."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in card.items()]
    return "\n".join(["---", *lines, "---", "", text])


def first_files(files: Files | None, card: Mapping[str, Any] | None) -> Files:
    """The files a repository starts with; a README.md is made where only a card was stated."""
    given = dict(files or {})
    if card is not None and "README.md" not in given:
        given["README.md"] = readme(card)
    return given


def apply_commits(repo: Repo, commits: Sequence[Mapping[str, Any]]) -> None:
    """Add the commits that a test listed as plain mappings of ``Repo.commit`` arguments."""
    for arguments in commits:
        repo.commit(**arguments)
