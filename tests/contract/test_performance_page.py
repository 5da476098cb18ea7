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
    rows = [
        *last["audit"]["rows"][:1],
        {"program": "other", "version": "", "cost": None, "pickle": False, "unmeasured": "no"},
    ]
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


MACHINE = {"date": "2026-01-02", "cores": 2, "memory_gb": 8, "python": "3.12.1", "system": "Linux x86_64"}
BATCH = {
    "machine": MACHINE,
    "batch": {
        "models": 2000, "owners": 150, "window": 15.0, "quota": 1000, "shares": [0.98, 0.96], "refused": 0,
        "api_per_model": 3.0, "files_per_model": 5.0, "seconds": 90.0, "models_per_second": 22.2,
        "cpu_ms_per_model": 20.0, "memory_mb": [90.0, 91.0],
    },
    "reaudit": {"pins": 1000, "api_requests": 150, "api_per_pin": 0.15, "seconds": 9.0, "cpu_ms_per_pin": 4.0},
}  # fmt: skip
ENGINES = {
    "machine": MACHINE,
    "models": 300,
    "rows": [
        {"engine": "local", "workers": 0, "results": "file", "seconds": 10.0, "models_per_second": 30.0, "unmeasured": ""},
        {"engine": "dask", "workers": 2, "results": "PostgreSQL", "seconds": 0, "models_per_second": 0, "unmeasured": "no server"},
    ],
}  # fmt: skip


def test_marks_that_were_missed_are_told_so(last: Figures) -> None:
    told = page({**last, "batch": BATCH})
    assert "- at least 97 % of the permitted requests used: **missed**" in told
    assert "- no 429: **reached**" in told


def test_the_price_of_two_million_models_is_worked_out_for_each_plan(last: Figures) -> None:
    told = page({**last, "batch": BATCH})
    assert "6.0 million API requests, 10.0 million file requests" in told
    assert "| free user | 1,000 | 5,000 | 20.8 | 6.9 | API requests | 0.02 |" in told
    assert "1.0 days of a free user's quota" in told.replace("\n", " ")


def test_engines_stand_beside_one_local_process() -> None:
    told = page({"engines": ENGINES})
    assert "| local | 0 | file | 10.00 s | 30.0 | 1.00 |" in told
    assert "| dask | 2 | PostgreSQL | not measured: no server |" in told


def test_the_readme_tells_what_was_measured(last: Figures) -> None:
    assert "3.00 API requests and 20.0 ms CPU per model" in readme_lines({**last, "batch": BATCH}).replace("\n", " ")
