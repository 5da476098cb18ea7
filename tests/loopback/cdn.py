"""The second origin: large files behind signed, expiring addresses. It must never see a credential."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlencode

from .access import Token
from .files import disposition
from .history import StoredFile
from .message import Answer, Request, text_answer
from .repo import Repo

LIFETIME = 3600
_KEY = b"loopback"


@dataclass
class Cdn:
    """Signs addresses for the Hub and serves them. ``lifetime`` is in seconds; 0 or less is expired at birth."""

    clock: Callable[[], float]
    lifetime: float = LIFETIME
    origin: str = ""
    requests: list[Request] = field(default_factory=list)
    _served: dict[str, StoredFile] = field(default_factory=dict)

    @property
    def bytes_sent(self) -> int:
        """Body bytes of all answers so far."""
        return sum(request.bytes_sent for request in self.requests)

    def url(self, path: str = "/") -> str:
        """An address on this origin."""
        return f"{self.origin}{path}"

    def sign(self, repo: Repo, file: StoredFile, token: Token | None) -> str:
        """An address good for ``lifetime`` seconds."""
        store = f"/xet-bridge-us/{repo.mongo_id}" if file.xet_hash else f"/repos/{repo.mongo_id[:2]}/{repo.mongo_id}"
        path = f"{store}/{file.xet_hash or file.blob.sha256}"
        self._served[path] = file
        expires = str(int(self.clock() + self.lifetime))
        query = {
            "X-Xet-Cas-Uid": "public" if token is None else token.user,
            "response-content-disposition": disposition(file.path),
            "user_id": "public" if token is None else token.user,
            "Expires": expires,
            "Policy": "loopback-policy",
            "Signature": _signature(path, expires),
            "Key-Pair-Id": "LOOPBACK",
            "Hash-Algorithm": "SHA256",
        }
        return f"{self.origin}{path}?{urlencode(query, quote_via=quote)}"

    def respond(self, request: Request) -> Answer:
        """A file, or 403 in XML for an address that expired or was tampered with."""
        file = self._served.get(request.path)
        query = parse_qs(request.query_string)
        expires = query.get("Expires", [""])[0]
        if file is None or query.get("Signature") != [_signature(request.path, expires)]:
            return _denied("Access denied")
        if float(expires) <= self.clock():
            return _denied("Request has expired")
        return Answer(
            body=file.blob,
            ranges=True,
            headers={
                "Content-Type": "application/octet-stream",
                # of a Xet file its Xet hash, never the SHA-256 of its bytes
                "ETag": f'"{file.xet_hash or hashlib.md5(file.oid.encode(), usedforsecurity=False).hexdigest()}"',
                "Content-Disposition": query.get("response-content-disposition", [""])[0],
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Headers": "Content-Range, Content-Type, Content-Disposition, ETag",
                "Access-Control-Expose-Headers": "*",
                "Vary": "origin, access-control-request-method, access-control-request-headers",
                "X-Hf-Cdn-Pop": "loopback",
            },
        )


def _signature(path: str, expires: str) -> str:
    return hmac.new(_KEY, f"{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _denied(words: str) -> Answer:
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>'
    return text_answer(xml, 403, "application/xml")
