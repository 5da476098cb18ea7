"""A remote file as bounded random access."""

from __future__ import annotations


class RemoteFile:
    """One file at one commit, read by byte ranges."""

    bytes_read: int
    requests: int

    async def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, fewer only at the end. Raises only ReadRefusedError."""
        raise NotImplementedError
