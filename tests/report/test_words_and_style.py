from __future__ import annotations

import sys

import pytest

from trustaudit.finding import Location
from trustaudit.report.model import CostReport, NotSeen
from trustaudit.report.style import Style
from trustaudit.report.words import grouped, place, plural, size, spent


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "unknown size"),
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (212_345, "212 kB"),
        (2_812_345_678, "2.8 GB"),
        (10**18, "1000 PB"),
    ],
)
def test_sizes(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("received", "files", "text"),
    [
        (131_000, 1_100_000_000, "131 kB of 1.1 GB"),
        (13_100, 9_300, "13.1 kB for 9.3 kB of files"),
        (41, None, "41 bytes"),
    ],
)
def test_what_was_received_beside_what_there_is(received: int, files: int | None, text: str) -> None:
    assert spent(CostReport(api_requests=4, file_requests=0, bytes=received, repo_bytes=files, seconds=0.1)) == text


def test_plurals() -> None:
    assert [plural(0, "file"), plural(1, "file"), plural(1_234, "file")] == ["0 files", "1 file", "1,234 files"]


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (Location(path="loader.py", line=14), "loader.py:14"),
        (Location(path="m.pt", member="data.pkl", offset=0x70), "m.pt/data.pkl @ 0x70"),
        (Location(path="README.md"), "README.md"),
        (Location(field="cardData.license"), "cardData.license"),
        (Location(), "repository"),
    ],
)
def test_places(location: Location, text: str) -> None:
    assert place(location) == text


def test_what_was_not_seen_is_grouped_by_reason() -> None:
    unseen = [NotSeen(path=path, reason="gated") for path in ("(history)", "a", "b", "c")]
    unseen.append(NotSeen(path="d", reason="timeout"))
    assert grouped(unseen) == ["history, 3 files (a, b, …): gated", "d: timeout"]


def test_files_and_pipes_are_plain_and_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert Style.detect() == Style(width=80, colour=False)
    assert Style.detect(to_file=True, verbose=True, quiet=True) == Style(verbose=True, quiet=True)


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_a_terminal_gets_its_width_and_colour_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], colour: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COLUMNS": "100", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    style = Style.detect()
    assert style.colour is colour
    assert style.width in (80, 100)  # rich takes 80 columns for a dumb terminal


def test_painting_needs_colour_and_a_known_word() -> None:
    assert Style().paint("x", "block") == "x"
    assert Style(colour=True).paint("x", "block") == "\x1b[1;31mx\x1b[0m"
    assert Style(colour=True).paint("x", "other") == "x"
