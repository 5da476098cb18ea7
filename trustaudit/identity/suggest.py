"""Did you mean: popular ids near an id that does not exist, or that the Hub would refuse."""

from __future__ import annotations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from trustaudit.identity.confusables import ascii_look
from trustaudit.identity.index import NameIndex, Target, best
from trustaudit.identity.name_rules import is_slip
from trustaudit.identity.nomination import Query, Relation, relation
from trustaudit.identity.skeleton import name_skeleton, namespace_skeleton, squashed, words

_SHOWN = 3
_ROOT_LONG = 10
_CROWD = 2
"""More siblings than that one letter away: the letter is a code (``mms-tts-deu``, ``mms-tts-dei``), not a slip."""


def suggest(ref_id: str, index: NameIndex) -> tuple[str, ...]:
    """Up to three popular ids that ``ref_id`` may have meant, likeliest first. Any text is accepted."""
    plain = ref_id if ref_id.isascii() else ascii_look(ref_id)
    if not plain or len(plain) > 200:  # noqa: PLR2004 - an id has at most 193 characters
        return ()
    namespace, _, name = plain.strip().strip("/").rpartition("/")
    if not name:
        return ()
    found = _listed(plain, ref_id, index)
    found += suggest_root(name, index) if not namespace else _near(Query(namespace, name), index)
    return tuple(dict.fromkeys(found))[:_SHOWN]


def seeming_owner(ref_id: str, index: NameIndex) -> str | None:
    """The known namespace, with its slash, that the owner of a refused id is drawn like."""
    owner = index.owners.get((ascii_look(ref_id.partition("/")[0]) or "").casefold())
    return f"{owner.name}/" if owner else None


def _listed(plain: str, asked: str, index: NameIndex) -> list[str]:
    repo = index.listed.find(plain)
    return [repo.id] if repo and plain != asked else []


def _near(query: Query, index: NameIndex) -> list[str]:
    own = correction(query, index)
    targets = (*_of_near_owners(query, index), *_of_near_names(query, index))
    return [own, *targets] if own else list(targets)


def _of_near_owners(query: Query, index: NameIndex) -> list[str]:
    skeleton = namespace_skeleton(query.namespace)
    owners = (*index.owners_by_skeleton.get(skeleton, ()), *index.near_owners(skeleton, 2))
    related = sorted((relation(query, owner) for owner in owners), key=lambda pair: -pair[0])
    return [target.id for near, target in related if target and near >= Relation.NEAR]


def _of_near_names(query: Query, index: NameIndex) -> list[str]:
    skeleton = name_skeleton(query.name)
    same = best(query.foreign(index.targets_by_skeleton.get(skeleton, ())))
    if same:
        return [same.id]
    near = (target for found in index.near_names(skeleton, 1) for target in index.targets_by_skeleton[found])
    slips = [target for target in query.foreign(near) if is_slip(query, target.name, index)]
    return [target.id for target in sorted(slips, key=lambda target: target.rank)]


def suggest_root(name: str, index: NameIndex) -> tuple[str, ...]:
    """What an id without a namespace may have meant: a legacy id, or a popular name without its owner."""
    limit = 2 if len(name) >= _ROOT_LONG else 1
    legacy = [key for key in index.names.moved if "/" not in key]
    near = process.extract(name.casefold(), legacy, scorer=OSA.distance, score_cutoff=limit, limit=_SHOWN)
    meant = [index.names.moved[key].new for key, _, _ in sorted(near, key=lambda hit: hit[1])]
    named: list[Target] = sorted(index.targets_by_skeleton.get(name_skeleton(name), ()), key=lambda target: target.rank)
    return tuple(dict.fromkeys((*meant, *(target.id for target in named))))[:_SHOWN]


def correction(query: Query, index: NameIndex) -> str | None:
    """The repository of the same, popular owner whose name this one seems to misspell."""
    if index.rank_of(query.namespace, query.own) is None:
        return None
    ids = index.siblings_of(query.namespace).ids
    near = process.extract(name_skeleton(query.name), list(ids), scorer=OSA.distance, score_cutoff=1, limit=None)
    others = [ids[found] for found, _, _ in near if ids[found].casefold() != query.own]
    if len(others) > _CROWD:
        return None
    return next((other for other in others if _misspells(query, other, index)), None)


def _misspells(query: Query, other: str, index: NameIndex) -> bool:
    """Whether the difference is a slip: no word of a sibling's name, where siblings differ in short codes."""
    name = other.rpartition("/")[2]
    if squashed(name) == squashed(query.name):
        return True
    vocabulary, own = index.siblings_of(query.namespace).vocabulary, query.own in index.listed
    odd = set(words(query.name)) - set(words(name))
    return all(vocabulary[word] <= own for word in odd) and is_slip(query, name, index, codes=True)
