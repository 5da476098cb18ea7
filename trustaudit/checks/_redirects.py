"""Which repository ids a request was sent along."""

from __future__ import annotations

import re

from trustaudit.snapshot import Redirect, Snapshot

# /api/models/org/name/…, /api/datasets/org/name, /org/name/resolve/…: the id is one or two plain segments.
_API_PATH = re.compile(
    r"/api/(?:models|datasets|spaces)/(?P<id>[\w.-]{1,96}(?:/[\w.-]{1,96})?)(?P<rest>[/?].*)?", re.ASCII
)
_SUB_RESOURCES = frozenset({"revision", "tree", "commits", "refs", "scan", "paths-info", "treesize", "resolve"})


def ids_on_the_way(snapshot: Snapshot) -> tuple[str, ...]:
    """The ids named by redirects of repository requests, in the order they were followed, without repeats."""
    hops = (path for hop in snapshot.redirects for path in _paths(hop))
    found = (repo_id for path in hops if (repo_id := _id_in(path)))
    return tuple(dict.fromkeys(found))


def _paths(hop: Redirect) -> tuple[str, str]:
    return hop.from_path, hop.to_path


def _id_in(path: str) -> str:
    matched = _API_PATH.match(path)
    if matched is None:
        return ""
    first, _, second = matched["id"].partition("/")
    return first if second in _SUB_RESOURCES else matched["id"]
