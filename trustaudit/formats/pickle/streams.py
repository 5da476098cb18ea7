"""Pickles back to back in one run of bytes: a file, an archive member, a bytes constant."""

from __future__ import annotations

from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.machine import Ending, PickleMachine
from trustaudit.formats.pickle.sniff import looks_like_pickle

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of a legacy torch file: then follow protocol, system, object, keys, and raw storages."""

TORCH_STREAMS = 5

_PROTO = b"\x80"
LOOK = 4096
"""Bytes behind a STOP that decide whether another pickle follows."""


class PickleStreams:
    """Reads one pickle after the other until something else follows. Fed like a ``PickleMachine``.

    ``streams`` counts those read; ``position`` is the offset of the first byte that belongs to none.
    """

    def __init__(self, facts: PickleFacts, *, offset: int = 0, depth: int = 0) -> None:
        self.facts = facts
        self.streams = 1
        self.ended = False
        self._machine = PickleMachine(facts, offset=offset, depth=depth)
        self._between = False
        self._legacy_torch = False
        self._closed = False
        self._plausible = False

    @property
    def wanted(self) -> int:
        """Offset of the next byte there is a use for."""
        return self._machine.wanted

    @property
    def position(self) -> int:
        """Where the last pickle ended."""
        return self._machine.position

    @property
    def ending(self) -> Ending | None:
        """How the last pickle ended."""
        return self._machine.ending

    @property
    def detail(self) -> str:
        """What was wrong with the last pickle."""
        return self._machine.detail

    @property
    def plausible(self) -> bool:
        """Whether this was a pickle at all: one stream reached STOP or brought a global in."""
        return self._plausible or self._machine.names_seen

    def feed(self, data: bytes, offset: int | None = None) -> None:
        """Hand over ``data``; without ``offset`` it follows what was fed last."""
        if not self.ended:
            self._machine.feed(data, offset)
            self._advance()

    def close(self) -> None:
        """There are no more bytes."""
        if not self.ended:
            self._closed = True
            self._machine.close()
            self._advance()
            self.ended = True

    def _advance(self) -> None:
        while not self.ended and self._machine.ending is not None:
            if self._machine.ending is not Ending.STOP:
                self.ended = True
                return
            self._plausible = True
            self._legacy_torch |= self.streams == 1 and self._machine.result == TORCH_MAGIC
            following = self._machine.unread
            if len(following) < LOOK and not self._closed:
                return
            self._next(following)

    def _next(self, following: bytes) -> None:
        complete = self._closed and len(following) <= LOOK
        all_read = self._legacy_torch and self.streams >= TORCH_STREAMS and following[:1] != _PROTO
        self.ended = all_read or not looks_like_pickle(following[:LOOK], complete=complete)
        if not self.ended and self.streams >= self.facts.limits.streams:
            self.facts.reach("streams")
            self.ended = True
        if not self.ended:
            self._machine = self._machine.fork(stream=self.streams)
            self.streams += 1
            self._announce()
            self._machine.resume()

    def _announce(self) -> None:
        if not self._legacy_torch:
            self.facts.observe(
                "pickle-trailing-stream",
                "another pickle follows; most loaders read only the first",
                offset=self._machine.position,
                stream=str(self.streams - 1),
            )
