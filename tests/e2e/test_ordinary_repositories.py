"""Repositories that people load every day, by their real layouts: every one passes, for less than a megabyte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.hubs import audited
from tests.e2e.ordinary import ORDINARY, contents
from tests.loopback import LoopbackHub, run_hub

MEGABYTE = 1_000_000
CARD = "# A model\n\nTrained on public text; see the paper. Load it with the library named above.\n" * 6


@pytest.fixture(scope="module")
def hub() -> Iterator[LoopbackHub]:
    with run_hub() as running:
        running.quotas.unlimited()
        for owner in {name.partition("/")[0] for name in ORDINARY}:
            running.organization(owner, created="2019-01-01", followers=5000, members=["ann"], verified=True)
        yield running


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_repository_passes(hub: LoopbackHub, name: str) -> None:
    library, paths = ORDINARY[name]
    card = {"license": "apache-2.0", "library_name": library}
    hub.model(name, {"README.md": CARD, **contents(paths)}, card=card, created="2022-01-01", author="ann")
    report = audited(hub, name)
    loud = [(f.rule, f.severity, f.location.path, f.message) for f in report.findings if f.severity.rank > 1]
    assert (report.verdict, loud) == ("pass", [])
    assert report.cost.bytes <= MEGABYTE
    assert hub.failures == []
