from __future__ import annotations

import gc
import weakref

from tests.builders import make_snapshot
from trustaudit.asked_again import once_per_snapshot
from trustaudit.snapshot import Snapshot


def test_an_answer_is_worked_out_once_for_the_same_snapshot_and_arguments() -> None:
    asked: list[tuple[str, object]] = []

    @once_per_snapshot
    def name_of(snapshot: Snapshot, extra: list[int]) -> str:
        asked.append((snapshot.requested, extra))
        return f"{snapshot.requested} {extra}"

    one, other, first, second = make_snapshot("a/b"), make_snapshot("c/d"), [1], [1]
    for snapshot, extra in [(one, first), (one, first), (one, second), (other, second), (one, second), (one, second)]:
        assert name_of(snapshot, extra) == f"{snapshot.requested} [1]"
    assert [(who, id(what)) for who, what in asked] == [
        ("a/b", id(first)),
        ("a/b", id(second)),
        ("c/d", id(second)),
        ("a/b", id(second)),
    ]


def test_an_equal_snapshot_is_another() -> None:
    seen: list[int] = []

    @once_per_snapshot
    def note(snapshot: Snapshot) -> None:
        seen.append(id(snapshot))

    one = make_snapshot("a/b")
    other = one.model_copy()
    note(one), note(other), note(other)
    assert seen == [id(one), id(other)]


def test_no_snapshot_is_kept_alive() -> None:
    @once_per_snapshot
    def note(snapshot: Snapshot) -> str:
        return snapshot.requested

    snapshot = make_snapshot("a/b")
    gone = weakref.ref(snapshot)
    note(snapshot)
    del snapshot
    gc.collect()
    assert gone() is None
