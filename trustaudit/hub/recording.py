"""What a recorded answer looks like on disk, and under which name.

One JSON file per request. Only headers that mean something to an audit are kept, in order,
so recording an unchanged repository again changes nothing but ``recording.json``. Nothing
secret is written: no request headers, no cookies, no queries of other hosts, and the token
is blotted out wherever it occurs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Struct

from trustaudit.errors import FileInputError, HubError
from trustaudit.hub.exchange import Answer, Request, Span
from trustaudit.hub.redirects import Endpoint, is_local

FORMAT: Final = 1
HEAD: Final = "recording.json"

_KEPT_HEADERS = (
    "accept-ranges",
    "content-range",
    "content-type",
    "etag",
    "link",
    "location",
    "x-error-code",
    "x-error-message",
    "x-linked-etag",
    "x-linked-size",
    "x-repo-commit",
    "x-total-count",
    "x-xet-hash",
)
_SECRET = re.compile(
    r"(?i)x-(?:amz|goog|xet)-.*|.*signature.*|.*token.*|policy|key-pair-id|.*credential.*|expires|auth(?:orization)?"
    r"|sig|s[epvr]|.*secret.*|.*access_?key.*"
)
NOWHERE: Final = "https://cdn.invalid"
"""Stands for a host on the machine the recording was made on, whose port is another each time."""

_OWN_LINK = re.compile(r'<([^<>]{1,8192})>\s*;[^,<]{0,200}?\brel\s*=\s*"?next\b"?', re.IGNORECASE)
_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{10,}")
_SLUG_CHARS = 100


class Key(Struct, frozen=True):
    """What identifies a request in a recording, whatever host it went to.

    ``site`` is ``hub`` for the Hub's own origin and ``cdn`` for any other, whose query is a
    signature. ``span`` is the byte range, None for the whole.
    """

    site: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: str = ""
    span: Span | None = None

    @classmethod
    def of(cls, request: Request, endpoint: Endpoint) -> Key:
        """The key of a request."""
        if not endpoint.owns(request.url):
            return cls("cdn", request.method, urlsplit(request.url).path, span=request.span)
        query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        return cls(
            "hub",
            request.method,
            endpoint.path_of(request.url),
            tuple(sorted(pair for pair in query if not _SECRET.fullmatch(pair[0]))),
            request.body.decode("utf-8", "replace"),
            request.span,
        )

    def whole(self) -> Key:
        """The same request without its byte range."""
        return Key(self.site, self.method, self.path, self.query, self.body)

    def name(self) -> str:
        """A file name: readable, and one per key on any file system."""
        text = json.dumps([self.site, self.method, self.path, self.query, self.body, self.span])
        slug = re.sub(r"[^A-Za-z0-9._-]+", "_", self.path).strip("_.")[-_SLUG_CHARS:]
        span = f"_bytes-{self.span.first}-{self.span.last}" if self.span else ""
        return f"{self.site}_{self.method}_{slug}{span}_{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"


class Blotter:
    """Takes secrets out of what is recorded, leaving as many asterisks: lengths and offsets stay true."""

    def __init__(self, endpoint: Endpoint, token: str | None) -> None:
        self._endpoint, self._token = endpoint, token

    def text(self, text: str) -> str:
        """Without the token, and without anything that looks like one."""
        if self._token:
            text = text.replace(self._token, "*" * len(self._token))
        return _TOKEN.sub(lambda found: "*" * len(found.group()), text)

    def bytes(self, data: bytes) -> bytes:
        """The same, for a body of any encoding. Only the token itself: file contents stay exact."""
        return data.replace(self._token.encode(), b"*" * len(self._token)) if self._token else data

    def headers(self, answer: Answer, base: str) -> dict[str, str]:
        """The headers that are kept. Addresses on the Hub become paths, others lose their query."""
        kept = {name: self.text(answer.header(name)) for name in _KEPT_HEADERS if answer.header(name)}
        if "location" in kept:
            kept["location"] = self._address(base, answer.header("location"))
        if "link" in kept:
            match = _OWN_LINK.search(answer.header("link"))
            kept.pop("link")
            if match:
                kept["link"] = f'<{self._address(base, match.group(1))}>; rel="next"'
        return kept

    def _address(self, base: str, location: str) -> str:
        try:
            target = self._endpoint.follow(base, location)
        except HubError:  # refused, and to be refused again on replay
            return self.text(location.partition("?")[0])
        if self._endpoint.owns(target):
            return self._own(target)
        parts = urlsplit(target)._replace(query="", fragment="")
        return f"{NOWHERE}{parts.path}" if is_local(parts.hostname or "") else parts.geturl()

    def _own(self, target: str) -> str:
        pairs = parse_qsl(urlsplit(target).query, keep_blank_values=True)
        query = urlencode([pair for pair in pairs if not _SECRET.fullmatch(pair[0])])
        return self.text(self._endpoint.path_of(target) + (f"?{query}" if query else ""))


def describe(key: Key, outcome: Answer | HubError, blotter: Blotter, base: str) -> dict[str, Any]:
    """The content of one file. ``base`` is the address that was asked."""
    request: dict[str, Any] = {"site": key.site, "method": key.method, "path": key.path}
    if key.query:
        request["query"] = [list(pair) for pair in key.query]
    if key.body:
        request["body"] = key.body
    if key.span:
        request["range"] = list(key.span)
    if isinstance(outcome, HubError):
        failure = {
            "kind": type(outcome).__name__,
            "what": outcome.what,
            "cause": outcome.cause,
            "advice": outcome.advice,
        }
        return {"request": request, "failure": {name: blotter.text(value) for name, value in failure.items()}}
    answer: dict[str, Any] = {"status": outcome.status, "headers": blotter.headers(outcome, base)}
    if outcome.cut:
        answer["cut"] = True
    return {"request": request, "answer": {**answer, **_body(blotter.bytes(outcome.body))}}


def _body(data: bytes) -> dict[str, Any]:
    """Readable where that loses nothing: JSON values, else text, else base64."""
    if not data:
        return {}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
    try:
        value = json.loads(text)
        if compact(value) == data:
            return {"json": value}
    except (ValueError, RecursionError):
        pass
    return {"text": text}


def compact(value: Any) -> bytes:  # noqa: ANN401 - JSON
    """JSON as the Hub writes it: no spaces, no escapes that are not needed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def restored(content: Any, where: str) -> tuple[Key, Answer | HubError]:  # noqa: ANN401 - JSON
    """What ``describe`` wrote. Raises FileInputError naming the file."""
    try:
        asked = content["request"]
        span = Span(*map(int, asked["range"])) if "range" in asked else None
        query = tuple((str(name), str(value)) for name, value in asked.get("query", ()))
        key = Key(asked["site"], asked["method"], asked["path"], query, asked.get("body", ""), span)
        return key, _failure(content["failure"]) if "failure" in content else _answer(content["answer"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileInputError(f"{where} is not a recorded answer", cause="it was edited or cut") from error


def _failure(found: dict[str, str]) -> HubError:
    kinds = {kind.__name__: kind for kind in HubError.__subclasses__()}
    kind = kinds.get(found["kind"], HubError)
    return kind(found["what"], cause=found["cause"], advice=found["advice"])


def _answer(found: dict[str, Any]) -> Answer:
    if "base64" in found:
        body = base64.b64decode(found["base64"], validate=True)
    elif "json" in found:
        body = compact(found["json"])
    else:
        body = str(found.get("text", "")).encode("utf-8")
    headers = {str(name): str(value) for name, value in found["headers"].items()}
    return Answer(int(found["status"]), headers, body, cut=bool(found.get("cut", False)))
