"""Whole Hubs of another make, put together from faults."""

from __future__ import annotations

from typing import Any

from . import faults
from .content import Bytes
from .hub import LoopbackHub
from .message import Answer, Request, json_answer

_NOT_FOUND = "Repository not found"
_INFO_KEYS = [
    "_id",
    "id",
    "author",
    "sha",
    "lastModified",
    "private",
    "gated",
    "disabled",
    "tags",
    "description",
    "downloads",
    "likes",
    "cardData",
    "siblings",
    "createdAt",
]


def git_mirror(hub: LoopbackHub) -> None:
    """Answer as the mirror ``olah`` does over a git repository: no scans, no publishers, no ranges, no lengths.

    ``tests/interop/olah.py`` lists what was seen of the real one; the interop suite runs against that.
    """
    hub.resolve_directly = True
    hub.quotas.announce = False
    hub.fault(None, _plain)
    hub.fault("info", _repo_not_found)
    hub.fault("user-overview", _repo_not_found)
    hub.fault("organization-overview", _repo_not_found)
    hub.fault("scan", faults.status(404, headers={"X-Error-Code": "RepoNotFound"}))
    hub.fault("revision", faults.edited(_little_info))
    hub.fault("tree", _with_a_slash)
    hub.fault("tree", faults.edited(_bare_entries))
    hub.fault("commits", faults.edited(_named_authors))
    hub.fault("commits", faults.header("X-Total-Count", None))
    hub.fault("resolve", _stream_everything)


def _plain(_request: Request, answer: Answer) -> Answer:
    answer.plain = True
    return answer


def _repo_not_found(_request: Request, answer: Answer) -> Answer:
    made = json_answer({"error": _NOT_FOUND}, 401, X_Error_Code="RepoNotFound", X_Error_Message=_NOT_FOUND)
    made.delivery = answer.delivery
    made.plain = True
    return made


def _little_info(body: dict[str, Any]) -> dict[str, Any]:
    """Ids, dates and names; no config, no hashes of files."""
    kept = {key: body[key] for key in _INFO_KEYS if key in body}
    return kept | {"siblings": [{"rfilename": item["rfilename"]} for item in body["siblings"]]}


def _with_a_slash(request: Request, answer: Answer) -> Answer:
    if request.path.endswith("/"):
        return answer
    path, _, query = request.target.partition("?")
    location = f"http://{request.headers.get('host', '')}{path}/" + (f"?{query}" if query else "")
    return Answer(307, Bytes(b""), {"Location": location}, plain=True, delivery=answer.delivery)


def _bare_entries(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what only the real Hub has; with the scan result of years ago, which always says safe."""
    old = {
        "safe": True,
        "indexed": False,
        "avScan": {"virusFound": False, "virusNames": None},
        "pickleImportScan": None,
    }
    bare = [{key: entry[key] for key in entry if key not in ("xetHash", "securityFileStatus")} for entry in body]
    return [entry | ({"security": old} if "lastCommit" in entry else {}) for entry in bare]


def _named_authors(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**commit, "authors": [{"name": author["user"], "avatar": None} for author in commit["authors"]]}
        for commit in body
    ]


def _stream_everything(_request: Request, answer: Answer) -> Answer:
    """The whole file whatever was asked for, chunked, with nothing that would tell its size or hash."""
    if answer.status == 200:
        answer.ranges, answer.chunked = False, True
        answer.headers = {}
    return answer
