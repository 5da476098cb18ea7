"""The count of permits in one window, without a database: what is left, after what was told and what is asked for.

Safe before full: the numbers that the Hub tells are older than the permits that are under way, so they only ever
lower what is left. In a window, permits handed out and requests the Hub has counted never exceed its quota.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

PROBE_SECONDS: Final = 10.0
"""One request goes first to hear of a quota; if it is not heard of again, another one goes."""

UNTOLD_SECONDS: Final = 60.0
"""Without any quota: how long a worker may go on before it looks here again."""

UNTOLD_PERMITS: Final = 1000
SAME_WINDOW: Final = 2.5
"""Seconds by which two answers may differ about the end of one window: whole seconds, and time on the way."""

FORGET: Final = 60.0
"""Seconds after a window's end in which permits of it may still be on their way."""

_SOON: Final = 0.1


class Ledger(Struct, frozen=True):
    """One row. Times by the clock of the database; None where nothing was told."""

    epoch: int = 0
    quota: int | None = None
    seconds: int | None = None
    remaining: int | None = None
    outstanding: int = 0
    ends_at: float | None = None
    asked_at: float | None = None


class Heard(Struct, frozen=True):
    """What an answer told: ``remaining`` in a window that ends in ``ends_in`` seconds from now."""

    remaining: int
    ends_in: float
    quota: int | None = None
    seconds: int | None = None


class Report(Struct, frozen=True):
    """What a worker saw since it last came: permits of ``epoch`` that are spent, and what it heard.

    ``silent``: an answer came that said nothing of a quota.
    """

    epoch: int = 0
    spent: int = 0
    heard: Heard | None = None
    silent: bool = False


class Granted(Struct, frozen=True):
    """``count`` permits of ``epoch`` for ``seconds``; with none, how long to wait."""

    epoch: int
    count: int
    seconds: float


def settle(ledger: Ledger, now: float, report: Report, wanted: int) -> tuple[Ledger, Granted]:
    """The ledger after a worker's report and request, and what it gets."""
    ledger = _spent(ledger, report)
    if report.heard is not None:
        ledger = _corrected(ledger, now, report.heard)
    elif report.silent and ledger.remaining is None:
        ledger = replace(ledger, ends_at=now + UNTOLD_SECONDS)
    return _handed_out(_rolled_over(ledger, now), now, wanted)


def _spent(ledger: Ledger, report: Report) -> Ledger:
    if report.epoch != ledger.epoch:
        return ledger
    return replace(ledger, outstanding=max(0, ledger.outstanding - report.spent))


def _corrected(ledger: Ledger, now: float, heard: Heard) -> Ledger:
    ends_at = now + heard.ends_in
    quota, seconds = heard.quota or ledger.quota, heard.seconds or ledger.seconds
    left = max(0, heard.remaining - ledger.outstanding)
    known = replace(ledger, quota=quota, seconds=seconds, asked_at=None)
    if ledger.remaining is None or ledger.ends_at is None:
        return replace(known, remaining=left, ends_at=ends_at) if heard.ends_in > 0 else ledger
    difference = ends_at - ledger.ends_at
    if difference > SAME_WINDOW:
        return replace(known, remaining=left, ends_at=ends_at, epoch=ledger.epoch + 1, outstanding=0)
    left = min(left, ledger.remaining)
    if difference >= -SAME_WINDOW:
        return replace(known, remaining=left, ends_at=max(ends_at, ledger.ends_at))
    if heard.ends_in > SAME_WINDOW:  # our guess of the end was too late
        return replace(known, remaining=left, ends_at=ends_at)
    return ledger  # of a window that is over


def _rolled_over(ledger: Ledger, now: float) -> Ledger:
    """The next window, if the last one is over. Permits on their way then may be counted in the new one."""
    if ledger.remaining is None or ledger.ends_at is None or now < ledger.ends_at:
        return ledger
    late = ledger.outstanding if now < ledger.ends_at + FORGET else 0
    after = replace(ledger, epoch=ledger.epoch + 1, outstanding=0)
    if ledger.quota is None or not ledger.seconds:
        return replace(after, remaining=None, ends_at=None, outstanding=late)
    windows = math.floor((now - ledger.ends_at) / ledger.seconds) + 1
    # A guess: windows follow each other. The first answer tells better.
    return replace(after, remaining=max(0, ledger.quota - late), ends_at=ledger.ends_at + windows * ledger.seconds)


def _handed_out(ledger: Ledger, now: float, wanted: int) -> tuple[Ledger, Granted]:
    if ledger.remaining is None:
        return _untold(ledger, now)
    left = max(0.0, (ledger.ends_at or now) - now)
    count = min(wanted, ledger.remaining)
    if not count:
        return ledger, Granted(ledger.epoch, 0, max(left, _SOON))
    after = replace(ledger, remaining=ledger.remaining - count, outstanding=ledger.outstanding + count)
    return after, Granted(ledger.epoch, count, left)


def _untold(ledger: Ledger, now: float) -> tuple[Ledger, Granted]:
    """Nobody was told of a quota: one request goes first. Where answers came without one, there is none."""
    if ledger.ends_at is not None and now < ledger.ends_at:
        return ledger, Granted(ledger.epoch, UNTOLD_PERMITS, ledger.ends_at - now)
    if ledger.asked_at is not None and now < ledger.asked_at + PROBE_SECONDS:
        return ledger, Granted(ledger.epoch, 0, _SOON)
    asked = replace(ledger, asked_at=now, outstanding=ledger.outstanding + 1)
    return asked, Granted(ledger.epoch, 1, PROBE_SECONDS)
