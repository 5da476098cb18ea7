"""How every fact is stored: known, unavailable with a reason, or not applicable.

The three never merge. "We could not look" must not read as "we looked and it was fine",
so a check is handed the reason for an absence in the type of the fact itself.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

T = TypeVar("T")


class Frozen(BaseModel):
    """Base of every value that travels: immutable, and strict about unknown keys.

    Collections inside are tuples: ``frozen`` is shallow and a list would defeat it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(StrEnum):
    """Why something could not be seen. One word per cause, stable in JSON output."""

    MISSING_OR_PRIVATE = "missing-or-private"
    GATED = "gated"
    DISABLED = "disabled"
    REVISION_NOT_FOUND = "revision-not-found"
    ENTRY_NOT_FOUND = "entry-not-found"
    OWNER_NOT_FOUND = "owner-not-found"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad-request"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server-error"
    OFFLINE = "offline"
    BAD_ANSWER = "bad-answer"
    TOO_LARGE = "too-large"
    REDIRECT_REFUSED = "redirect-refused"
    RANGE_REFUSED = "range-refused"
    NOT_IMPLEMENTED = "not-implemented"
    NOT_RECORDED = "not-recorded"
    NOT_REQUESTED = "not-requested"
    NOT_PROVIDED = "not-provided"
    BUDGET_SPENT = "budget-spent"
    UNSUPPORTED_FORMAT = "unsupported-format"
    INTERNAL = "internal"


class Known(Frozen, Generic[T]):
    """A fact that was seen, with its value."""

    state: Literal["known"] = "known"
    value: T


class Unavailable(Frozen):
    """A fact that could not be seen. ``detail`` is one sentence for a person."""

    state: Literal["unavailable"] = "unavailable"
    reason: Reason
    detail: str = ""


class NotApplicable(Frozen):
    """A fact that this kind of repository does not have."""

    state: Literal["not_applicable"] = "not_applicable"
    why: str = ""


Fact = TypeAliasType(
    "Fact",
    Annotated[Known[T] | Unavailable | NotApplicable, Field(discriminator="state")],
    type_params=(T,),
)
"""``Fact[X]`` is the annotation of a fact whose value has type X."""


def value_of(fact: Known[T] | Unavailable | NotApplicable) -> T | None:
    """The value of a known fact, else None. For callers to whom every absence is alike."""
    return fact.value if isinstance(fact, Known) else None
