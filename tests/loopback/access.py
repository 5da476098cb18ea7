"""Who is asking, and the Hub's exact words for every refusal."""

from __future__ import annotations

from dataclasses import dataclass

from .message import Answer, Request, json_answer, text_answer
from .repo import Repo

CHALLENGE = 'Bearer realm="Authentication required", charset="UTF-8"'
NO_LOGIN = "Invalid username or password."
BAD_TOKEN = "Invalid credentials in Authorization header"
NO_PAGE = "Sorry, we can't find the page you are looking for."


@dataclass(frozen=True)
class Token:
    """A token the Hub accepts. ``grants`` are ids of repositories it may read although private or gated."""

    value: str
    user: str
    plan: str = "free"
    grants: frozenset[str] = frozenset()


class Refusal(Exception):  # noqa: N818 - an answer, not a defect
    """An error answer: status, words, and the X-Error-Code if the Hub sends one there."""

    def __init__(
        self, status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}

    def answer(self, *, as_text: bool) -> Answer:
        """JSON on API routes, plain text on /resolve and /raw."""
        made = text_answer(self.message, self.status) if as_text else json_answer({"error": self.message}, self.status)
        made.headers["X-Error-Message"] = self.message
        if self.code:
            made.headers["X-Error-Code"] = self.code
        if self.status == 401:
            made.headers["WWW-Authenticate"] = CHALLENGE
        made.headers.update(self.headers)
        return made


def missing_repo(token: Token | None) -> Refusal:
    """Missing, private and deleted look alike: 401 for strangers, 404 with a token."""
    return Refusal(401, NO_LOGIN) if token is None else Refusal(404, "Repository not found", "RepoNotFound")


def no_such_revision(revision: str) -> Refusal:
    return Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def no_such_path(path: str, revision: str) -> Refusal:
    return Refusal(404, f'{path} does not exist on "{revision}"', "EntryNotFound")


def no_page() -> Refusal:
    return Refusal(404, NO_PAGE)


def invalid_option(valid: list[str], where: str) -> Refusal:
    """400 that lists what would have been valid."""
    options = "|".join(f'"{name}"' for name in valid)
    return Refusal(400, f"✖ Invalid option: expected one of {options}\n  → at {where}")


def gate(repo: Repo, token: Token | None) -> Refusal:
    """The refusal of a gated repository's files and history."""
    about = f"Access to {repo.kind} {repo.id} is restricted"
    if token is None:
        words = f"{about}. You must have access to it and be authenticated to access it. Please log in."
        return Refusal(401, words, "GatedRepo")
    words = f"{about} and you are not in the authorized list. Visit https://huggingface.co/{repo.id} to ask for access."
    return Refusal(403, words, "GatedRepo")


def disabled() -> Refusal:
    return Refusal(403, "Access to this resource is disabled.")


def identify(request: Request, tokens: dict[str, Token]) -> Token | None:
    """The caller's token; None for anonymous. An unknown token is refused outright."""
    sent = request.headers.get("authorization")
    if sent is None:
        return None
    known = tokens.get(request.bearer or "")
    if known is None:
        raise Refusal(401, BAD_TOKEN)
    return known


def may_read(repo: Repo, token: Token | None, members: frozenset[str]) -> bool:
    """Whether the caller is inside: the owner, a member of the owning organization, or granted."""
    return token is not None and (token.user == repo.namespace or token.user in members or repo.id in token.grants)


def check(repo: Repo, token: Token | None, route: str, *, inside: bool, gated: set[str], disabled_on: set[str]) -> None:
    """Raise the refusal that stands between this caller and this route of a repository."""
    if repo.private and not inside:
        raise missing_repo(token)
    if repo.gated and route in gated and not inside:
        raise gate(repo, token)
    if repo.disabled and route in disabled_on:
        raise disabled()
