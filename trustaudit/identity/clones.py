"""Which repositories of a list bear the name of a popular one of somebody else, without saying so."""

from __future__ import annotations

from collections.abc import Iterable

from trustaudit.identity.judge import nominate
from trustaudit.identity.names import index_for
from trustaudit.identity.nomination import Query, Rule
from trustaudit.knowledge import Knowledge
from trustaudit.refs import RepoType
from trustaudit.snapshot import Sibling


def copied_names(siblings: Iterable[Sibling], knowledge: Knowledge) -> tuple[tuple[str, str], ...]:
    """Pairs of id and the popular id whose name it bears; those that declare a base model are not copies."""
    found: list[tuple[str, str]] = []
    index = index_for(knowledge, RepoType.MODEL)
    for sibling in siblings:
        namespace, slash, name = sibling.id.partition("/")
        if not (slash and namespace and name) or sibling.base_models:
            continue
        nominations = nominate(Query(namespace, name), index)
        target = next((item.target for item in nominations if item.rule is Rule.SAME_NAME), None)
        found += [(sibling.id, target)] if target else []
    return tuple(found)
