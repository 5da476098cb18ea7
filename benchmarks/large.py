"""What a run over all models of the Hub would take, by calculation from what one model takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]

MODELS = 2_000_000
WINDOW = 300
"""Seconds of the Hub's fixed windows."""

PLANS = {
    "anonymous": (500, 3_000),
    "free user": (1_000, 5_000),
    "PRO": (2_500, 12_000),
    "Team": (3_000, 20_000),
    "Enterprise": (6_000, 50_000),
    "Enterprise Plus": (10_000, 100_000),
}
"""API and file requests per window, as the Hub's documentation has listed them since September 2025."""

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Large:
    """Requests, bytes and CPU seconds of the whole run."""

    api: float
    files: float
    bytes: float
    cpu_seconds: float

    def days(self, plan: str) -> tuple[float, float]:
        """Days that the API and the file quota of a plan allow it in."""
        api, files = PLANS[plan]
        return self.api / api * WINDOW / _DAY, self.files / files * WINDOW / _DAY

    def cores(self, plan: str) -> float:
        """Cores that are busy at that pace."""
        return self.cpu_seconds / (max(self.days(plan)) * _DAY)


def large_run(last: Figures, models: int = MODELS) -> Large:
    """Requests and CPU of a model of the batch, bytes of the ordinary model of the single audit."""
    batch, ordinary = last["batch"]["batch"], last["audit"]["library"][-1]
    return Large(
        api=models * batch["api_per_model"],
        files=models * batch["files_per_model"],
        bytes=models * ordinary["bytes"],
        cpu_seconds=models * batch["cpu_ms_per_model"] / 1000,
    )
