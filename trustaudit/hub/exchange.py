"""One request and its answer: the seam between asking (session, files) and travelling.

Three things travel: ``Network`` (sockets), ``Recorder`` (around it) and ``Player`` (a folder).
Answers are plain values with a bounded body, whatever they came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

from trustaudit.hub.meter import Account

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MIB = 1024 * 1024


class Bucket(StrEnum):
    """Whose quota a request draws on. The CDN has none that we know of."""

    API = "api"
    RESOLVERS = "resolvers"
    CDN = "cdn"


class Span(NamedTuple):
    """A byte range, both ends inclusive, as in the ``Range`` header."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``url`` is absolute and may be signed: it is never shown or stored.

    ``bound`` is the most body bytes a good answer may have, after decompression.
    ``whole_bound`` is what is accepted when a range request is answered with the whole file.
    """

    url: str = field(repr=False)
    bound: int
    bucket: Bucket = Bucket.API
    method: Literal["GET", "POST"] = "GET"
    body: bytes = b""
    span: Span | None = None
    whole_bound: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Header names are in lower case; ``cut`` when the body goes on."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cut: bool = False

    def header(self, name: str) -> str:
        """The header's value, or an empty text."""
        return self.headers.get(name, "")

    @property
    def is_redirect(self) -> bool:
        """Whether the answer sends us elsewhere."""
        return self.status in REDIRECTS


class Exchange(Protocol):
    """Whatever can answer a request. Raises only HubError."""

    async def send(self, request: Request, account: Account) -> Answer:
        """The answer, whatever its status."""
        ...

    async def aclose(self) -> None:
        """Let go of connections and files."""
        ...
