"""Following redirects by hand.

Metadata stays on the Hub's own origin. A file may lead to a CDN, whose address is signed:
it is kept in memory for later ranges and goes nowhere else. The token is added by origin in
``network.py``; whoever left the Hub does not come back with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from trustaudit.errors import (
    BadAnswerError,
    BudgetSpentError,
    ForbiddenError,
    HubError,
    HubTroubleError,
    RangeRefusedError,
    RateLimitedError,
    RedirectRefusedError,
)
from trustaudit.hub.exchange import Answer, Bucket, Exchange, Request
from trustaudit.hub.meter import Account
from trustaudit.hub.redirects import MAX_HOPS, Endpoint

if TYPE_CHECKING:
    from trustaudit.snapshot import Redirect

Check = Callable[[Answer], None]

_CACHE_PATH = "/api/resolve-cache/"
_KEEPS_METHOD = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})


@dataclass(frozen=True, slots=True)
class Arrival:
    """The last answer of a chain, the address that gave it, and the hops that are facts."""

    answer: Answer
    url: str = field(repr=False)
    hops: tuple[Redirect, ...] = ()
    elsewhere: bool = False


async def travel(
    exchange: Exchange, endpoint: Endpoint, request: Request, account: Account, check: Check | None = None
) -> Arrival:
    """Send, and follow at most ``MAX_HOPS`` redirects. ``check`` sees each answer of the Hub itself."""
    hops: list[Redirect] = []
    for _ in range(MAX_HOPS + 1):
        if request.bucket is Bucket.API and not account.claim_question():
            raise BudgetSpentError("no more questions are allowed here")
        answer = await exchange.send(request, account)
        elsewhere = request.bucket is Bucket.CDN
        if check is not None and not elsewhere:
            check(answer)
        if not answer.is_redirect:
            return Arrival(answer, request.url, tuple(hops), elsewhere)
        onward = _next(endpoint, request, answer)
        hops.extend(_facts(endpoint, request, onward, answer))
        request = onward
    raise RedirectRefusedError(f"more than {MAX_HOPS} redirects one after the other")


def _next(endpoint: Endpoint, request: Request, answer: Answer) -> Request:
    location = answer.header("location")
    if request.method == "POST" and answer.status not in _KEEPS_METHOD:
        raise BadAnswerError(f"a question with a body was redirected with status {answer.status}")
    if request.bucket is Bucket.API:
        return replace(request, url=endpoint.follow_own(request.url, location))
    target = endpoint.follow(request.url, location)
    if not endpoint.owns(target):
        return replace(request, url=target, bucket=Bucket.CDN)
    if request.bucket is Bucket.CDN:
        raise RedirectRefusedError("another host redirects back to the Hub")
    return replace(request, url=target)


def _facts(endpoint: Endpoint, request: Request, onward: Request, answer: Answer) -> list[Redirect]:
    """A hop as a fact, unless it is how every file is served: from the Hub's cache or a CDN."""
    to_path = endpoint.path_of(onward.url)
    if onward.bucket is Bucket.CDN or to_path.startswith(_CACHE_PATH):
        return []
    from trustaudit.snapshot import Redirect  # noqa: PLC0415 - the first question does not wait for it

    return [Redirect(status=answer.status, from_path=endpoint.path_of(request.url), to_path=to_path)]


def store_error(answer: Answer, name: str) -> HubError:
    """What an unsuccessful answer of a CDN stands for; it knows nothing of repositories."""
    status = answer.status
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return RangeRefusedError(f"there is no such byte range of {name}", status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitedError("the file store's quota is used up", status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HubTroubleError(f"the file store answered {status} when asked for {name}", status=status)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return ForbiddenError(
            f"the file store refuses {name}",
            cause="the signed address expired, or the store's region is blocked",
            status=status,
        )
    return BadAnswerError(f"the file store answered {status} when asked for {name}", status=status)
