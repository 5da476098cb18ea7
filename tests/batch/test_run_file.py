"""The run file: nothing finished is lost, a torn line costs one audit, other rules are not mixed in."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import make_snapshot
from trustaudit.batch.run_file import Header, RunFile, automatic_path, unfinished
from trustaudit.engine import judge
from trustaudit.errors import FileInputError, StoreError, UsageError
from trustaudit.policy.model import load_policy
from trustaudit.report.model import TrustReport

HEADER = Header.of("ab" * 8, 3, datetime(2026, 11, 22, tzinfo=UTC))


def report(name: str) -> TrustReport:
    return judge(make_snapshot(name), load_policy("default"))


_OPEN: list[RunFile] = []


def opened(path: Path) -> RunFile:
    """A resumed run that the end of the test closes."""
    _OPEN.append(RunFile.resume(path))
    return _OPEN[-1]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A run of two finished audits."""
    path = tmp_path / "run.jsonl"
    run = RunFile.create(path, HEADER)
    for name in ("org/a", "org/b"):
        run.append(name, report(name))
    run.close()
    return path


def test_what_was_kept_comes_back(path: Path) -> None:
    run = opened(path)
    assert list(run.rows) == ["org/a", "org/b"]
    assert all(row.again for row in run.rows.values())
    assert run.report("org/b") == report("org/b")
    run.append("org/c", report("org/c"))
    assert run.report("org/c") == report("org/c")
    assert run.report("org/a") == report("org/a")
    run.close()
    assert list(opened(path).rows) == ["org/a", "org/b", "org/c"]


def test_every_place_where_a_line_can_tear(path: Path) -> None:
    data = path.read_bytes()
    last = data.rindex(b"\n", 0, -1) + 1
    for cut in (last, last + 1, last + 100, len(data) - 1):
        path.write_bytes(data[:cut])
        run = opened(path)
        assert list(run.rows) == ["org/a"]
        run.append("org/c", report("org/c"))
        run.close()
        assert list(opened(path).rows) == ["org/a", "org/c"]


def test_a_damaged_line_in_the_middle_costs_only_itself(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    for bad in (b"garbage\n", b"{}\n", b'{"key": "x", "report": {}}\n', b"[" * 50_000 + b"\n"):
        path.write_bytes(lines[0] + bad + b"".join(lines[1:]))
        assert list(opened(path).rows) == ["org/a", "org/b"]


@pytest.mark.parametrize("data", [b"", b"garbage", b"garbage\n", b"{}\n", b'{"run_version": "2"}\n'])
def test_what_is_no_run(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)
    with pytest.raises(FileInputError):
        RunFile.resume(path)


def test_results_of_other_rules_are_not_mixed_in(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    header = json.loads(lines[0])
    header["ruleset"] = "0.0.1+00000000"
    path.write_text("".join([json.dumps(header) + "\n", *lines[1:]]))
    with pytest.raises(FileInputError, match="other rules"):
        opened(path)


def test_a_run_is_never_overwritten(path: Path) -> None:
    with pytest.raises(UsageError, match="there already"):
        RunFile.create(path, HEADER)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        RunFile.create(tmp_path / "file" / "run.jsonl", HEADER)
    run = RunFile.unnamed(HEADER)
    run.append("org/a", report("org/a"))
    assert run.report("org/a") == report("org/a")
    run.close(finished=True)


def test_a_full_disk_keeps_results_in_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened(path)

    def full(_: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(
        run, "_file", type("Full", (), {"write": staticmethod(full), "close": staticmethod(lambda: None)})
    )
    run.append("org/c", report("org/c"))
    assert "No space left" in run.note
    assert run.report("org/c") == report("org/c")


def test_two_resumes_of_one_run_do_not_mix_lines(path: Path) -> None:
    one, two = opened(path), opened(path)
    for number in range(20):
        (one if number % 2 else two).append(f"org/m{number}", report("org/a"))
    assert one.report("org/m1") == report("org/a")
    assert two.report("org/m2") == report("org/a")
    assert len(opened(path).rows) == 22


def test_automatic_files_are_found_by_list_and_go_away_at_the_end(tmp_path: Path) -> None:
    place = automatic_path(tmp_path, HEADER)
    assert place.name == f"{'ab' * 8}-20261122T000000-{os.getpid()}.jsonl"
    run = RunFile.create(place, HEADER, automatic=True)
    run.close()
    assert unfinished(tmp_path, "ab" * 8) == place
    assert unfinished(tmp_path, "cd" * 8) is None
    RunFile.resume(place, automatic=True).close(finished=True)
    assert unfinished(tmp_path, "ab" * 8) is None


def test_a_named_file_stays(path: Path) -> None:
    opened(path).close(finished=True)
    assert path.exists()
