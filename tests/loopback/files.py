"""File bytes: /resolve, /resolve-cache, /raw, and the Xet token that big downloads ask for."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from .access import Refusal
from .content import Bytes
from .history import Commit, StoredFile
from .message import TEXT, Answer, json_answer, text_answer
from .repo import Repo
from .routes import Call, Handler, quoted

_XET_INFO = "application/vnd.xet-fileinfo+json"
_NUDGE = (
    "unauthenticated; Warning: You are sending unauthenticated requests to the HF Hub. Please set a HF_TOKEN to enable "
    "higher rate limits and faster downloads."
)
CAS = "https://cas-server.xethub.hf.co"


def disposition(path: str) -> str:
    """Content-Disposition of a file, both spellings."""
    name = path.rpartition("/")[2]
    return f"inline; filename*=UTF-8''{quote(name)}; filename=\"{name}\";"


def _located(call: Call) -> tuple[Repo, Commit, StoredFile]:
    repo, commit, _, path = call.revision()
    file = commit.tree.get(path)
    if file is None:
        headers = {"X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes"}
        raise Refusal(404, "Entry not found", "EntryNotFound", headers)
    return repo, commit, file


def resolve(call: Call) -> Answer:
    """302 to the CDN for large files, 307 to /api/resolve-cache for those in git."""
    repo, commit, file = _located(call)
    if file.xet_hash and call.request.headers.get("accept") == _XET_INFO:
        return json_answer(_xet_info(repo, commit, file))
    if call.hub.resolve_directly:
        return _content(commit, file)
    answer = _to_cdn(call, repo, commit, file) if file.is_lfs else _to_cache(call, repo, commit, file)
    answer.headers |= {
        "X-Repo-Commit": commit.sha,
        "Accept-Ranges": "bytes",
        "Vary": "Origin, Accept",
        "Content-Disposition": disposition(file.path),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if call.token is None:
        answer.headers["X-HF-Warning"] = _NUDGE
    return answer


def _to_cdn(call: Call, repo: Repo, commit: Commit, file: StoredFile) -> Answer:
    location = call.hub.cdn.sign(repo, file, call.token)
    answer = text_answer(f"Found. Redirecting to {location}", 302)
    answer.headers |= {
        "Location": location,
        "Cache-Control": "no-store",
        "X-Linked-Size": str(file.size),
        "X-Linked-ETag": f'"{file.blob.sha256}"',
    }
    if file.xet_hash:
        token = f"{call.hub.prefix}/api/{repo.plural}/{repo.id}/xet-read-token/{commit.sha}"
        answer.headers["X-Xet-Hash"] = file.xet_hash
        answer.headers["Link"] = (
            f'<{token}>; rel="xet-auth", <{CAS}/v1/reconstructions/{file.xet_hash}>; rel="xet-reconstruction-info"'
        )
    return answer


def _to_cache(call: Call, repo: Repo, commit: Commit, file: StoredFile) -> Answer:
    asked = quote(call.request.path, safe="")
    path = f"/api/resolve-cache/{repo.plural}/{repo.id}/{commit.sha}/{quoted(file.path)}"
    location = f"{call.hub.prefix}{path}?{asked}=&etag=%22{file.oid}%22"
    answer = text_answer(f"Temporary Redirect. Redirecting to {location}", 307)
    answer.headers |= {"Location": location, "X-Linked-ETag": f'"{file.oid}"'}
    return answer


def resolve_cache(call: Call) -> Answer:
    """The bytes of a file kept in git, in parts if asked."""
    _, commit, file = _located(call)
    return _content(commit, file)


def _content(commit: Commit, file: StoredFile) -> Answer:
    return Answer(
        body=file.blob,
        ranges=True,
        headers={
            "Content-Type": TEXT,
            "ETag": f'"{file.oid}"',
            "X-Repo-Commit": commit.sha,
            "Content-Disposition": disposition(file.path),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def raw(call: Call) -> Answer:
    """``/raw``: what git holds; for large files the pointer's text."""
    _, commit, file = _located(call)
    body = Bytes(file.pointer) if file.is_lfs else file.blob
    headers = {"Content-Type": TEXT, "ETag": f'"{file.oid}"', "X-Repo-Commit": commit.sha}
    return Answer(body=body, ranges=True, headers=headers)


def _xet_info(repo: Repo, commit: Commit, file: StoredFile) -> dict[str, str | int]:
    return {
        "hash": file.xet_hash or "",
        "refreshUrl": f"/api/{repo.plural}/{repo.id}/xet-read-token/{commit.sha}",
        "reconstructionUrl": f"{CAS}/v1/reconstructions/{file.xet_hash}",
        "etag": f'"{file.blob.sha256}"',
        "size": file.size,
    }


def xet_read_token(call: Call) -> Answer:
    """A token for the Xet storage. It is a secret like any other: the log watches for it."""
    repo, commit, _, _ = call.revision()
    secret = f"xet_{hashlib.sha256(f'{repo.id}{commit.sha}'.encode()).hexdigest()}"
    expires = int(call.hub.clock()) + 3600
    answer = json_answer({"accessToken": secret, "casUrl": CAS, "exp": expires})
    answer.headers |= {
        "X-Xet-Access-Token": secret,
        "X-Xet-Cas-Url": CAS,
        "X-Xet-Token-Expiration": str(expires),
    }
    return answer


HANDLERS: dict[str, Handler] = {
    "resolve": resolve,
    "resolve-cache": resolve_cache,
    "raw": raw,
    "xet-read-token": xet_read_token,
}
