"""Interop checks run when asked for by mark; otherwise they are skipped before anything is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "interop" in (config.option.markexpr or ""):
        return
    skip = pytest.mark.skip(reason="installs other software: run `make interop`")
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("interop"):
            item.add_marker(skip)
