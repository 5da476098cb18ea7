"""Lists, search and trending over every public repository."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from .access import Refusal, invalid_option
from .accounts import Account, Organization, User, author_data
from .history import iso
from .keys import EXPANDABLE, FULL, LISTED
from .message import Answer, Request, json_answer
from .payloads import facts, listed
from .repo import Repo
from .routes import Call, Handler

_DEFAULT_LIMIT = 1000
_SORTS: dict[str, Callable[[Repo], Any]] = {
    "downloads": lambda repo: repo.downloads,
    "likes": lambda repo: repo.likes,
    "likes30d": lambda repo: repo.likes,
    "trendingScore": lambda repo: repo.trending,
    "createdAt": lambda repo: repo.created,
    "lastModified": lambda repo: repo.head.date,
    "id": lambda repo: repo.id,
}


def list_repos(call: Call) -> Answer:
    """``/api/models?author&search&filter&sort&limit&cursor&expand[]&full``."""
    request = call.request
    kind = call.route.kind
    expand = request.many("expand")
    for index, name in enumerate(expand):
        if name not in EXPANDABLE[kind]:
            raise invalid_option(EXPANDABLE[kind], f"expand[{index}]")
    found = [repo for repo in call.hub.visible(kind, call.token) if _wanted(repo, request)]
    found.sort(key=_sort_key(request), reverse=request.one("direction", "-1") == "-1")
    start = _offset(request.one("cursor"))
    limit = int(request.one("limit") or _DEFAULT_LIMIT)
    names = ["_id", "id", *expand] if expand else _default_names(request)
    answer = json_answer([listed(repo, names) for repo in found[start : start + limit]])
    if start + limit < len(found):
        kept = [(name, value) for name, values in request.query.items() for value in values if name != "cursor"]
        cursor = base64.urlsafe_b64encode(json.dumps({"skip": start + limit}).encode()).decode()
        answer.headers["Link"] = call.next_link(urlencode([*kept, ("cursor", cursor)], safe="[]"))
    return answer


def _default_names(request: Request) -> list[str]:
    extra = [key for key in ("cardData", "config") if request.flag(key)]
    return [*(FULL if request.flag("full") else LISTED), *extra]


def _sort_key(request: Request) -> Callable[[Repo], Any]:
    sort = request.one("sort", "trendingScore")
    if sort not in _SORTS:
        raise invalid_option(list(_SORTS), "sort")
    return _SORTS[sort]


def _wanted(repo: Repo, request: Request) -> bool:
    author, search = request.one("author").lower(), request.one("search").lower()
    if author and (repo.namespace or "").lower() != author:
        return False
    if search and search not in repo.id.lower():
        return False
    if request.one("gated") and bool(repo.gated) != request.flag("gated"):
        return False
    return _has_tags(repo, request)


def _has_tags(repo: Repo, request: Request) -> bool:
    wanted = {tag for value in request.many("filter") for tag in value.split(",")} | set(request.many("pipeline_tag"))
    known = facts(repo, repo.head, blobs=False) if wanted else {}
    return wanted <= {*known.get("tags", []), known.get("pipeline_tag")}


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(cursor))["skip"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "Invalid cursor") from None


def trending(call: Call) -> Answer:
    """``/api/trending?type&limit``: authors with followers, no ``_id``, no verified badge."""
    request = call.request
    kinds = ("model", "dataset", "space") if request.one("type", "all") == "all" else (request.one("type"),)
    found = [repo for kind in kinds for repo in call.hub.visible(kind, call.token)]
    found.sort(key=lambda repo: repo.trending, reverse=True)
    limit = min(int(request.one("limit", "10")), 20)
    return json_answer({"recentlyTrending": [_trending_item(call, repo) for repo in found[:limit]]})


def _trending_item(call: Call, repo: Repo) -> dict[str, Any]:
    data = {
        "author": repo.namespace or "",
        "id": repo.id,
        "isLikedByUser": False,
        "lastModified": iso(repo.head.date),
        "likes": repo.likes,
        "private": repo.private,
        "repoType": repo.kind,
        **(_trending_space(repo) if repo.kind == "space" else {"downloads": repo.downloads, "gated": repo.gated}),
    }
    owner = call.hub.account(repo.namespace or "")
    if owner and repo.kind != "dataset":
        data["authorData"] = author_data(owner)
    if repo.kind == "model":
        known = facts(repo, repo.head, blobs=False)
        data |= {"availableInferenceProviders": [], **{k: known[k] for k in ("pipeline_tag",) if k in known}}
    return {"repoData": data, "repoType": repo.kind}


def _trending_space(repo: Repo) -> dict[str, Any]:
    known = facts(repo, repo.head, blobs=False)
    return {
        "colorFrom": "indigo",
        "colorTo": "indigo",
        "createdAt": known["createdAt"],
        "disabled": repo.disabled,
        "emoji": "🔥",
        "featured": False,
        "pinned": False,
        "runtime": known["runtime"],
        "sdk": known["sdk"],
        "tags": known["tags"],
        "title": repo.id.rpartition("/")[2],
        "trendingScore": repo.trending,
        "visibility": "private" if repo.private else "public",
    }


_EMPTY = ("papers", "collections", "buckets", "kernels")


def quicksearch(call: Call) -> Answer:
    """``/api/quicksearch?q&limit&type``: best look-up for names close to another."""
    request = call.request
    words, limit = request.one("q"), int(request.one("limit", "3"))
    kinds = request.many("type")
    body: dict[str, Any] = {"q": words}
    for kind in ("model", "dataset", "space"):
        found = [repo for repo in call.hub.visible(kind, call.token) if words.lower() in repo.id.lower()]
        found.sort(key=lambda repo: repo.trending, reverse=True)
        shown = found[:limit] if not kinds or kind in kinds else []
        body[f"{kind}s"] = [_hit(repo) for repo in shown]
        body[f"{kind}sCount"] = len(found)
    accounts = [item for item in call.hub.accounts() if words.lower() in item.name.lower()]
    body["orgs"] = _cards(accounts, Organization, "name", limit) if not kinds or "org" in kinds else []
    body["users"] = _cards(accounts, User, "user", limit) if not kinds or "user" in kinds else []
    for name in _EMPTY:
        body |= {name: [], f"{name}Count": 0}
    return json_answer(body)


def _hit(repo: Repo) -> dict[str, Any]:
    emoji = {"emoji": "🔥"} if repo.kind == "space" else {}
    return {"id": repo.id, **emoji, "trendingWeight": repo.trending}


def _cards(accounts: list[Account], kind: type[Account], key: str, limit: int) -> list[dict[str, Any]]:
    return [{**item.card(), key: item.name} for item in accounts if isinstance(item, kind)][:limit]


def collection(call: Call) -> Answer:
    """``/api/collections/{owner}/{slug}``: its items, of any type."""
    slug = call.route.id
    items = call.hub.collections.get(slug)
    if items is None:
        raise Refusal(404, "Collection not found")
    listed_items = [
        {"_id": f"{index:024x}", "position": index, "type": kind, "id": name}
        for index, (kind, name) in enumerate(items)
    ]
    owner, _, title = slug.partition("/")
    return json_answer(
        {"slug": slug, "title": title, "owner": {"name": owner}, "private": False, "items": listed_items}
    )


HANDLERS: dict[str, Handler] = {
    "list": list_repos,
    "trending": trending,
    "quicksearch": quicksearch,
    "collection": collection,
}
