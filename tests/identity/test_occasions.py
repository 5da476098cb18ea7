"""An ordinary model gives no occasion for a further request; each odd one gives its own."""

from __future__ import annotations

from tests.builders import (
    NOW,
    days_ago,
    make_commit,
    make_file,
    make_history,
    make_publisher,
    make_snapshot,
)
from trustaudit.facts import Known
from trustaudit.identity.occasions import is_newcomer, wants_members, wants_refs, wants_siblings
from trustaudit.identity.publisher import publisher_score
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoRef
from trustaudit.snapshot import Author, Commit, Sibling

OLD = (make_commit(3, "ada", days=900), make_commit(2, "bo", days=901), make_commit(1, "ada", days=902))


def asks_members(commit: Commit, path: str = "model.safetensors", **publisher: object) -> bool:
    files = (make_file(path, commit=commit),)
    return wants_members(make_publisher(**publisher), make_history(commit, *OLD), files, NOW)


def test_members_matter_when_a_stranger_has_just_changed_what_is_loaded() -> None:
    assert asks_members(make_commit(4, "eve", days=3))
    assert not asks_members(make_commit(4, "ada", days=3))
    assert not asks_members(make_commit(4, "eve", days=300))
    assert not asks_members(make_commit(4, "eve", days=3), "README.md")
    assert not asks_members(make_commit(4, "eve", days=3), kind="user")
    assert not wants_members(None, None, (), NOW)


def test_siblings_matter_for_new_accounts_with_several_models() -> None:
    assert wants_siblings(make_publisher(created_at=days_ago(3), models=6), NOW)
    assert not wants_siblings(make_publisher(created_at=days_ago(3), models=1), NOW)
    assert not wants_siblings(make_publisher(created_at=days_ago(300), models=6), NOW)
    assert not wants_siblings(make_publisher(created_at=None, models=6), NOW)


def test_refs_matter_for_pinned_strangers_and_scripts() -> None:
    pinned = RepoRef.parse(f"org/model@{'a' * 40}")
    assert wants_refs(pinned, make_history(make_commit(4, "eve", days=3), *OLD), ())
    assert not wants_refs(pinned, make_history(make_commit(4, "ada", days=3), *OLD), ())
    assert not wants_refs(pinned.at(None), make_history(make_commit(4, "eve", days=3), *OLD), ())
    dataset = RepoRef.parse("datasets/org/rows")
    assert wants_refs(dataset, None, (make_file("rows.py", 100),))
    assert not wants_refs(dataset, None, (make_file("other.py", 100),))


def test_only_the_first_author_counts() -> None:
    both = make_commit(4, "eve", days=3).model_copy(update={"authors": (Author(name="eve"), Author(name="org"))})
    assert is_newcomer(both, OLD, ("org",))
    assert not is_newcomer(make_commit(4, "ORG", days=3), OLD, ("org",))
    assert not is_newcomer(make_commit(4, "eve").model_copy(update={"authors": ()}), OLD, ("org",))


def signal(name: str, **more: object) -> tuple[str, int]:
    found = publisher_score(make_snapshot(**more), Knowledge()).signals
    return next((item.value, item.points) for item in found if item.name == name)


def test_signals_of_what_was_asked() -> None:
    assert signal("datasets and Spaces", publisher=make_publisher(datasets=3, spaces=0)) == ("3 and 0", 0)
    assert signal("other models of a new account") == ("unknown", 0)
    copies = tuple(
        Sibling(id=f"org/{name}", created_at=days_ago(2)) for name in ("bert-base-uncased", "gpt-oss-20b", "x")
    )
    value, points = signal("other models of a new account", siblings=Known(value=copies))
    assert (points, "3, the oldest 2 days old, 2 of them" in value) == (-15, True)


def test_commits_by_members_are_no_strangers() -> None:
    commit = make_commit(4, "dora", days=3)
    files = [make_file("model.safetensors", commit=commit)]
    history = make_history(commit, *OLD)
    seen = {"files": files, "history": history}
    assert signal("commits by others", **seen) == ("unknown", 0)
    assert signal("commits by others", **seen, members=Known(value=("dora",)))[1] == 0
    assert signal("commits by others", **seen, members=Known(value=("ada",)))[1] == -25
