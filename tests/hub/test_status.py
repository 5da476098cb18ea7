from __future__ import annotations

import json

import pytest

from trustaudit import errors
from trustaudit.facts import Reason
from trustaudit.hub.exchange import Answer
from trustaudit.hub.status import About, Subject, check, error_of

NAME = "org/name"


def answer(
    status: int, message: str | None = None, code: str = "", *, body: bytes | None = None, **headers: str
) -> Answer:
    named = {"x-error-code": code, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if message is not None:
        named["x-error-message"] = message
        body = json.dumps({"error": message}).encode()
    return Answer(status, {name: value for name, value in named.items() if value}, body or b"")


MISSING = "Invalid username or password."
RESTRICTED = "Access to model x is restricted. You must have access to it and be authenticated."


@pytest.mark.parametrize(
    ("given", "about", "token", "kind"),
    [
        (answer(401, MISSING), About.REPO, False, errors.RepoNotFoundError),
        (answer(401, MISSING), About.REPO, True, errors.RepoNotFoundError),
        (answer(401, MISSING), About.PART, False, errors.RepoNotFoundError),
        (answer(404, "Repository not found", "RepoNotFound"), About.REPO, True, errors.RepoNotFoundError),
        (answer(404, "Repository not found"), About.PART, True, errors.RepoNotFoundError),
        (answer(401, "Invalid credentials in Authorization header"), About.REPO, True, errors.UnauthorizedError),
        (answer(401, "Invalid credentials in Authorization header"), About.REPO, False, errors.RepoNotFoundError),
        (answer(401, RESTRICTED, "GatedRepo"), About.PART, False, errors.GatedRepoError),
        (answer(403, RESTRICTED, "GatedRepo"), About.PART, True, errors.GatedRepoError),
        (answer(403, "Access to this resource is disabled."), About.REPO, False, errors.DisabledRepoError),
        (answer(451), About.REPO, False, errors.DisabledRepoError),
        (answer(403, "no"), About.REPO, True, errors.ForbiddenError),
        (answer(404, "Invalid rev id: x", "RevisionNotFound"), About.REPO, False, errors.RevisionNotFoundError),
        (answer(404, "Entry not found", "EntryNotFound"), About.PART, False, errors.EntryNotFoundError),
        (answer(404, "This user does not exist"), About.OWNER, False, errors.OwnerNotFoundError),
        (answer(404, body=b"<html>404</html>"), About.OWNER, False, errors.NotImplementedByHubError),
        (answer(404, body=b'{"detail":"Not Found"}'), About.OWNER, False, errors.NotImplementedByHubError),
        (answer(401, MISSING), About.OWNER, False, errors.UnauthorizedError),
        (
            answer(404, "Sorry, we can't find the page you are looking for."),
            About.PART,
            False,
            errors.NotImplementedByHubError,
        ),
        (answer(404, body=b"404 page not found"), About.REPO, False, errors.NotImplementedByHubError),
        (answer(404, "Model not found"), About.REPO, False, errors.RepoNotFoundError),
        (answer(405), About.PART, False, errors.NotImplementedByHubError),
        (answer(501), About.PART, False, errors.NotImplementedByHubError),
        (answer(400, "expand is not valid"), About.REPO, False, errors.BadRequestError),
        (answer(408), About.REPO, False, errors.HubTimeoutError),
        (answer(416), About.PART, False, errors.RangeRefusedError),
        (answer(429, "We had to rate limit your IP (203.0.113.9)."), About.REPO, False, errors.RateLimitedError),
        (answer(500, "Internal Error"), About.REPO, False, errors.HubTroubleError),
        (answer(503), About.REPO, False, errors.HubTroubleError),
        (answer(522), About.REPO, False, errors.HubTroubleError),
        (answer(418), About.REPO, False, errors.BadAnswerError),
        (answer(204), About.REPO, False, errors.BadAnswerError),
        (answer(304), About.REPO, False, errors.BadAnswerError),
    ],
)
def test_each_case_has_its_own_error(given: Answer, about: About, token: bool, kind: type[errors.HubError]) -> None:
    error = error_of(given, Subject(about, NAME, token))
    assert type(error) is kind
    assert error.status == given.status


def test_a_missing_repository_is_never_called_an_authentication_failure() -> None:
    for token in (False, True):
        error = error_of(answer(401, MISSING), Subject(About.REPO, NAME, token))
        assert error.what == f"{NAME} does not exist, is private, or was removed"
        words = error.diagnostics().lower()
        assert "authentication" not in words
        assert "password" not in words
        assert error.reason is Reason.MISSING_OR_PRIVATE


def test_the_callers_address_stays_out_of_rate_limit_errors() -> None:
    error = error_of(answer(429, "We had to rate limit your IP (203.0.113.9)."), Subject(About.REPO, NAME))
    assert "203.0.113.9" not in error.diagnostics()


def test_errors_carry_the_request_id_and_printable_words_only() -> None:
    given = answer(400, "a\x1b[31mred\u202e" + "x" * 5000, x_request_id="Root=1-6a\x07")
    error = error_of(given, Subject(About.REPO, NAME))
    assert error.request_id == "Root=1-6a"
    assert error.diagnostics().replace("\n", "").isprintable()
    assert len(error.cause) < 300


def test_a_success_passes() -> None:
    given = answer(200)
    assert check(given, Subject(About.REPO, NAME)) is given
