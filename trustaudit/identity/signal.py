"""One signal of the publisher score."""

from __future__ import annotations

from msgspec import Struct

UNKNOWN = "unknown"


class Signal(Struct, frozen=True):
    """What was looked at, what was seen, and the points it is worth."""

    name: str
    value: str
    points: int


def unknown(name: str) -> Signal:
    """A signal whose facts are not there: it adds nothing."""
    return Signal(name, UNKNOWN, 0)
