"""Preloaded into dask workers (``--preload``): a repository that takes its process down, or a clock that is wrong."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from trustaudit.batch import runner
from trustaudit.hub import client
from trustaudit.report.model import TrustReport
from trustaudit.snapshot import Snapshot

POISON = os.environ.get("TEST_POISON", "")
HOURS = float(os.environ.get("TEST_CLOCK_HOURS", "0"))


def deadly(judge: Callable[..., TrustReport]) -> Callable[..., TrustReport]:
    """As ``judge``, but the poisoned repository ends this process on the spot."""

    def judged(snapshot: Snapshot, policy: object, **options: object) -> TrustReport:
        if snapshot.ref.id == POISON:
            os.kill(os.getpid(), signal.SIGKILL)
        return judge(snapshot, policy, **options)

    return judged


if POISON:
    runner.judge = deadly(runner.judge)  # type: ignore[attr-defined]
if HOURS:
    real = time.time
    time.time = lambda: real() + HOURS * 3600
    client.utc_now = lambda: datetime.now(UTC) + timedelta(hours=HOURS)
