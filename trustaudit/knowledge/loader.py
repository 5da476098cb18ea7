"""Knowledge: every table, loaded on first use. Reading packaged data is the only I/O it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Knowledge:
    """The curated tables as a check sees them."""
