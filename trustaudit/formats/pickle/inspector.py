"""Raw pickle files, and the loop that feeds a machine from byte ranges."""

from __future__ import annotations

from collections.abc import Generator

from trustaudit.formats.interface import Inspecting, Read, Source
from trustaudit.formats.pickle.machine import Event, PickleMachine


def pump(machine: PickleMachine, *, base: int, size: int) -> Generator[Read, bytes, Event]:
    """Feed a machine from the file until it pauses or ends.

    ``base`` is the file offset of the machine's offset 0 and ``size`` how many bytes the
    member has from there. ReadRefusedError passes through; the facts so far stay.
    """
    raise NotImplementedError


def inspect_pickle(source: Source) -> Inspecting:
    """A file of one or more pickles, back to back."""
    raise NotImplementedError
