from __future__ import annotations

import pytest

from tests.builders import findings_of, make_commit, make_file, make_history, make_snapshot, run_check
from trustaudit.snapshot import Commit, Snapshot

OLD = (make_commit(3, "org", days=900), make_commit(2, "org", days=901), make_commit(1, "org", days=902))


def after(commit: Commit, path: str = "pytorch_model.bin", safe: Commit = OLD[0]) -> Snapshot:
    files = [make_file(path, commit=commit), make_file("model.safetensors", commit=safe)]
    return make_snapshot(files=files, history=make_history(commit, *OLD))


@pytest.mark.parametrize(("author", "days"), [("mallory", 890), ("org", 3)])
def test_by_a_stranger_or_after_a_long_silence(author: str, days: float) -> None:
    (finding,) = findings_of("pickle-added", after(make_commit(4, author, days=days))).values()
    assert (finding.severity, finding.location.path) == ("medium", "pytorch_model.bin")


def test_ordinary_additions_pass() -> None:
    honest = (
        after(make_commit(4, "org", days=890)),
        after(make_commit(4, "mallory", days=3), "training_args.bin"),
        after(make_commit(4, "mallory", days=3), "onnx/model.onnx"),
        after(make_commit(4, "mallory", days=3), "old/pytorch_model.bin"),
    )
    assert [run_check("pickle-added", snapshot).outcome for snapshot in honest] == ["pass"] * 4


def test_both_formats_in_one_commit_are_an_upload() -> None:
    commit = make_commit(4, "mallory", days=3)
    assert run_check("pickle-added", after(commit, safe=commit)).outcome == "pass"


def test_safe_weights_that_came_later_are_no_reason() -> None:
    newest = make_commit(5, "org", days=1)
    files = [make_file("pytorch_model.bin", commit=OLD[0]), make_file("model.safetensors", commit=newest)]
    snapshot = make_snapshot(files=files, history=make_history(newest, *OLD))
    assert run_check("pickle-added", snapshot).outcome == "pass"
