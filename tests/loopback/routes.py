"""Which endpoint a path names. Handlers live in the modules beside; this one only reads addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from .access import Refusal, Token, check, missing_repo, no_page, no_such_revision
from .history import Commit
from .message import Answer, Request, text_answer
from .repo import Repo

if TYPE_CHECKING:
    from .hub import LoopbackHub

KINDS: Final = {"models": "model", "datasets": "dataset", "spaces": "space"}
REPO_ACTIONS: Final = [
    "revision",
    "tree",
    "paths-info",
    "treesize",
    "commits",
    "refs",
    "scan",
    "compare",
    "discussions",
    "xet-read-token",
    "lfs-files",
    "safetensors-metadata",
]
FILE_ACTIONS: Final = ("resolve", "raw")
_SLASHED_REFS: Final = ("pr", "convert", "heads", "tags")
_ID_PARTS: Final = 2


@dataclass(frozen=True)
class Route:
    """A matched address: the endpoint's name, the quota it draws on, and what its path named."""

    name: str
    bucket: str
    kind: str = "model"
    id: str = ""
    rest: tuple[str, ...] = ()
    as_text: bool = False


@dataclass(frozen=True)
class Call:
    """A request on its way through a handler."""

    hub: LoopbackHub
    request: Request
    route: Route
    token: Token | None

    def repo(self) -> Repo:
        """The repository the path names, once nothing stands between it and the caller."""
        repo = self.hub.find(self.route.kind, self.route.id)
        if repo is None:
            raise self._redirect() or missing_repo(self.token)
        inside = self.hub.is_inside(repo, self.token)
        gated, disabled_on = self.hub.gated_routes, self.hub.disabled_routes
        check(repo, self.token, self.route.name, inside=inside, gated=gated, disabled_on=disabled_on)
        return repo

    def _redirect(self) -> Refusal | None:
        moved = self.hub.moved_to(self.route.kind, self.route.id, self.token)
        if moved is None:
            return None
        origin, new = moved
        path = self.request.path.replace(f"/{self.route.id}", f"/{new}", 1)
        query = f"?{self.request.query_string}" if self.request.query_string else ""
        return Moved(f"{origin}{self.hub.prefix}{path}{query}")

    def revision(self) -> tuple[Repo, Commit, str, str]:
        """Repository, commit, the revision as spelled, and the path behind it."""
        repo = self.repo()
        spelled, path = take_revision(self.route.rest)
        commit = repo.find(spelled)
        if commit is None:
            raise no_such_revision(spelled)
        return repo, commit, spelled, path

    def next_link(self, query: str) -> str:
        """A ``Link`` header value to the same path with another query."""
        return f'<{self.hub.endpoint}{self.request.path}?{query}>; rel="next"'


class Moved(Refusal):
    """A temporary redirect, relative, in plain text."""

    def __init__(self, location: str) -> None:
        super().__init__(307, f"Temporary Redirect. Redirecting to {location}")
        self.location = location

    def answer(self, *, as_text: bool) -> Answer:
        del as_text
        made = text_answer(self.message, 307)
        made.headers |= {"Location": self.location, "Vary": "Origin, Accept"}
        return made


Handler = Callable[[Call], Answer]


def take_revision(rest: tuple[str, ...]) -> tuple[str, str]:
    """Revision and path of ``main/a/b``; also of an unquoted ``refs/pr/1/a/b``."""
    slashed = len(rest) > _ID_PARTS and rest[0] == "refs" and rest[1] in _SLASHED_REFS
    used = 3 if slashed else 1
    return "/".join(rest[:used]), "/".join(rest[used:])


def match(segments: list[str], known: Callable[[str, str], bool]) -> Route:
    """The route of a path. ``known(kind, id)`` settles whether two segments are an id or an id and an action."""
    if not segments:
        return Route("page", "pages")
    if segments[0] != "api":
        return _match_file(segments, known)
    if len(segments) > 1 and segments[1] in KINDS:
        return _match_repo(KINDS[segments[1]], segments[2:], known)
    return _match_other(segments[1:])


def _match_repo(kind: str, rest: list[str], known: Callable[[str, str], bool]) -> Route:
    if not rest:
        return Route("list", "api", kind)
    name, action, tail = _split_id(kind, rest, REPO_ACTIONS, known)
    return Route(action or "info", "api", kind, name, tail)


def _split_id(
    kind: str, rest: list[str], actions: tuple[str, ...] | list[str], known: Callable[[str, str], bool]
) -> tuple[str, str, tuple[str, ...]]:
    both = "/".join(rest[:_ID_PARTS])
    at_root = len(rest) > 1 and rest[1] in actions and not known(kind, both)
    used = 1 if at_root else _ID_PARTS
    action = rest[used] if len(rest) > used else ""
    if action and action not in actions:
        raise no_page()
    return "/".join(rest[:used]), action, tuple(rest[used + 1 :])


def _match_file(segments: list[str], known: Callable[[str, str], bool]) -> Route:
    kind = KINDS.get(segments[0], "model")
    rest = segments[1:] if segments[0] in KINDS else segments
    if not any(part in FILE_ACTIONS for part in rest[1:3]):
        return Route("page", "pages", kind, "/".join(rest[:_ID_PARTS]))
    name, action, tail = _split_id(kind, rest, FILE_ACTIONS, known)
    return Route(action, "resolvers", kind, name, tail, as_text=True)


_PEOPLE: Final = {
    ("users", "overview"): "user-overview",
    ("users", "followers"): "user-followers",
    ("users", "socials"): "socials",
    ("organizations", "overview"): "organization-overview",
    ("organizations", "members"): "organization-members",
    ("organizations", "followers"): "organization-followers",
    ("organizations", "socials"): "socials",
}
_SINGLE: Final = {
    "trending": "trending",
    "quicksearch": "quicksearch",
    "whoami-v2": "whoami",
    "agent-harnesses": "agent-harnesses",
}


def _match_other(rest: list[str]) -> Route:
    match rest:
        case [name] if name in _SINGLE:
            return Route(_SINGLE[name], "api")
        case [family, name, action] if (family, action) in _PEOPLE:
            return Route(_PEOPLE[family, action], "api", family, name)
        case ["collections", owner, slug]:
            return Route("collection", "api", "collection", f"{owner}/{slug}")
        case ["resolve-cache", plural, namespace, name, *tail] if plural in KINDS:
            found = Route("resolve-cache", "resolvers", KINDS[plural], f"{namespace}/{name}", tuple(tail), as_text=True)
            # a root id has its commit where others have their name
            is_root = len(name) == 40 and all(char in "0123456789abcdef" for char in name)
            return replace(found, id=namespace, rest=(name, *tail)) if is_root else found
    raise no_page()


def quoted(path: str) -> str:
    """A path as the Hub writes it into its own addresses."""
    return quote(path, safe="/")
