"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from tests.loopback import LoopbackHub, run_hub

# The Hub's client reads this once, when it is first imported, and the loopback Hub has no Xet storage behind it.
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

# A busy machine is no failure: no test asserts a time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


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


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Short ids for bytes: whole files in a test's name help nobody, and some hold the time they were packed."""
    return f"{argname}-{len(val)}B" if isinstance(val, bytes) else None
