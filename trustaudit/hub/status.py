"""From a status code to the one error that says what happened.

The Hub's own code (``X-Error-Code``) decides first, then its messages, then the status. A
missing repository is answered like a private one: 401 to the anonymous, 404 with a token.
"""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from msgspec import Struct

from trustaudit.errors import (
    BadAnswerError,
    BadRequestError,
    DisabledRepoError,
    EntryNotFoundError,
    ForbiddenError,
    GatedRepoError,
    HubError,
    HubTimeoutError,
    HubTroubleError,
    NotImplementedByHubError,
    OwnerNotFoundError,
    RangeRefusedError,
    RateLimitedError,
    RepoNotFoundError,
    RevisionNotFoundError,
    UnauthorizedError,
)
from trustaudit.hub.answers import message_of, request_id
from trustaudit.hub.exchange import Answer


class About(StrEnum):
    """What a question is about: the same status means different things."""

    REPO = "repository"
    PART = "part of a repository"
    OWNER = "owner"
    LIST = "list"


class Subject(Struct, frozen=True):
    """What was asked: the kind, the name for a person, and whether a token went along."""

    about: About
    name: str
    authenticated: bool = False


_UNSEEN = "does not exist, is private, or was removed"
_UNSEEN_CAUSE = "the Hub gives the same answer for all three"
_TOKEN_CAUSE = f"{_UNSEEN_CAUSE}, and for a token that is not valid"

_CODES: dict[str, tuple[type[HubError], str]] = {
    "reponotfound": (RepoNotFoundError, _UNSEEN),
    "gatedrepo": (GatedRepoError, "is gated"),
    "revisionnotfound": (RevisionNotFoundError, "has no such revision"),
    "entrynotfound": (EntryNotFoundError, "has no such file at this revision"),
    "disabledrepo": (DisabledRepoError, "is disabled"),
}
_DISABLED = "access to this resource is disabled"
_BAD_TOKEN = ("invalid credentials", "invalid token", "token is expired", "token has expired", "invalid user token")
_NOT_SEEN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_ABSENT = frozenset({HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})


def check(answer: Answer, subject: Subject) -> Answer:
    """The answer when it is a success. Raises the error it stands for otherwise."""
    if answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return answer
    raise error_of(answer, subject)


def error_of(answer: Answer, subject: Subject) -> HubError:
    """The error an unsuccessful answer stands for."""
    error = _by_code(answer, subject) or _by_message(answer, subject) or _by_status(answer, subject)
    error.status, error.request_id = answer.status, request_id(answer)
    error.code = answer.header("x-error-code").strip()
    return error


def is_missing_owner(answer: Answer) -> bool:
    """404 in the Hub's own words; a Hub without the endpoint has other words, or none."""
    return answer.status == HTTPStatus.NOT_FOUND and bool(message_of(answer))


def _by_code(answer: Answer, subject: Subject) -> HubError | None:
    known = _CODES.get(answer.header("x-error-code").strip().lower())
    if known is None or answer.status < HTTPStatus.BAD_REQUEST:
        return None
    return known[0](f"{subject.name} {known[1]}", cause=_unseen_cause(subject) if known[1] == _UNSEEN else None)


def _by_message(answer: Answer, subject: Subject) -> HubError | None:
    message = message_of(answer).lower()
    if _DISABLED in message or answer.status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        return DisabledRepoError(f"{subject.name} is disabled")
    refused = answer.status == HTTPStatus.UNAUTHORIZED and any(text in message for text in _BAD_TOKEN)
    return UnauthorizedError("the Hub refused the token") if refused and subject.authenticated else None


def _by_status(answer: Answer, subject: Subject) -> HubError:
    status, name = answer.status, subject.name
    if status in _NOT_SEEN:
        return _not_seen(answer, subject)
    if status in _ABSENT:
        return NotImplementedByHubError(f"this Hub cannot tell about {name}")
    if status == HTTPStatus.TOO_MANY_REQUESTS:  # the Hub's text is left out: it names the caller's address
        return RateLimitedError("the Hub's quota is used up")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HubTroubleError(f"the Hub answered {status} when asked about {name}")
    return _refused(answer, subject)


def _refused(answer: Answer, subject: Subject) -> HubError:
    message = message_of(answer)
    said = f"the Hub said: {message}" if message else None
    if answer.status == HTTPStatus.BAD_REQUEST:
        return BadRequestError(f"the Hub did not accept the question about {subject.name}", cause=said)
    if answer.status == HTTPStatus.FORBIDDEN:
        return ForbiddenError(f"the Hub refuses access to {subject.name}", cause=said or _refusal_cause(subject))
    if answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return HubTimeoutError("the Hub waited too long for our request")
    if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return RangeRefusedError(f"the Hub has no such byte range of {subject.name}")
    return BadAnswerError(f"the Hub answered {answer.status} when asked about {subject.name}")


def _refusal_cause(subject: Subject) -> str | None:
    return None if subject.authenticated else "no token was sent, or something between here and the Hub refuses"


def _not_seen(answer: Answer, subject: Subject) -> HubError:
    """401, 404 and 410 without a code."""
    if subject.about in (About.OWNER, About.LIST):
        return _no_owner(answer, subject)
    message = message_of(answer).lower()
    unseen = answer.status == HTTPStatus.UNAUTHORIZED or "repository not found" in message
    if unseen or (subject.about is About.REPO and message):
        return RepoNotFoundError(f"{subject.name} {_UNSEEN}", cause=_unseen_cause(subject))
    return NotImplementedByHubError(f"this Hub cannot tell about {subject.name}")


def _unseen_cause(subject: Subject) -> str:
    return _TOKEN_CAUSE if subject.authenticated else _UNSEEN_CAUSE


def _no_owner(answer: Answer, subject: Subject) -> HubError:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return UnauthorizedError(
            f"the Hub tells about {subject.name} only to accounts it knows",
            cause="the token that was sent is not valid" if subject.authenticated else "no token was sent",
            advice=None if subject.authenticated else "set HF_TOKEN",
        )
    if is_missing_owner(answer):
        return OwnerNotFoundError(f"there is no {subject.name}")
    return NotImplementedByHubError(f"this Hub cannot tell about {subject.name}")
