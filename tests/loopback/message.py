"""Requests as they arrived and answers before they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from .content import Bytes, Content

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"

Port = Literal["hub", "cdn"]


@lru_cache(maxsize=1024)
def _parsed(query: str) -> dict[str, list[str]]:
    """A list of thousands of repositories looks at the parameters for each of them."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


@dataclass
class Request:
    """One request, kept in the log. ``target`` is the raw request line's, ``path`` the raw path below the prefix.

    ``status`` and ``bytes_sent`` (body bytes handed to the socket, headers left out) are filled in while answering.
    """

    port: Port
    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    path: str = ""
    query_string: str = ""
    route: str = ""
    status: int = 0
    bytes_sent: int = 0

    @property
    def query(self) -> dict[str, list[str]]:
        """Decoded query parameters; ``expand[]`` and ``expand`` stay apart."""
        return _parsed(self.query_string)

    def one(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return self.query.get(name, [default])[-1]

    def flag(self, name: str) -> bool:
        """Whether a query parameter is set to something true."""
        return self.one(name).lower() in ("true", "1", "yes")

    def many(self, name: str) -> list[str]:
        """Values of ``name`` and ``name[]``."""
        return self.query.get(f"{name}[]", []) + self.query.get(name, [])

    @property
    def segments(self) -> list[str]:
        """Decoded path segments. A quoted slash (``refs%2Fpr%2F1``) stays inside its segment."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def bearer(self) -> str | None:
        """The token of an Authorization header."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" and token else None

    def accepts_gzip(self) -> bool:
        return "gzip" in self.headers.get("accept-encoding", "")

    def form(self) -> Mapping[str, Any]:
        """A JSON or form body as a mapping; repeated form fields become lists."""
        if "json" in self.headers.get("content-type", ""):
            loaded = json.loads(self.body)
            return loaded if isinstance(loaded, dict) else {}
        fields: dict[str, Any] = {}
        for name, value in parse_qsl(self.body.decode(), keep_blank_values=True):
            fields.setdefault(name, []).append(value)
        return fields


@dataclass
class Delivery:
    """How an answer goes over the wire; everything but the defaults is a fault.

    ``cut_after`` and ``reset_after`` count body bytes; ``reset_after=-1`` resets before the status line.
    """

    delay: float = 0.0
    chunk: int = 65536
    chunk_delay: float = 0.0
    cut_after: int | None = None
    reset_after: int | None = None
    ignore_range: bool = False
    final_headers: dict[str, str | None] = field(default_factory=dict)


@dataclass
class Answer:
    """An answer. ``ranges`` offers byte ranges; ``chunked`` sends the body without Content-Length.

    ``plain`` leaves the Hub's own headers away, as a proxy or another server would.
    """

    status: int = 200
    body: Content = field(default_factory=lambda: Bytes(b""))
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = False
    chunked: bool = False
    plain: bool = False
    delivery: Delivery = field(default_factory=Delivery)


def compact(payload: object) -> bytes:
    """JSON as the Hub spells it: no spaces, non-ASCII left as is (its ETags are computed over this)."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def json_answer(payload: object, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; keyword names become header names (``X_Total_Count``)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, Bytes(compact(payload)), {"Content-Type": JSON, **named})


def text_answer(text: str, status: int = 200, content_type: str = TEXT) -> Answer:
    """A text answer."""
    return Answer(status, Bytes(text.encode()), {"Content-Type": content_type})
