"""What is asked of a Hub: paths, parameters, bounds, and how long an answer holds.

How long: nothing that can change without a new commit is kept for good, because an auditor
that says "not disabled" from an old answer fails at its one task.

=====================  =========  ==========================================================
answer                 kept for   why
=====================  =========  ==========================================================
info, refs, scan       1 min      say what the branch is *now*; also at a pinned commit:
                                  ``disabled``, ``gated`` and the scan state change
owner, members         1 h        change rarely; a batch asks for few owners many times
lists                  1 h        popularity
tree, paths-info       6 h        the files are fixed by the commit, verdicts are not: scanners
                                  are run again with new signatures
  verdicts to come     5 min      queued, or not computed yet
commits                for good   fixed by the commit
bytes of a file        for good   fixed by the commit
=====================  =========  ==========================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from trustaudit.errors import BadAnswerError, EntryNotFoundError
from trustaudit.hub.exchange import MIB, Bucket
from trustaudit.hub.files import is_askable, shown_path
from trustaudit.hub.redirects import Query
from trustaudit.hub.status import About
from trustaudit.refs import RepoRef, RepoType

NOW = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SETTLED = timedelta(hours=6)
PENDING = timedelta(minutes=5)
FOR_GOOD = None

COMMITS_PER_PAGE = 1000
FEWEST_COMMITS = 50
PATHS_PER_QUESTION = 2000
ENTRIES_PER_PAGE = 100
"""Of a tree with verdicts: files and folders."""
MEMBERS_PER_PAGE = 500
REPOS_PER_PAGE = 500

_ID = re.compile(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}", re.ASCII)
_SLUG = re.compile(r"[\w.-]{1,96}/[\w.-]{1,200}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")


class Question(Struct, frozen=True):
    """One thing to ask. ``path`` is quoted and below the endpoint; ``name`` is for messages."""

    path: str
    name: str
    bound: int
    query: Query = ()
    about: About = About.REPO
    bucket: Bucket = Bucket.API
    body: bytes = b""
    lifetime: timedelta | None = NOW
    fresh: bool = False
    kept_statuses: frozenset[int] = frozenset({200})

    def without(self, *names: str) -> Question:
        """The same question without some parameters."""
        return replace(self, query=tuple(pair for pair in self.query if pair[0] not in names))


def _repo(ref: RepoRef) -> str:
    """The repository's API path. Ids from answers have not been through ``RepoRef``'s rules."""
    if not _ID.fullmatch(ref.id) or ".." in ref.id:
        raise BadAnswerError("the Hub names the repository by an id that cannot be asked for")
    return ref.api_path()


def info(ref: RepoRef) -> Question:
    """Repository facts, files with sizes and hashes, scan roll-up (models only)."""
    revision = f"/revision/{quote(ref.revision, safe='')}" if ref.revision else ""
    query: Query = (("blobs", "true"),)
    if ref.type is RepoType.MODEL:
        query = (*query, ("securityStatus", "true"))
    return Question(f"{_repo(ref)}{revision}", str(ref), 8 * MIB, query)


def tree(ref: RepoRef, commit: str) -> Question:
    """First page of all files with scanner verdicts and last commits."""
    return Question(
        f"{_repo(ref)}/tree/{quote(commit, safe='')}",
        f"the files of {ref}",
        32 * MIB,
        (("recursive", "true"), ("expand", "true")),
        about=About.PART,
        lifetime=SETTLED,
    )


def paths_info(ref: RepoRef, commit: str, paths: Sequence[str]) -> Question:
    """Some files with scanner verdicts. Paths that do not exist are left out of the answer."""
    return Question(
        f"{_repo(ref)}/paths-info/{quote(commit, safe='')}",
        f"files of {ref}",
        32 * MIB,
        about=About.PART,
        body=json.dumps({"paths": list(paths), "expand": True}).encode("ascii"),
        lifetime=SETTLED,
    )


def are_fewer_by_name(names: Sequence[str], pages: int) -> bool:
    """Whether asking for these files by name takes fewer questions than the pages of their tree.

    Or as many, and tells of more: no more than ``pages`` questions are asked either way.
    """
    folders = {name.rpartition("/")[0] for name in names} - {""}  # not those that hold only folders
    needed = -(-(len(names) + len(folders)) // ENTRIES_PER_PAGE)
    paged, named = min(needed, pages), min(-(-len(names) // PATHS_PER_QUESTION), pages)
    return named < paged or (named == paged < needed)


def commits(ref: RepoRef, commit: str, limit: int) -> Question:
    """The newest commits."""
    return Question(
        f"{_repo(ref)}/commits/{quote(commit, safe='')}",
        f"the history of {ref}",
        8 * MIB,
        (("limit", str(min(limit, COMMITS_PER_PAGE))),),
        about=About.PART,
        lifetime=FOR_GOOD if _SHA.fullmatch(commit) else NOW,
    )


def refs(ref: RepoRef) -> Question:
    """Branches, tags, conversions and pull requests."""
    return Question(f"{_repo(ref)}/refs", f"the refs of {ref}", 8 * MIB, (("include_prs", "1"),), about=About.PART)


def scan(ref: RepoRef) -> Question:
    """The repository's scan state at its head."""
    return Question(f"{_repo(ref)}/scan", f"the scan of {ref}", MIB, about=About.PART)


def owner(name: str, kind: str) -> Question:
    """Overview of a ``user`` or an ``organization``. A 404 is an answer too, and kept."""
    return Question(
        f"/api/{kind}s/{quote(name, safe='')}/overview",
        f"{kind} {name!r}",
        MIB,
        about=About.OWNER,
        lifetime=HOUR,
        kept_statuses=frozenset({200, 404}),
    )


def members(name: str) -> Question:
    """First page of an organization's members."""
    return Question(
        f"/api/organizations/{quote(name, safe='')}/members",
        f"organization {name!r}",
        2 * MIB,
        (("limit", str(MEMBERS_PER_PAGE)),),
        about=About.OWNER,
        lifetime=HOUR,
    )


def repos(repo_type: RepoType, filters: Query, limit: int, expand: Sequence[str]) -> Question:
    """First page of a list of repositories."""
    query = (*filters, ("limit", str(min(limit, REPOS_PER_PAGE))), *(("expand[]", name) for name in expand))
    return Question(
        f"/api/{repo_type.plural}", f"the list of {repo_type.plural}", 32 * MIB, query, about=About.LIST, lifetime=HOUR
    )


def collection(slug: str) -> Question:
    """A collection and what is in it. Raises BadAnswerError for a slug that cannot be asked for."""
    if not _SLUG.fullmatch(slug) or ".." in slug:
        raise BadAnswerError(f"{slug[:100]!a} is no collection", advice="write owner/title-0123456789abcdef01234567")
    return Question(f"/api/collections/{slug}", f"collection {slug!r}", 8 * MIB, about=About.LIST, lifetime=HOUR)


def file(ref: RepoRef, commit: str, path: str, bound: int) -> Question:
    """The bytes of one file. Raises EntryNotFoundError for a path that cannot be asked for."""
    _repo(ref)
    if not is_askable(path):
        raise EntryNotFoundError(f"{shown_path(path)} is no path that can be asked for")
    return Question(
        ref.resolve_path(commit, path),
        f"{shown_path(path)} of {ref}",
        bound,
        about=About.PART,
        bucket=Bucket.RESOLVERS,
        lifetime=FOR_GOOD if _SHA.fullmatch(commit) else NOW,
    )


def address(ref: RepoRef, revision: str, path: str) -> Question:
    """Where a file of a branch or tag is served from; the bytes are not meant. Errors as of ``file``."""
    return replace(file(ref, revision, path, MIB), name=f"{revision!a} of {ref}", about=About.REPO)
