"""The info answer: how it is asked for, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from msgspec.structs import replace
from pydantic import TypeAdapter

from trustaudit.errors import BadRequestError, HubError, RepoNotFoundError
from trustaudit.facts import Frozen
from trustaudit.hub import convert, questions, wire
from trustaudit.hub.asking import Asker, Told
from trustaudit.hub.questions import Question
from trustaudit.refs import DEFAULT_BRANCH, RepoRef
from trustaudit.snapshot import FileList, RepoInfo

T = TypeVar("T")


class InfoAnswer(Frozen):
    """The info answer: the repository and its file list (without scanner verdicts).

    ``listed``: from a page of a list, which names files without sizes and hashes, and has no scan roll-up.
    """

    info: RepoInfo
    files: FileList
    listed: bool = False


async def ask_info(ref: RepoRef, asker: Asker, *, fresh: bool = False) -> InfoAnswer:
    """Repository facts at ``ref.revision``. Mirrors that refuse a parameter are asked again with fewer."""
    question = replace(questions.info(ref), fresh=fresh)
    fewer = (question, question.without("securityStatus"), question.without("securityStatus", "blobs"))
    try:
        told = await first_accepted(asker, dict.fromkeys(fewer), reader(wire.INFO), BadRequestError)
    except RepoNotFoundError as error:
        if ref.revision is None and _knows_revisions_only(error):
            return await ask_info(ref.at(DEFAULT_BRANCH), asker, fresh=fresh)
        raise
    return InfoAnswer(info=convert.repo_info(told.value), files=convert.siblings(told.value))


async def first_accepted(
    asker: Asker,
    asked: Iterable[Question],
    read: Callable[[Any], T],
    *refusals: type[HubError],
    keep: Callable[[T], timedelta | None] | None = None,
) -> Told[T]:
    """The first question the Hub accepts; the first refusal when it accepts none."""
    refused: HubError | None = None
    for question in asked:
        try:
            return await asker.json(question, read, keep)
        except refusals as error:
            refused = refused or error
    raise refused or BadRequestError("nothing was asked")


def reader(kind: TypeAdapter[T]) -> Callable[[Any], T]:
    """JSON values as that wire model."""
    return lambda value: wire.parse(kind, value)


def _knows_revisions_only(error: RepoNotFoundError) -> bool:
    """Mirrors of git repositories answer only below ``/revision/``. The public Hub's 401 carries no code."""
    return error.status == HTTPStatus.UNAUTHORIZED and bool(error.code)
