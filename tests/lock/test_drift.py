"""What counts as drift, and which of it matters. Pure: snapshots of builders against entries of builders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import (
    COMMIT,
    NOW,
    make_commit,
    make_file,
    make_files,
    make_history,
    make_info,
    make_publisher,
    make_snapshot,
    unavailable,
)
from tests.lock.locking import audited, make_entry
from trustaudit.facts import Known, Reason
from trustaudit.lockfile.drift import Drift, DriftKind, full_drifts, head_drifts, is_documentation, lost
from trustaudit.snapshot import GitRef, Refs, RepoInfo, ScanRollup, Snapshot

NEW = "d" * 40
OLD = make_commit(3).model_copy(update={"id": COMMIT})
TAGS = Refs(tags=(GitRef(name="v1.0", ref="refs/tags/v1.0", target="e" * 40),))


def today(**changes: Any) -> Snapshot:  # noqa: ANN401 - any part of a snapshot
    """The model one commit later, all else equal."""
    newest = make_commit(9, "alice", days=1).model_copy(update={"id": NEW})
    fields: dict[str, Any] = {
        "commit": NEW,
        "info": make_info(sha=NEW),
        "history": make_history(newest, OLD, make_commit(2)),
        "files": make_snapshot().files,
    }
    return make_snapshot(**{**fields, **changes})


def drifts(snapshot: Snapshot, **entry: Any) -> dict[DriftKind, Drift]:  # noqa: ANN401 - any field of the entry
    return {drift.kind: drift for drift in full_drifts(make_entry(**entry), audited(snapshot))}


def head(info: RepoInfo) -> dict[DriftKind, Drift]:
    snapshot = make_snapshot()
    assert isinstance(snapshot.files, Known)
    return {drift.kind: drift for drift in head_drifts(make_entry(), info, snapshot.files.value)}


def test_nothing_changed() -> None:
    assert head(make_info()) == {}
    assert drifts(make_snapshot()) == {}


@pytest.mark.parametrize(
    ("info", "kind", "matters"),
    [
        ({"object_id": "f" * 24}, DriftKind.RECREATED, True),
        ({"id": "other/model"}, DriftKind.RENAMED, True),
        ({"disabled": True}, DriftKind.DISABLED, True),
        ({"gated": "manual"}, DriftKind.GATED, True),
        ({"private": True}, DriftKind.PRIVATE, False),
        ({"sha": NEW}, DriftKind.NEW_COMMITS, True),
        ({"scan": ScanRollup(done=True, issues=(("a.bin", "unsafe"),))}, DriftKind.SCAN, True),
    ],
)
def test_what_an_info_answer_shows(info: dict[str, Any], kind: DriftKind, matters: bool) -> None:
    found = head(make_info(**info))
    assert list(found) == [kind]
    assert found[kind].matters is matters
    assert "sha" in info or kind in drifts(make_snapshot(info=make_info(**info)))


@pytest.mark.parametrize(
    "info",
    [
        {"id": "ORG/Model"},
        {"likes": 9_000, "downloads": 1},
        {"scan": ScanRollup(done=False)},
        {"gated": None},
        {"object_id": None},
    ],
)
def test_what_is_no_drift(info: dict[str, Any]) -> None:
    assert head(make_info(**info)) == {}


def test_other_files_under_the_same_commit() -> None:
    files = make_files("README.md", make_file("model.safetensors", sha256="99" * 32))
    found = head_drifts(make_entry(), make_info(), files)
    assert [drift.kind for drift in found] == [DriftKind.FILES_SWAPPED]
    assert any(line.startswith("~ model.safetensors  sha256 abababab… → 99999999…") for line in found[0].details)
    assert DriftKind.FILES_SWAPPED in drifts(make_snapshot(files=files))


def test_a_mirror_that_lists_no_hashes_swaps_nothing() -> None:
    bare = make_files(*(make_file(path, None, sha256=None).model_copy(update={"oid": None}) for path in ("a", "b")))
    assert head_drifts(make_entry(), make_info(), bare) == ()


def test_new_weights_by_a_stranger() -> None:
    newest = make_commit(9, "stranger", days=1).model_copy(update={"id": NEW})
    files = make_files(
        ".gitattributes",
        "README.md",
        "config.json",
        make_file("model.safetensors", sha256="99" * 32),
        "handler.py",
    )
    found = drifts(today(history=make_history(newest, OLD), files=files))[DriftKind.NEW_COMMITS]
    assert found.matters
    assert "1 commit by stranger (never committed before)" in found.message
    assert "! weights changed, the card did not" in found.details
    assert any(line.startswith("+ handler.py  (") for line in found.details)
    assert "- tokenizer.json" in found.details


def test_a_card_edited_by_the_usual_people_does_not_matter() -> None:
    card = make_file("README.md", 4_000).model_copy(update={"oid": "99" * 20})
    files = make_files(".gitattributes", card, "config.json", "model.safetensors", "tokenizer.json")
    found = drifts(today(files=files))
    assert list(found) == [DriftKind.NEW_COMMITS]
    assert not found[DriftKind.NEW_COMMITS].matters
    assert found[DriftKind.NEW_COMMITS].message.endswith("1 commit by alice")


def test_a_commit_whose_files_could_not_be_listed_matters() -> None:
    found = drifts(today(files=unavailable()))
    assert found[DriftKind.NEW_COMMITS].matters


@pytest.mark.parametrize(
    ("kept", "words"), [(True, "still can be fetched"), (False, "is gone"), (None, "locked commit")]
)
def test_a_rewritten_history(kept: bool | None, words: str) -> None:
    snapshot = today(history=make_history(make_commit(9).model_copy(update={"id": NEW})))
    found = full_drifts(make_entry(), audited(snapshot), kept=kept)
    rewritten = next(drift for drift in found if drift.kind is DriftKind.HISTORY_REWRITTEN)
    assert words in rewritten.message
    assert rewritten.matters


def test_a_history_that_was_not_seen_to_its_end_is_not_called_rewritten() -> None:
    snapshot = today(history=make_history(make_commit(9).model_copy(update={"id": NEW}), complete=False))
    assert DriftKind.HISTORY_REWRITTEN not in drifts(snapshot)


def test_tags() -> None:
    entry = make_entry(make_snapshot(refs=Known(value=TAGS)))
    moved = Refs(tags=(GitRef(name="v1.0", ref="refs/tags/v1.0", target="f" * 40),))
    found = full_drifts(entry, audited(make_snapshot(refs=Known(value=moved))))
    assert [drift.message for drift in found] == ["tag v1.0 pointed to eeeeeee, now to fffffff"]
    gone = full_drifts(entry, audited(make_snapshot(refs=Known(value=Refs()))))
    assert [drift.matters for drift in gone] == [False]
    assert full_drifts(entry, audited(make_snapshot(refs=unavailable()))) == ()


def test_a_followed_tag_that_moved_matters_whatever_it_changed() -> None:
    followed = make_snapshot("org/model@v1.0", refs=Known(value=TAGS))
    found = full_drifts(make_entry(followed), audited(today(ref="org/model@v1.0")))
    assert [(drift.kind, drift.matters) for drift in found] == [(DriftKind.TAG_MOVED, True)]


@pytest.mark.parametrize(
    ("publisher", "words", "matters"),
    [
        (make_publisher(verified=False), "no longer verified", True),
        (make_publisher(object_id="f" * 24), "another account", True),
        (make_publisher(kind="user"), "its account was of kind organization, is now user", True),
        (make_publisher(name="other"), "the owner was org, is now other", True),
        (make_publisher(created_at=NOW - timedelta(days=2)), "was created", True),
        (unavailable(Reason.OWNER_NOT_FOUND), "no longer exists", True),
    ],
)
def test_publishers(publisher: Any, words: str, matters: bool) -> None:  # noqa: ANN401 - a publisher or its absence
    found = drifts(make_snapshot(publisher=publisher))[DriftKind.PUBLISHER]
    assert words in found.message
    assert found.matters is matters


def test_a_publisher_that_could_not_be_asked_for_is_no_drift() -> None:
    assert drifts(make_snapshot(publisher=unavailable())) == {}
    assert drifts(make_snapshot(publisher=make_publisher(followers=1, members=2))) == {}


def test_a_badge_gained_does_not_matter() -> None:
    entry = make_entry(make_snapshot(publisher=make_publisher(verified=False)))
    found = full_drifts(entry, audited(make_snapshot()))
    assert [(drift.kind, drift.matters) for drift in found] == [(DriftKind.PUBLISHER, False)]


def test_findings_and_verdicts_that_are_new() -> None:
    bad = make_snapshot(info=make_info(disabled=True))
    found = drifts(bad)
    assert found[DriftKind.FINDINGS].message == "1 new finding"
    assert "disabled-repository" in found[DriftKind.FINDINGS].details[0]
    assert found[DriftKind.VERDICT].message == "the verdict was pass, is now block"
    back = full_drifts(make_entry(bad), audited(make_snapshot()))
    assert [drift.matters for drift in back if drift.kind is DriftKind.VERDICT] == [False]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.MISSING_OR_PRIVATE, DriftKind.MISSING),
        (Reason.DISABLED, DriftKind.DISABLED),
        (Reason.REVISION_NOT_FOUND, DriftKind.REVISION_GONE),
        (Reason.TIMEOUT, None),
        (Reason.RATE_LIMITED, None),
        (Reason.UNAUTHORIZED, None),
        (Reason.UNREACHABLE, None),
    ],
)
def test_what_it_means_that_a_repository_could_not_be_had(reason: Reason, kind: DriftKind | None) -> None:
    drift = lost(make_entry(), unavailable(reason))
    assert (drift.kind if drift else None) is kind


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", True),
        ("LICENSE", True),
        ("LICENSE.txt", True),
        ("docs/pic.png", True),
        (".gitattributes", True),
        ("vocab.txt", False),
        ("config.json", False),
        ("handler.py", False),
        ("readme.py", False),
        ("README.md.pkl", False),
        ("license.exe", False),
        ("unknown", False),
    ],
)
def test_what_only_people_read(path: str, expected: bool) -> None:
    assert is_documentation(path) is expected
