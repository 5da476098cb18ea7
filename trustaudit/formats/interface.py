"""The contract between inspectors and whoever has the bytes.

An inspector is a generator: it yields a ``Read`` (the byte range it wants), is sent exactly
those bytes (fewer only at the end of the file), and returns an ``Inspection``. It never
opens, downloads or seeks anything itself, so a downloaded folder, a test's bytes and a
15 GB file behind HTTP run the same code (``drivers.py``).

When a read cannot be served the driver *throws* ``ReadRefusedError`` into the generator. It
travels up through nested ``yield from``; whoever holds partial results catches it and
returns them with coverage ``partial`` and the reason. An inspector that lets it escape
loses its findings, and a test fails.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from msgspec import Struct

from trustaudit.errors import TrustAuditError
from trustaudit.facts import Reason
from trustaudit.filefacts import Inspection


class Read(Struct, frozen=True):
    """``length`` bytes from ``offset``. Both are non-negative; the driver clips at the end of the file."""

    offset: int
    length: int


class ReadRefusedError(TrustAuditError):
    """The bytes cannot be had: budget spent, server ignored Range, connection lost for good."""

    def __init__(self, what: str, reason: Reason) -> None:
        super().__init__(what)
        self.reason = reason


class Limits(Struct, frozen=True):
    """Every bound of parsing. Reaching one is ``partial`` coverage that names the limit, never a verdict.

    ``opcodes`` is far above real optimizer states (millions); memory stays constant anyway.
    """

    opcodes: int = 50_000_000
    stack: int = 1_000_000
    memo: int = 2_000_000
    nesting: int = 4
    streams: int = 64
    members: int = 200_000
    archive_depth: int = 3
    inflated_bytes: int = 512 * 1024 * 1024
    inflate_ratio: int = 100
    globals: int = 20_000
    observations: int = 2_000
    argument_chars: int = 200


class Meter(Struct):
    """What one top-level file has cost so far, summed over everything nested in it.

    Shared by reference between a file and its members, so that a thousand small bombs count
    as one large one. A driver starts each run with a fresh meter.
    """

    inflated: int = 0
    members: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """The file an inspector looks at: its path (a hint, never evidence) and its size in bytes.

    ``depth`` counts the containers around it. ``near`` says that scattered small reads cost
    nothing (memory, local disk): then evidence is gathered that is not worth a request.
    ``forward`` says that the bytes come out of a decompressor: reads should not go back by
    more than a few MiB, and ``size`` is only an upper bound.
    """

    path: str
    size: int
    limits: Limits = field(default_factory=Limits)
    depth: int = 0
    near: bool = False
    forward: bool = False
    meter: Meter = field(default_factory=Meter, compare=False)


Inspecting = Generator[Read, bytes, Inspection]
"""What an inspector function returns: yields Reads, is sent bytes, returns an Inspection."""

Inspector = Callable[[Source], Inspecting]
