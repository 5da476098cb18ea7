"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.loopback import LoopbackHub, run_hub


@pytest.fixture
def loopback_hub() -> Iterator[LoopbackHub]:
    """A running, empty Hub; the test fails afterwards if a credential went where it does not belong."""
    with run_hub() as hub:
        yield hub


@pytest.fixture
def start_hub() -> Iterator[Callable[..., LoopbackHub]]:
    """More Hubs, or one below a path prefix: ``start_hub(prefix="/artifactory/hf")``."""
    with ExitStack() as running:
        yield lambda **options: running.enter_context(run_hub(LoopbackHub(**options)))
