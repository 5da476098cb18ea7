"""The way from an audited repository up to one of its ancestors."""

from __future__ import annotations

from trustaudit.snapshot import Ancestor, Snapshot


def way_ids(ancestor: Ancestor, snapshot: Snapshot) -> tuple[str, ...]:
    """Ids from the audited repository to the ancestor, both included; a circle ends where it closes."""
    parents = {item.id: item.parent for item in reversed(snapshot.lineage)}
    way = [ancestor.id]
    current = ancestor.parent
    while current and current != snapshot.ref.id and current not in way:
        way.append(current)
        current = parents.get(current, "")
    return (snapshot.ref.id, *reversed(way))


def way_of(ancestor: Ancestor, snapshot: Snapshot) -> str:
    """``org/adapter ← org/model-awq ← org/model``."""
    return " ← ".join(way_ids(ancestor, snapshot))
