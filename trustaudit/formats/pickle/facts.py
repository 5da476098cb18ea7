"""What a pickle machine learned, collected as it runs: bounded, de-duplicated, shared by streams and nested pickles."""

from __future__ import annotations

from trustaudit.filefacts import Observation, PickleGlobal
from trustaudit.formats.interface import Limits


class PickleFacts:
    """Globals, observations and reached limits of one file or archive member."""

    def __init__(self, limits: Limits, *, member: str = "") -> None:
        raise NotImplementedError

    @property
    def globals(self) -> tuple[PickleGlobal, ...]:
        """Every global by first offset: one entry per name, use and distinguishing arguments."""
        raise NotImplementedError

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Structural facts in the order they were made."""
        raise NotImplementedError

    @property
    def limits_reached(self) -> tuple[str, ...]:
        """Names of the limits that cut the inspection short; not empty means coverage is ``partial``."""
        raise NotImplementedError

    def observe(self, kind: str, message: str, *, offset: int | None = None, length: int | None = None, **data: str) -> None:
        """Add an observation; containers use it for what they see around the stream."""
        raise NotImplementedError

    def reach(self, limit: str) -> None:
        """Note that a limit was reached."""
        raise NotImplementedError
