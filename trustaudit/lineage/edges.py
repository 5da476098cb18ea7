"""Who is made from whom, over many audits: edges, and the way down from one repository to all that descend from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from trustaudit.errors import RefError
from trustaudit.facts import Frozen, value_of
from trustaudit.lineage.declared import declared_parents
from trustaudit.refs import RepoRef, RepoType
from trustaudit.snapshot import Ancestor, RepoInfo, Snapshot


class ParentEdge(Frozen):
    """One parent of a repository. ``id`` is a full id (``datasets/org/name``)."""

    id: str
    relation: str
    declared_in: str


class Descent(Frozen):
    """The parents of one repository, as an audit saw them; ``audited``: its own, not that of a descendant."""

    id: str
    commit: str | None = None
    seen_at: datetime
    parents: tuple[ParentEdge, ...] = ()
    audited: bool = True


class Descendant(Struct, frozen=True):
    """A repository that descends from another. ``way`` leads from the ancestor to it, both included."""

    descent: Descent
    way: tuple[str, ...]
    relation: str


def descents_of(snapshot: Snapshot) -> Iterator[Descent]:
    """What a snapshot says about descent: its own parents, and those of ancestors that were looked up.

    Nothing for a repository that could not be seen.
    """
    info = snapshot.repo_info
    own = _full_id(info.id, snapshot.ref.type) if info else ""
    if not own or snapshot.origin == "local":
        return
    parents = tuple(
        ParentEdge(id=_full_id(item.id, item.type), relation=item.relation, declared_in=item.place)
        for item in declared_parents(snapshot)
    )
    yield Descent(id=own, commit=snapshot.commit, seen_at=snapshot.collected_at, parents=parents)
    yield from _passed(snapshot)


def descendants(of: str, known: Iterable[Descent]) -> tuple[Descendant, ...]:
    """Everything that descends from a full id, nearest first, each once by its shortest way."""
    children: dict[str, list[tuple[Descent, str]]] = defaultdict(list)
    for descent in known:
        for parent in descent.parents:
            children[parent.id.casefold()].append((descent, parent.relation))
    found: dict[str, Descendant] = {}
    level: list[tuple[str, ...]] = [(of,)]
    while level:
        onward: list[tuple[str, ...]] = []
        for way in level:
            for descent, relation in sorted(children[way[-1].casefold()], key=lambda pair: pair[0].id):
                key = descent.id.casefold()
                if key not in found and key != of.casefold():
                    found[key] = Descendant(descent, (*way, descent.id), relation)
                    onward.append((*way, descent.id))
        level = onward
    return tuple(found.values())


def _passed(snapshot: Snapshot) -> Iterator[Descent]:
    """Ancestors that are somebody's child themselves."""
    by_child: dict[str, list[Ancestor]] = defaultdict(list)
    commits: dict[str, str | None] = {}
    for ancestor in snapshot.lineage:
        by_child[ancestor.parent].append(ancestor)
        commits.setdefault(ancestor.id, ancestor.commit)
    for child, ancestors in by_child.items():
        if child != snapshot.ref.id:
            parents = tuple(_edge(item) for item in ancestors if not item.circular)
            seen = snapshot.collected_at
            yield Descent(id=child, commit=commits.get(child), seen_at=seen, parents=parents, audited=False)


def _edge(ancestor: Ancestor) -> ParentEdge:
    return ParentEdge(id=_answered(ancestor), relation=ancestor.relation, declared_in=ancestor.declared_in)


def _answered(ancestor: Ancestor) -> str:
    """The full id that the Hub answered with, else the one that was declared."""
    info: RepoInfo | None = value_of(ancestor.found)
    return (_full_id(info.id, ancestor.type) if info else "") or _full_id(ancestor.id, ancestor.type)


def _full_id(repo_id: str, kind: RepoType) -> str:
    """Empty for what cannot be an id: answers have not been through ``RepoRef``'s rules."""
    namespace, _, name = repo_id.rpartition("/")
    try:
        return RepoRef(type=kind, namespace=namespace or None, name=name).full_id
    except RefError:
        return ""
