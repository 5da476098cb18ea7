"""What one audit of a run found in a file, for the others that come to the same content.

Variants of a model share their tokenizer files, and a batch audits them side by side. The cache on
disk does the same between runs; this works without one, and for audits that run at the same time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from msgspec import Struct, field

MAX_BYTES = 32 * 1024 * 1024
"""Of results kept in memory; the one used longest ago goes first."""

_PATIENCE = 5.0
"""Seconds to wait for another audit's look at the same content before looking as well."""


class RunBlobs(Struct):
    """Bytes by key, at most ``max_bytes`` of them in all; 0 keeps none and makes nobody wait."""

    max_bytes: int = MAX_BYTES
    _kept: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _size: int = 0

    def get(self, key: str) -> bytes | None:
        """What was put under that key, or None."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes; larger ones than a quarter of the bound are not worth the others' place."""
        if key in self._kept or len(data) > self.max_bytes // 4:
            return
        self._kept[key] = data
        self._size += len(data)
        while self._size > self.max_bytes:
            self._size -= len(self._kept.popitem(last=False)[1])

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """One after the other for the same key, so that the second finds what the first put."""
        if not self.max_bytes:
            yield
            return
        lock = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with asyncio.timeout(_PATIENCE):
                await lock.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            lock.release()
