"""Rules about the owner of an id: nobody else can publish under a name, so the name is what is forged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

from trustaudit.finding import Severity
from trustaudit.identity.affixes import without_affixes
from trustaudit.identity.index import NameIndex, Owner, Target
from trustaudit.identity.nomination import Nomination, Query, Relation, Rule, relation
from trustaudit.identity.skeleton import camel_words, namespace_skeleton, squashed
from trustaudit.identity.slips import is_typing_slip
from trustaudit.knowledge.name_words import name_words

SHORT = 5
LONG = 10
"""From LONG characters on two edits count, from SHORT on one.

140 of 7,079 genuine namespaces are within two edits of a top one, 7 within one. Below SHORT one
edit counts only beside the very same repository name.
"""
_SHORTEST = 4
_LONGEST_RUN = 5


def lookalike(query: Query, index: NameIndex) -> Nomination | None:
    """T1: reads like a known namespace: other separators, l for I, 0 for O, rn for m."""
    for owner in _others(query, index, index.owners_by_skeleton.get(namespace_skeleton(query.namespace), ())):
        near, target = relation(query, owner)
        if near >= Relation.FAMILY or owner.brand:
            reason = f"belongs to {query.namespace}, which reads like {owner.name}"
            return Nomination(Rule.LOOKALIKE, Severity.HIGH, _shown(owner, near, target), reason)
    return None


def misspelt(query: Query, index: NameIndex) -> Nomination | None:
    """T2: one typing error, in a long name two, away from an owner of repositories with such names."""
    skeleton = namespace_skeleton(query.namespace)
    limit = 2 if len(skeleton) >= LONG else 1 if len(skeleton) >= _SHORTEST else 0
    near = index.near_owners(skeleton, limit) if limit else ()
    found = (_misspelt(query, skeleton, owner) for owner in _others(query, index, near) if owner.skeleton != skeleton)
    return max(filter(None, found), key=lambda nomination: nomination.severity.rank, default=None)


def _misspelt(query: Query, skeleton: str, owner: Owner) -> Nomination | None:
    near, target = relation(query, owner)
    edits = OSA.distance(skeleton, owner.skeleton)
    severity = _misspelt_severity(near, edits, owner, slip=is_typing_slip(query.namespace, owner.name))
    if severity is None or (near is not Relation.SAME and min(len(skeleton), len(owner.skeleton)) < SHORT):
        return None
    letters = "one letter" if edits == 1 else f"{edits} letters"
    reason = f"belongs to {query.namespace}, {letters} away from {owner.name}"
    return Nomination(Rule.OWNER_TYPO, severity, _shown(owner, near, target), reason)


def _misspelt_severity(near: Relation, edits: int, owner: Owner, *, slip: bool) -> Severity | None:
    if near >= Relation.NEAR:
        return Severity.HIGH
    if near is Relation.FAMILY or (owner.brand and slip):
        return Severity.MEDIUM
    if owner.brand:
        return Severity.LOW if edits == 1 else Severity.INFO
    return None


def branded(query: Query, index: NameIndex) -> Nomination | None:
    """T3: a known name with words around it (``openai-official``), over a repository of that owner."""
    found = (_branded(query, owner, dressed=dressed) for owner, dressed in _contained(query, index))
    return max(filter(None, found), key=lambda nomination: nomination.severity.rank, default=None)


def _branded(query: Query, owner: Owner, *, dressed: bool) -> Nomination | None:
    near, target = relation(query, owner)
    severity = _branded_severity(near, dressed=dressed, brand=owner.brand)
    if (
        severity is None
        and dressed
        and owner.brand
        and not name_words().claims.isdisjoint(camel_words(query.namespace))
    ):
        severity = Severity.LOW
    if severity is None:
        return None
    reason = f"belongs to {query.namespace}, which carries the name of {owner.name}"
    return Nomination(Rule.BRAND, severity, _shown(owner, near, target), reason)


def _branded_severity(near: Relation, *, dressed: bool, brand: bool) -> Severity | None:
    if near is Relation.SAME:
        return Severity.HIGH if dressed else Severity.MEDIUM
    if dressed and (near is Relation.NEAR or (near is Relation.FAMILY and brand)):
        return Severity.MEDIUM
    return None


def _contained(query: Query, index: NameIndex) -> Iterator[tuple[Owner, bool]]:
    """Owners whose name is inside the namespace; the flag says whether only affixes are around it."""
    seen: set[str] = set()
    parts = camel_words(query.namespace)
    dressed = ((owner, True) for owner in _dressed(query.namespace, parts, index))
    stripped = ((owner, False) for owner in index.owners_by_core.get(namespace_skeleton(query.namespace), ()))
    for owner, flag in (*dressed, *_runs(parts, index), *stripped):
        if owner.name not in seen and not query.is_own(owner.name):
            seen.add(owner.name)
            yield owner, flag


def _dressed(namespace: str, parts: tuple[str, ...], index: NameIndex) -> Iterator[Owner]:
    """Owners that are left when affixes are taken off, or when the words are put in another order."""
    rest = without_affixes(parts)
    if rest and rest != parts:
        yield from index.owners_by_core.get(namespace_skeleton("".join(rest)), ())
    yield from index.owners_by_words.get(frozenset(parts), ())
    flat = squashed(namespace)
    for affix in sorted(name_words().brand_affixes):
        for inner in (flat.removeprefix(affix), flat.removesuffix(affix)):
            if inner != flat:
                yield from index.owners_by_skeleton.get(namespace_skeleton(inner), ())
                yield from index.owners_by_core.get(namespace_skeleton(inner), ())


def _runs(parts: tuple[str, ...], index: NameIndex) -> Iterator[tuple[Owner, bool]]:
    """Owners that some of the words in a row spell."""
    affixes = name_words().brand_affixes
    for start in range(len(parts)):
        for end in range(start + 1, min(len(parts), start + _LONGEST_RUN) + 1):
            around = (*parts[:start], *parts[end:])
            dressed = all(word in affixes or word.isdigit() for word in around)
            for owner in index.owners_by_skeleton.get(namespace_skeleton("".join(parts[start:end])), ()):
                yield owner, dressed


def _others(query: Query, index: NameIndex, owners: Iterable[Owner]) -> Iterator[Owner]:
    """The owners that are somebody else, pairs known to be genuine left out."""
    for owner in owners:
        if not query.is_own(owner.name) and not index.names.are_distinct(owner.name, query.namespace):
            yield owner


def _shown(owner: Owner, near: Relation, target: Target | None) -> str:
    return target.id if target and near >= Relation.NEAR else f"{owner.name}/"
