"""Starting and stopping a Hub, and the two things that fail a test afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .hub import LoopbackHub


class LoopbackError(AssertionError):
    """A token went where it must not go, or the loopback Hub itself broke."""


@contextmanager
def run_hub(hub: LoopbackHub | None = None, *, prefix: str = "", check: bool = True) -> Iterator[LoopbackHub]:
    """A running Hub for a ``with`` block. At its end leaks and defects raise, unless ``check`` is off."""
    running = (hub or LoopbackHub(prefix=prefix)).start()
    try:
        yield running
    finally:
        running.stop()
    if check:
        assert_clean(running)


def assert_clean(hub: LoopbackHub) -> None:
    """Raise when a credential leaked or a handler of the Hub failed."""
    if hub.leaks:
        raise LoopbackError("credentials leaked:\n" + "\n".join(map(str, hub.leaks)))
    if hub.failures:
        raise LoopbackError("the loopback Hub failed:\n" + "\n".join(hub.failures))
