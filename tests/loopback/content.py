"""File contents: real bytes, or huge files that exist only where somebody looks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

# Hashing zeros runs at about 1 GB/s here; beyond this size a digest is derived instead, and said so.
HASHED_IN_FULL = 64 * 2**20
_STEP = 2**20


class Content(Protocol):
    """What an answer's body is read from: any part of it, without holding it whole."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes: ...


class Bytes:
    """A body that is simply there."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + length]


class Blob:
    """One file's content: ``data`` at its start, ``segments`` and ``suffix`` where stated, zeros elsewhere.

    ``size`` may be 15 GB: nothing is allocated. The SHA-256 of up to 64 MiB is the true one; a larger
    file has the stated ``sha256`` or one derived from its description, which no real download would match.
    ``lfs`` and ``xet`` decide how the Hub stores it; ``lfs=None`` leaves that to the file's name and size.
    """

    def __init__(
        self,
        data: bytes = b"",
        *,
        size: int | None = None,
        suffix: bytes = b"",
        segments: Mapping[int, bytes] | None = None,
        sha256: str | None = None,
        lfs: bool | None = None,
        xet: bool = True,
    ) -> None:
        parts = {0: data, **(segments or {})}
        end = max(start + len(part) for start, part in parts.items())
        self.size = end + len(suffix) if size is None else size
        if self.size < end:
            raise ValueError(f"segments reach to {end}, beyond the stated size of {self.size}")
        parts[self.size - len(suffix)] = suffix or parts.get(self.size, b"")
        self._parts = sorted(item for item in parts.items() if item[1])
        self._stated_sha256 = sha256
        self.lfs = lfs
        self.xet = xet

    def read(self, offset: int, length: int) -> bytes:
        """Bytes ``offset`` to ``offset + length``, clipped to the end."""
        end = min(offset + length, self.size)
        window = bytearray(max(end - offset, 0))
        for start, part in self._parts:
            low, high = max(start, offset), min(start + len(part), end)
            if low < high:
                window[low - offset : high - offset] = part[low - start : high - start]
        return bytes(window)

    def save(self, path: Path) -> None:
        """As a sparse file: the zeros take no room on the disk."""
        with path.open("wb") as file:
            for start, part in self._parts:
                file.seek(start)
                file.write(part)
            file.truncate(self.size)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content, hex; stated or derived beyond 64 MiB."""
        return self._stated_sha256 or self._digest("sha256", b"")

    @cached_property
    def git_oid(self) -> str:
        """SHA-1 of the git blob object holding this content itself."""
        return self._digest("sha1", b"blob %d\x00" % self.size)

    @cached_property
    def xet_hash(self) -> str:
        """64 hex digits that are not the SHA-256: real ones are Merkle roots over chunks."""
        return hashlib.blake2b(self.sha256.encode(), digest_size=32).hexdigest()

    def _digest(self, algorithm: str, head: bytes) -> str:
        digest = hashlib.new(algorithm, head, usedforsecurity=False)
        if self.size > HASHED_IN_FULL:
            digest.update(repr((self.size, self._parts)).encode())
            return digest.hexdigest()
        for offset in range(0, self.size, _STEP):
            digest.update(self.read(offset, _STEP))
        return digest.hexdigest()


def as_blob(value: bytes | str | Blob) -> Blob:
    """A Blob of whatever a test found natural to write."""
    if isinstance(value, Blob):
        return value
    return Blob(value.encode() if isinstance(value, str) else value)
