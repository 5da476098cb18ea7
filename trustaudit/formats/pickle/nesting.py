"""Pickles inside the constants of a pickle."""

from __future__ import annotations

from trustaudit.formats.pickle.facts import PickleFacts
from trustaudit.formats.pickle.payload import Reader
from trustaudit.formats.pickle.values import Folded

MAX_REREAD = 16 * 1024 * 1024
"""Bytes read because a loader is called with them. A stream can call one with the same constant again and again."""

PROTO_BYTE = b"\x80"


class Nesting:
    """Reads constants as pickles of the given ``depth``; their facts join those of the outer stream."""

    def __init__(self, facts: PickleFacts, depth: int) -> None:
        self._facts = facts
        self._depth = depth
        self._reread = 0

    def constant(self, raw: bytes, offset: int) -> None:
        """A bytes constant starts like a modern pickle: read it where it stands, if it is one."""
        if _is_modern(raw) and not self._too_much():
            self._read(raw, offset)

    def argument(self, raw: bytes, offset: int) -> bool:
        """A loader is called with ``raw``: whether it is a pickle. Read it unless ``constant`` has."""
        if type(raw) is not Folded and _is_modern(raw):
            return True
        self._reread += len(raw)
        return bool(raw) and not self._too_much() and self._read(raw, offset)

    def open(self, head: bytes, offset: int) -> Reader | None:
        """Who reads a longer constant as a pickle, if its beginning looks like one."""
        from trustaudit.formats.pickle.sniff import looks_like_pickle  # noqa: PLC0415 - a pickle may hold pickles
        from trustaudit.formats.pickle.streams import PickleStreams  # noqa: PLC0415 - a pickle may hold pickles

        if not looks_like_pickle(head, complete=False) or self._too_much():
            return None
        return PickleStreams(self._facts, offset=offset, depth=self._depth)

    def _read(self, raw: bytes, offset: int) -> bool:
        from trustaudit.formats.pickle.streams import PickleStreams  # noqa: PLC0415 - a pickle may hold pickles

        reader = PickleStreams(self._facts, offset=offset, depth=self._depth)
        reader.feed(raw)
        reader.close()
        return reader.plausible

    def _too_much(self) -> bool:
        too_much = self._depth > self._facts.limits.nesting or self._reread > MAX_REREAD
        if too_much:
            self._facts.reach("nesting")
        return too_much


def _is_modern(raw: bytes) -> bool:
    from trustaudit.formats.pickle.sniff import looks_like_pickle  # noqa: PLC0415 - a pickle may hold pickles

    return raw.startswith(PROTO_BYTE) and looks_like_pickle(raw, complete=True)
