"""Answers and blobs on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """The cache folder: how many entries, how many bytes, the time of the oldest."""

    path: Path
    entries: int
    bytes: int
    oldest: datetime | None


class AnswerCache:
    """Answers of a Hub, and blobs that callers keep."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder, self.max_bytes = folder, max_bytes

    def info(self) -> CacheInfo:
        """Size and age."""
        raise NotImplementedError

    def clear(self) -> int:
        """Remove everything; returns the number of entries removed."""
        raise NotImplementedError

    def get_blob(self, key: str) -> bytes | None:
        """What was put under that key, or None."""
        raise NotImplementedError

    def put_blob(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, until evicted."""
        raise NotImplementedError
