"""The figures of the README and of docs/performance.md are those of the last run of the benchmarks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.large import PLANS, Figures, Large, large_run
from benchmarks.page import page, readme_lines

ROOT = Path(__file__).parents[2]
FIGURE = re.compile(r"\d[\d,.]*\d|\d")


@pytest.fixture(scope="module")
def last() -> Figures:
    found: Figures = json.loads((ROOT / "benchmarks" / "last.json").read_text(encoding="utf-8"))
    return found


def test_every_figure_of_the_readmes_section_stands_on_the_page(last: Figures) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## How fast")[1].split("\n## ")[0]
    figures = FIGURE.findall(section)
    assert len(figures) > 3
    shown = FIGURE.findall((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"))
    assert set(figures) <= set(shown)
    assert readme_lines(last) in readme


def test_the_page_has_a_section_for_whatever_was_measured_and_for_nothing_else(last: Figures) -> None:
    headings = page(last).count("\n## ")
    assert headings >= len(last)
    fewer = {name: figures for name, figures in last.items() if name != "startup"}
    assert page(fewer).count("\n## ") == headings - 1
    assert page({}).count("\n## ") == 0


def test_a_peer_that_was_not_measured_is_told_with_the_reason(last: Figures) -> None:
    rows = [*last["audit"]["rows"][:1], {"program": "other", "version": "", "cost": None, "pickle": False, "unmeasured": "no"}]
    told = page({"audit": {**last["audit"], "rows": rows}})
    assert "| other | not measured: no |" in told


def test_the_machine_is_told_without_its_name(last: Figures) -> None:
    for figures in last.values():
        assert set(figures["machine"]) == {"date", "cores", "memory_gb", "python", "system"}


def test_a_large_run_is_limited_by_the_scarcer_quota() -> None:
    run = Large(api=6_000_000, files=20_000_000, bytes=0, cpu_seconds=86_400)
    assert run.days("free user") == pytest.approx((20.83, 13.89), abs=0.01)
    assert run.cores("free user") == pytest.approx(0.048, abs=0.001)
    assert all(max(run.days(plan)) > 0 for plan in PLANS)


def test_a_large_run_is_so_many_times_one_model() -> None:
    batch = {"api_per_model": 3.0, "files_per_model": 5.0, "cpu_ms_per_model": 20.0}
    run = large_run({"batch": {"batch": batch}, "audit": {"library": [{"bytes": 9}, {"bytes": 10_000}]}}, models=1000)
    assert (run.api, run.files, run.bytes, run.cpu_seconds) == (3000, 5000, 10_000_000, 20)
