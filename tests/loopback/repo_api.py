"""Answers about one repository: info, files, history, refs, scans and discussions."""

from __future__ import annotations

import base64
import difflib
from typing import Any
from urllib.parse import urlencode

from .access import Refusal, invalid_option, no_such_path, no_such_revision
from .history import Commit, StoredFile, iso
from .keys import EXPANDABLE
from .message import Answer, json_answer
from .payloads import header_of, info
from .repo import Discussion, Repo
from .routes import Call, Handler

_PATHS_LIMIT = 2000
_DISCUSSIONS_PER_PAGE = 50
_COMMITS_LIMIT = 1000
_DIFF_LIMIT = 2**20


def repo_info(call: Call) -> Answer:
    """``/api/models/{id}`` and ``/api/models/{id}/revision/{rev}``."""
    if call.route.rest:
        repo, commit, _, _ = call.revision()
    else:
        repo = call.repo()
        commit = repo.head
    request = call.request
    expand = request.many("expand")
    valid = EXPANDABLE[repo.kind]
    for index, name in enumerate(expand):
        if name not in valid:
            raise invalid_option(valid, f"expand[{index}]")
    body = info(repo, commit, blobs=request.flag("blobs"), security=request.flag("securityStatus"), expand=expand)
    return json_answer(body)


def file_entry(repo: Repo, commit: Commit, file: StoredFile, *, expand: bool) -> dict[str, Any]:
    """A file as tree and paths-info list it."""
    entry: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size}
    if file.is_lfs:
        entry["lfs"] = {"oid": file.blob.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    if file.xet_hash:
        entry["xetHash"] = file.xet_hash
    entry["path"] = file.path
    if expand:
        entry["lastCommit"] = _last_commit(commit, file.path)
        scan = repo.scan_of(file, commit.sha)
        if scan is not None:
            entry["securityFileStatus"] = dict(scan)
    return entry


def folder_entry(commit: Commit, path: str, *, expand: bool) -> dict[str, Any]:
    """A folder as tree and paths-info list it. Folders are never scanned."""
    entry = {"type": "directory", "oid": commit.tree_oid(path), "size": 0, "path": path}
    return entry | ({"lastCommit": _last_commit(commit, path)} if expand else {})


def _last_commit(commit: Commit, path: str) -> dict[str, str]:
    last = commit.touched[path]
    return {"id": last.sha, "title": last.title, "date": iso(last.date)}


def tree(call: Call) -> Answer:
    """``/tree/{rev}[/{path}]``: folders first, then files, in byte order; pages by cursor."""
    repo, commit, spelled, path = call.revision()
    if path and path not in commit.folders():
        raise no_such_path(path, spelled)
    request = call.request
    expand = request.flag("expand")
    names = _listing(commit, path, recursive=request.flag("recursive"))
    limit = _limit(request.one("limit"), 100 if expand else 1000)
    start = _from_cursor(request.one("cursor"))
    shown = [_entry(repo, commit, name, expand=expand) for name in names[start : start + limit]]
    answer = json_answer(shown)
    if start + limit < len(names):
        kept = [(name, request.one(name)) for name in ("recursive", "expand", "limit") if name in request.query]
        answer.headers["Link"] = call.next_link(urlencode([*kept, ("cursor", _to_cursor(start + limit))]))
    return answer


def _listing(commit: Commit, folder: str, *, recursive: bool) -> list[str]:
    prefix = f"{folder}/" if folder else ""
    inside = [name for name in (*commit.folders(), *sorted(commit.tree)) if name.startswith(prefix)]
    return inside if recursive else [name for name in inside if "/" not in name.removeprefix(prefix)]


def _entry(repo: Repo, commit: Commit, name: str, *, expand: bool) -> dict[str, Any]:
    file = commit.tree.get(name)
    return folder_entry(commit, name, expand=expand) if file is None else file_entry(repo, commit, file, expand=expand)


def _limit(text: str, default: int, most: int | None = None) -> int:
    if not text:
        return default
    limit = int(text) if text.isascii() and text.lstrip("-").isdigit() else 0
    if limit < 1:
        raise Refusal(400, "✖ Too small: expected number to be >=1\n  → at limit")
    if most is not None and limit > most:
        raise Refusal(400, f"✖ Too big: expected number to be <={most}\n  → at limit")
    return limit


def _to_cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(f"after:{offset}".encode()).decode()


def _from_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("after:"))
    except ValueError:
        raise Refusal(400, "Invalid cursor") from None


def paths_info(call: Call) -> Answer:
    """``POST /paths-info/{rev}``, JSON or form. Paths that do not exist are left out without a word."""
    repo, commit, _, _ = call.revision()
    form = call.request.form()
    paths = form.get("paths", [])
    wanted = [paths] if isinstance(paths, str) else list(paths)
    if len(wanted) > _PATHS_LIMIT:
        raise Refusal(400, f"✖ Too big: expected array to have <={_PATHS_LIMIT} items\n  → at paths")
    expand = form.get("expand") in (True, "true", ["true"], ["True"], ["1"])
    there = [name for name in dict.fromkeys(wanted) if name in commit.tree or name in commit.folders()]
    return json_answer([_entry(repo, commit, name, expand=expand) for name in there])


def treesize(call: Call) -> Answer:
    """``/treesize/{rev}[/{path}]``."""
    _, commit, spelled, path = call.revision()
    if path and path not in commit.folders() and path not in commit.tree:
        raise no_such_path(path, spelled)
    alone = commit.tree.get(path)
    files = [alone] if alone else commit.under(path)
    return json_answer({"path": f"/{path}", "size": sum(file.size for file in files)})


def commits(call: Call) -> Answer:
    """``/commits/{rev}``, newest first, with the total in X-Total-Count."""
    _, commit, _, _ = call.revision()
    request = call.request
    limit = _limit(request.one("limit"), 50, _COMMITS_LIMIT)
    page = int(request.one("p", "0") or 0)
    history = list(commit.ancestry())
    formatted = "formatted" in request.many("expand")
    shown = [_commit_entry(item, formatted=formatted) for item in history[page * limit : (page + 1) * limit]]
    answer = json_answer(shown, X_Total_Count=str(len(history)))
    if (page + 1) * limit < len(history):
        kept = {name: request.one(name) for name in request.query if name != "p"}
        answer.headers["Link"] = call.next_link(urlencode({"p": page + 1, **kept}, safe="[]"))
    return answer


def _commit_entry(commit: Commit, *, formatted: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": commit.sha,
        "title": commit.title,
        "message": commit.message,
        "authors": [author.payload() for author in commit.authors],
        "date": iso(commit.date),
    }
    return entry | ({"formatted": {"title": commit.title, "message": commit.message}} if formatted else {})


_REF_GROUPS = {"tags": "refs/tags/", "branches": "refs/heads/", "converts": "refs/convert/", "pullRequests": "refs/pr/"}


def refs(call: Call) -> Answer:
    """``/refs``; pull requests only with ``include_prs``."""
    repo = call.repo()
    groups = {
        name: [
            {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": sha}
            for ref, sha in repo.refs.items()
            if ref.startswith(prefix)
        ]
        for name, prefix in _REF_GROUPS.items()
    }
    if not call.request.flag("include_prs"):
        del groups["pullRequests"]
    return json_answer(groups)


def scan(call: Call) -> Answer:
    """``/scan``: the roll-up of ``main``."""
    repo = call.repo()
    return json_answer({"scansDone": repo.scans_done, "filesWithIssues": repo.issues()})


def compare(call: Call) -> Answer:
    """``/compare/{a}..{b}``: a unified diff as one JSON string, or as text with ``raw``."""
    repo = call.repo()
    first, _, second = "/".join(call.route.rest).partition("..")
    old, new = repo.find(first), repo.find(second.lstrip("."))
    if old is None or new is None:
        raise no_such_revision(first if old is None else second)
    diff = "".join(_diff(old, new, path) for path in sorted({*old.tree, *new.tree}))
    return json_answer(diff)


def _diff(old: Commit, new: Commit, path: str) -> str:
    before, after = old.tree.get(path), new.tree.get(path)
    if before and after and before.oid == after.oid:
        return ""
    names = (f"a/{path}" if before else "/dev/null", f"b/{path}" if after else "/dev/null")
    lines = difflib.unified_diff(_lines(before), _lines(after), *names)
    return f"diff --git a/{path} b/{path}\n" + "".join(lines)


def _lines(file: StoredFile | None) -> list[str]:
    if file is None:
        return []
    data = file.pointer if file.is_lfs else file.blob.read(0, _DIFF_LIMIT)
    return data.decode("utf-8", "replace").splitlines(keepends=True)


def discussions(call: Call) -> Answer:
    """``/discussions?p=&type=&status=&author=``, newest first, 50 to a page."""
    repo = call.repo()
    request = call.request
    kinds = {"discussion": False, "pull_request": True}
    chosen = [
        item
        for item in reversed(repo.discussions)
        if request.one("status", "all") in ("all", item.status)
        and kinds.get(request.one("type"), item.pull_request) == item.pull_request
        and request.one("author", item.author) == item.author
    ]
    start = int(request.one("p", "0") or 0) * _DISCUSSIONS_PER_PAGE
    page = chosen[start : start + _DISCUSSIONS_PER_PAGE]
    body: dict[str, Any] = {"discussions": [_discussion(call, repo, item) for item in page]}
    body |= {"count": len(chosen), "start": start}
    if start == 0:
        body["numClosedDiscussions"] = sum(item.status in ("closed", "merged") for item in repo.discussions)
    return json_answer(body)


def _discussion(call: Call, repo: Repo, item: Discussion) -> dict[str, Any]:
    owner = call.hub.account(repo.namespace or "")
    return {
        "num": item.num,
        "author": {
            "name": item.author,
            "type": "user",
            "isHf": False,
            "isHfAdmin": False,
            "isMod": False,
            "isPro": False,
        },
        "repo": {"name": repo.id, "type": repo.kind},
        "title": item.title,
        "status": item.status,
        "createdAt": iso(item.created),
        "isPullRequest": item.pull_request,
        "numComments": item.comments,
        "topReactions": [],
        "numReactionUsers": 0,
        "pinned": item.pinned,
        "repoOwner": {
            "name": repo.namespace,
            "isParticipating": False,
            "type": owner.kind if owner else "org",
            "isDiscussionAuthor": item.author == repo.namespace,
        },
    }


def lfs_files(call: Call) -> Answer:
    """``/lfs-files``: who pushed each large object; for those inside only."""
    repo = call.repo()
    if not call.hub.is_inside(repo, call.token):
        raise Refusal(401 if call.token is None else 403, "You need administration rights on this repository")
    files = {f.blob.sha256: (f, c) for c in repo.commits.values() for f in c.tree.values() if f.is_lfs}
    return json_answer([_lfs_file(file, commit) for file, commit in files.values()])


def _lfs_file(file: StoredFile, commit: Commit) -> dict[str, Any]:
    entry = {"fileOid": file.oid, "oid": file.blob.sha256, "size": file.size, "pushedAt": iso(commit.date)}
    return entry | {"filename": file.path, "pusher": {"user": commit.authors[0].user}, "xetHash": file.xet_hash}


def safetensors_metadata(call: Call) -> Answer:
    """``/safetensors-metadata/{index}``: the headers of every shard of ``main``."""
    repo = call.repo()
    shards = [file for file in repo.head.under("") if file.path.endswith(".safetensors")]
    return json_answer({"index": {"metadata": {}}, "headers": {file.path: header_of(file) for file in shards}})


HANDLERS: dict[str, Handler] = {
    "info": repo_info,
    "revision": repo_info,
    "tree": tree,
    "paths-info": paths_info,
    "treesize": treesize,
    "commits": commits,
    "refs": refs,
    "scan": scan,
    "compare": compare,
    "discussions": discussions,
    "lfs-files": lfs_files,
    "safetensors-metadata": safetensors_metadata,
}
