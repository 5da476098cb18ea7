from __future__ import annotations

from tests.builders import NOW, make_info, make_snapshot
from tests.checks.lined import ancestor
from trustaudit.facts import Known
from trustaudit.lineage.edges import Descent, ParentEdge, descendants, descents_of
from trustaudit.snapshot import Card, RepoInfo


def descent(child: str, *parents: str, audited: bool = True) -> Descent:
    edges = tuple(ParentEdge(id=parent, relation="finetune", declared_in="card") for parent in parents)
    return Descent(id=child, seen_at=NOW, parents=edges, audited=audited)


def test_the_shortest_way_down() -> None:
    known = [descent("b/b", "a/a"), descent("c/c", "b/b", "a/a"), descent("d/d", "c/c"), descent("e/e", "x/x")]
    assert [(item.descent.id, item.way) for item in descendants("A/A", known)] == [
        ("b/b", ("A/A", "b/b")),
        ("c/c", ("A/A", "c/c")),
        ("d/d", ("A/A", "c/c", "d/d")),
    ]


def test_circles_end() -> None:
    assert [item.descent.id for item in descendants("a/a", [descent("a/a", "b/b"), descent("b/b", "a/a")])] == ["b/b"]


def test_what_a_snapshot_tells() -> None:
    line = (ancestor("a/b"), ancestor("c/d", 2, "a/b", found=Known[RepoInfo](value=make_info(id="new/d"))))
    snapshot = make_snapshot(info=make_info(card=Card(base_models=("a/b",))), lineage=line)
    found = {item.id: ([edge.id for edge in item.parents], item.audited) for item in descents_of(snapshot)}
    assert found == {"org/model": (["a/b"], True), "a/b": (["new/d"], False)}


def test_what_is_no_id_is_left_out() -> None:
    hostile = make_snapshot(info=make_info(id="../../x"))
    assert list(descents_of(hostile)) == []
