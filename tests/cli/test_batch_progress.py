"""Progress of long runs: a bar on a terminal, a line now and then in a log, silence when asked for."""

from __future__ import annotations

import sys

import pytest

from trustaudit.cli.batch_progress import RunProgress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that is moved by hand."""
    moment = [1000.0]
    monkeypatch.setattr("trustaudit.cli.batch_progress.time.monotonic", lambda: moment[0])
    return moment


def run(clock: list[float], count: int, *, total: int = 600, enabled: bool = True) -> RunProgress:
    progress = RunProgress(total, enabled=enabled)
    progress.start()
    for _ in range(count):
        clock[0] += 1.0
        progress.advance()
    return progress


def test_a_log_gets_a_line_every_half_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    run(clock, 100).stop()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "trustaudit: audited 30 of 600, 60 a minute, 10 min left"
    assert len(lines) == 3


def test_silence(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    run(clock, 100, enabled=False).stop()
    run(clock, 0, total=0).stop()
    assert capsys.readouterr().err == ""


def test_what_was_read_back_does_not_count_into_the_rate(clock: list[float]) -> None:
    progress = run(clock, 0)
    for _ in range(300):
        progress.advance(counts=False)
    assert progress.text() == "audited 300 of 600"
    clock[0] += 10
    progress.advance()
    assert progress.text() == "audited 301 of 600, 6 a minute, 50 min left"


def test_a_terminal_gets_a_bar(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = run(clock, 3)
    assert progress._bar is not None
    assert progress._bar.tasks[0].completed == 3
    progress.stop()
