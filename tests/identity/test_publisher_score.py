from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    days_ago,
    make_commit,
    make_file,
    make_history,
    make_info,
    make_publisher,
    make_snapshot,
    unavailable,
)
from trustaudit.facts import Known
from trustaudit.identity.publisher import PublisherScore, publisher_score
from trustaudit.knowledge import Knowledge
from trustaudit.snapshot import Ancestor, ScanRollup, Snapshot

PLAIN: dict[str, Any] = {
    "name": "somebody",
    "kind": "user",
    "verified": None,
    "members": None,
    "followers": 10,
    "models": 5,
    "created_at": days_ago(100),
}


def scored(snapshot: Snapshot) -> PublisherScore:
    return publisher_score(snapshot, Knowledge())


def points(name: str, **snapshot: Any) -> int:  # noqa: ANN401 - any part of a snapshot
    snapshot.setdefault("publisher", make_publisher(**PLAIN))
    return next(s.points for s in scored(make_snapshot("somebody/model", **snapshot)).signals if s.name == name)


def someone(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {"publisher": make_publisher(**{**PLAIN, **changes})}


def test_nothing_known_no_score() -> None:
    assert scored(make_snapshot(info=unavailable(), publisher=unavailable())).score is None


def test_unknown_adds_nothing_and_says_so() -> None:
    found = scored(make_snapshot(publisher=unavailable(), history=unavailable(), files=unavailable()))
    assert found.score == 50
    assert {s.name for s in found.signals if s.value == "unknown"} >= {"verified domain", "account age", "followers"}


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("account age", {"created_at": days_ago(2)}, -25),
        ("account age", {"created_at": days_ago(20)}, -10),
        ("account age", {"created_at": days_ago(100)}, 3),
        ("account age", {"created_at": days_ago(800)}, 10),
        ("account age", {"created_at": None}, 0),
        ("verified domain", {"verified": True}, 15),
        ("verified domain", {"verified": False}, 0),
        ("plan", {"plan": "team"}, 5),
        ("plan", {"plan": "free"}, 0),
        ("account", {"kind": "organization", "members": 3}, 3),
        ("account", {"kind": "organization", "members": 2}, 0),
        ("account", {"name": "Open-OSS"}, -5),
        ("account", {"name": "joe-labs"}, -5),
        ("models published", {"models": 1}, -5),
        ("models published", {"models": 12}, 5),
        ("models published", {"models": 12, "created_at": days_ago(30)}, 0),
        ("followers", {"followers": 1000}, 8),
        ("followers", {"followers": 75}, 3),
        ("followers", {"followers": 74}, 0),
    ],
)
def test_signals_of_the_account(name: str, changes: dict[str, Any], expected: int) -> None:
    assert points(name, **someone(**changes)) == expected


@pytest.mark.parametrize(
    ("name", "info", "expected"),
    [
        ("likes per follower", {"likes": 667}, -25),
        ("likes per follower", {"likes": 150}, -10),
        ("likes per follower", {"likes": 99}, 0),
        ("likes and downloads", {"likes": 0, "downloads": 2000}, -8),
        ("likes and downloads", {"likes": 200, "downloads": 0}, -8),
        ("downloads of a new repository", {"created_at": days_ago(0.8), "downloads": 244_168}, -15),
        ("downloads of a new repository", {"created_at": days_ago(0.8), "downloads": 500}, 0),
        ("licence", {"card": None, "tags": ()}, -3),
        ("licence", {"card": None, "tags": ("license:mit",)}, 0),
    ],
)
def test_signals_of_the_repository(name: str, info: dict[str, Any], expected: int) -> None:
    assert points(name, info=make_info(**info)) == expected


def test_readme() -> None:
    assert points("README", files=("config.json",)) == -8
    assert points("README", files=(make_file("README.md", 120),)) == -8
    assert points("README", files=(make_file("README.md", 3000),)) == 0


def test_base_model_that_exists() -> None:
    parent = Ancestor(id="a/b", relation="finetune", declared_in="card", found=Known(value=make_info(id="a/b")))
    assert points("base model", lineage=(parent,)) == 4
    assert points("base model", lineage=(parent.model_copy(update={"found": unavailable()}),)) == 0


def test_commits_by_others_on_weights() -> None:
    own, other, bot = make_commit(1, "somebody"), make_commit(2, "mallory"), make_commit(3, "SFconvertbot")
    text = make_commit(4, "Some Body", matched=False)

    def of(*commits: Any) -> int:  # noqa: ANN401 - commits, newest first
        files = [make_file(f"part{number}.safetensors", commit=commit) for number, commit in enumerate(commits)]
        return points("commits by others", files=files, history=make_history(*commits))

    assert of(own) == of(bot, own) == of(text, own) == 0
    assert of(other, own) == -25
    assert of(own, other) == -10


def test_change_after_a_long_sleep() -> None:
    late, early = make_commit(2, days=1), make_commit(1, days=400)
    files = (make_file("model.safetensors", commit=late),)
    assert points("sleep before the last change", files=files, history=make_history(late, early)) == -10
    assert points("sleep before the last change", files=files, history=make_history(late)) == 0


def test_an_unsafe_scan_caps_the_score() -> None:
    rollup = ScanRollup(done=True, issues=(("model.pkl", "unsafe"),))
    assert scored(make_snapshot(scan=rollup)).score == 20


def test_denied_accounts_score_nothing() -> None:
    assert scored(make_snapshot("anthfu/x", publisher=make_publisher(name="anthfu"))).score == 0


def test_publishers_of_the_list() -> None:
    found = scored(make_snapshot("google-bert/x", publisher=make_publisher(name="google-bert")))
    assert found.score is not None
    assert found.score > 75


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**8))
def test_popularity_never_lifts_above_neutral(followers: int, likes: int, downloads: int) -> None:
    """An account of which nothing else speaks: its counts fill up to 50 and no further."""
    info = make_info(likes=likes, downloads=downloads)
    quiet = {**PLAIN, "created_at": None, "models": None}
    crowd = scored(make_snapshot("somebody/model", info=info, **someone(**{**quiet, "followers": followers}))).score
    assert crowd is not None
    assert crowd <= 50


@given(st.integers(0, 10**9))
def test_popularity_adds_at_most_eight(followers: int) -> None:
    alone = scored(make_snapshot("somebody/model", **someone(followers=0, created_at=days_ago(900)))).score
    crowd = scored(make_snapshot("somebody/model", **someone(followers=followers, created_at=days_ago(900)))).score
    assert alone is not None
    assert crowd is not None
    assert 0 <= crowd - alone <= 8
