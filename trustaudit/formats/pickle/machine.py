"""A pickle machine that is fed bytes and states facts: sans-I/O, total, constant in memory.

    facts = PickleFacts(limits, member="archive/data.pkl")
    machine = PickleMachine(facts)
    event = machine.feed(first_bytes)
    while event is Event.NEED_DATA:
        event = machine.feed(bytes_at(machine.wanted), machine.wanted) or, at the end of the input, machine.close()

Whoever can seek reads at ``wanted`` (it jumps over large payloads); whoever cannot (an
inflating archive) feeds everything in order. Both see the same facts, whatever the chunk
sizes. ``pump`` (inspector.py) is this loop for a file that is read through ``Read``.
"""

from __future__ import annotations

from enum import StrEnum

from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.values import Instance


class Event(StrEnum):
    """Why the machine handed control back."""

    NEED_DATA = "need-data"
    PAUSED = "paused"
    ENDED = "ended"


class Ending(StrEnum):
    """How a stream ended. ``truncated``: the input was closed before STOP."""

    STOP = "stop"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    LIMIT = "limit"


class PickleMachine:
    """Executes one pickle stream symbolically. Facts go to ``facts`` as they happen, so none is lost to a later error.

    ``offset`` is the position of the stream's first byte in its file or member; all offsets
    reported are counted like it. ``watch`` names classes and functions, as (module, name),
    whose results are kept as ``Instance`` with arguments and state. ``pause_on`` (a subset)
    makes the machine return ``Event.PAUSED`` directly after the BUILD of such an instance:
    joblib writes raw array bytes there. ``paused_on`` is then that instance and
    ``position`` the offset after the BUILD opcode.
    """

    position: int
    wanted: int
    paused_on: Instance | None
    ending: Ending | None
    detail: str

    def __init__(  # noqa: PLR0913 - each names a circumstance of the stream, keyword only
        self,
        facts: PickleFacts,
        *,
        offset: int = 0,
        stream: int = 0,
        depth: int = 0,
        watch: frozenset[tuple[str, str]] = frozenset(),
        pause_on: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        raise NotImplementedError

    def feed(self, data: bytes, offset: int | None = None) -> Event:
        """Hand over ``data``, which starts at ``offset`` (default: where the last data ended), and run on.

        Bytes before ``wanted`` are ignored; a gap after it is a ValueError.
        """
        raise NotImplementedError

    def resume(self) -> Event:
        """Run on after PAUSED with what is already there."""
        raise NotImplementedError

    def close(self) -> Event:
        """There are no more bytes. Always returns ENDED (PAUSED only if bytes already fed lead there)."""
        raise NotImplementedError

    def take(self, count: int) -> bytes:
        """Remove up to ``count`` bytes that were fed but not read yet. For raw data while PAUSED."""
        raise NotImplementedError

    def skip(self, count: int) -> None:
        """Go on reading opcodes ``count`` bytes later: ``position`` and ``wanted`` move. For raw data while PAUSED."""
        raise NotImplementedError

    def fork(self, *, stream: int | None = None) -> PickleMachine:
        """A fresh machine (empty stack and memo, same facts and watch) that takes over the unread bytes at ``position``.

        After ENDED it reads the next stream of the file; while PAUSED it reads a pickle that
        is embedded there (joblib's object arrays), then ``join`` hands the rest back.
        """
        raise NotImplementedError

    def join(self, inner: PickleMachine) -> None:
        """Go on where ``inner``, a fork that has ended, stopped reading."""
        raise NotImplementedError
