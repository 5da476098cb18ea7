"""HubSession: what one audit may ask of the Hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from trustaudit.facts import Frozen
from trustaudit.hub.meter import Meter
from trustaudit.hub.ranges import RemoteFile
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import FileEntry, FileList, History, Publisher, Redirect, Refs, RepoInfo, ScanRollup


class InfoAnswer(Frozen):
    """The info answer: the repository and its file list (without scanner verdicts)."""

    info: RepoInfo
    files: FileList


class HubSession:
    """One audit's view of a Hub: counts, deadline and redirects are its own."""

    meter: Meter
    redirects: list[Redirect]

    async def info(self, ref: RepoRef) -> InfoAnswer:
        """Repository facts at ``ref.revision`` (the default branch when None)."""
        raise NotImplementedError

    async def tree(self, ref: RepoRef, commit: str) -> FileList:
        """All files at the commit with scanner verdicts; ``complete`` is False past ``tree_pages``."""
        raise NotImplementedError

    async def paths_info(self, ref: RepoRef, commit: str, paths: Sequence[str]) -> tuple[FileEntry, ...]:
        """Those of ``paths`` that exist at the commit."""
        raise NotImplementedError

    async def history(self, ref: RepoRef, commit: str) -> History:
        """Commits up to the commit, newest first, at most ``history_limit``."""
        raise NotImplementedError

    async def refs(self, ref: RepoRef) -> Refs:
        """Branches, tags, conversions and pull requests."""
        raise NotImplementedError

    async def scan(self, ref: RepoRef) -> ScanRollup:
        """The repository's scan state."""
        raise NotImplementedError

    async def publisher(self, name: str, *, likely: Literal["user", "organization"] | None = None) -> Publisher:
        """The owner of a namespace. OwnerNotFoundError when it is neither user nor organization."""
        raise NotImplementedError

    async def organization_members(self, name: str) -> tuple[str, ...]:
        """Logins of the public members."""
        raise NotImplementedError

    def list_repos(
        self,
        repo_type: RepoType,
        *,
        author: str | None = None,
        search: str | None = None,
        sort: str | None = None,
        limit: int = 100,
        expand: Sequence[str] = (),
    ) -> AsyncIterator[RepoInfo]:
        """Up to ``limit`` repositories, page by page."""
        raise NotImplementedError

    async def read_file(self, ref: RepoRef, commit: str, path: str, *, max_bytes: int) -> bytes:
        """A whole small file. AnswerTooLargeError beyond ``max_bytes``."""
        raise NotImplementedError

    def open_file(self, ref: RepoRef, commit: str, entry: FileEntry) -> RemoteFile:
        """Random access to a file; nothing is asked before the first read."""
        raise NotImplementedError
