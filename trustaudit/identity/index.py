"""NameIndex: the popular names, arranged so that one id is compared with all of them in under a millisecond.

*Targets* are the repositories worth imitating, *owners* the namespaces worth imitating. Equality
of skeletons is a dictionary look-up; edit distance only runs in buckets of nearly equal length.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec import Struct, field
from rapidfuzz import process
from rapidfuzz.distance import OSA

from trustaudit.identity.affixes import without_affixes
from trustaudit.identity.skeleton import camel_words, digit_mask, name_skeleton, namespace_skeleton, words
from trustaudit.knowledge.listing import PopularList
from trustaudit.knowledge.names import Names, load_names

TRUSTED_TOP = 1000
"""A namespace with a model among so many most downloaded ones is trusted: it is imitated, not imitating."""
REFERENCE_DOWNLOADS = 10_000
"""Downloads of 30 days that make a target: seven of the eight targets attacked in 2026 rank 829 to 3,095."""
REFERENCE_LIKES = 300
"""Likes that make one too: a trending repository is attacked before its downloads are counted."""


class Target(Struct, frozen=True):
    """A popular repository. ``rank`` counts from 1."""

    id: str
    namespace: str
    name: str
    rank: int
    downloads: int
    skeleton: str


class Owner(Struct, frozen=True):
    """A namespace worth imitating, with its targets, best first.

    A ``brand`` is worth it for its name alone: trusted, or a known re-uploader (``converts``).
    """

    name: str
    skeleton: str
    targets: tuple[Target, ...]
    brand: bool
    converts: bool


class Siblings(Struct, frozen=True):
    """The listed ids of one namespace by the skeleton of their names, and in how many of them each word stands."""

    ids: dict[str, str]
    vocabulary: Counter[str]


def best(targets: Iterable[Target]) -> Target | None:
    """The one with the lowest rank."""
    return min(targets, key=lambda target: target.rank, default=None)


class NameIndex(Struct, frozen=True, eq=False, dict=True):
    """Made by ``build``. ``listed`` is the list the index was built from, for exact membership."""

    names: Names
    listed: PopularList
    targets: tuple[Target, ...]
    owners: dict[str, Owner] = field(default_factory=dict)
    targets_by_skeleton: dict[str, list[Target]] = field(default_factory=dict)
    owners_by_skeleton: dict[str, list[Owner]] = field(default_factory=dict)
    owners_by_core: dict[str, list[Owner]] = field(default_factory=dict)
    owners_by_words: dict[frozenset[str], list[Owner]] = field(default_factory=dict)
    name_buckets: dict[int, list[str]] = field(default_factory=dict)
    owner_buckets: dict[int, list[str]] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        popular: PopularList,
        names: Names,
        *,
        reference_top: int | None = None,
        publishers: PopularList | None = None,
    ) -> NameIndex:
        """The index of a popular list.

        ``reference_top`` keeps only so many most downloaded repositories, as if nothing else were
        known: an evaluation with the whole list would only prove that the list was read.
        ``publishers`` is a list of another kind of repository whose owners are worth imitating too.
        """
        listed = popular if reference_top is None else popular.head(reference_top)
        targets = tuple(_targets(listed, names, everything=reference_top is not None))
        index = cls(names, listed, (*targets, *(_moved_targets(names, targets) if publishers is None else ())))
        index._fill_targets()
        known = _targets(publishers, names, everything=False) if publishers else ()
        index._fill_owners((*index.targets, *known))
        return index

    def _fill_targets(self) -> None:
        for target in self.targets:
            self.targets_by_skeleton.setdefault(target.skeleton, []).append(target)
        for skeleton in self.targets_by_skeleton:
            self.name_buckets.setdefault(len(skeleton), []).append(skeleton)

    @functools.cached_property
    def targets_by_mask(self) -> dict[str, list[Target]]:
        """Families of targets that differ in numbers alone. Few names need it, and it takes 6 ms to make."""
        found: dict[str, list[Target]] = {}
        for target in self.targets:
            found.setdefault(digit_mask(target.name), []).append(target)
        return found

    @functools.cached_property
    def vocabulary(self) -> Counter[str]:
        """In how many targets each word stands. As above: 6 ms."""
        return Counter(chain.from_iterable(set(words(target.name)) for target in self.targets))

    def _fill_owners(self, targets: Iterable[Target]) -> None:
        by_owner: dict[str, list[Target]] = defaultdict(list)
        for target in targets:
            by_owner[target.namespace.casefold()].append(target)
        for name in self.names.reuploaders:
            by_owner.setdefault(name, [])
        for key, owned in by_owner.items():
            self._add_owner(key, tuple(owned))
        for skeleton in self.owners_by_skeleton:
            self.owner_buckets.setdefault(len(skeleton), []).append(skeleton)

    def _add_owner(self, key: str, targets: tuple[Target, ...]) -> None:
        name = targets[0].namespace if targets else self.names.spelling(key)
        trusted = bool(targets) and targets[0].rank <= TRUSTED_TOP
        converts = self.names.is_reuploader(key)
        owner = Owner(name, namespace_skeleton(name), targets, trusted or converts, converts)
        self.owners[key] = owner
        self.owners_by_skeleton.setdefault(owner.skeleton, []).append(owner)
        parts = camel_words(name)
        self.owners_by_words.setdefault(frozenset(parts), []).append(owner)
        core = namespace_skeleton("".join(without_affixes(parts)))
        self.owners_by_core.setdefault(core or owner.skeleton, []).append(owner)

    def near_names(self, skeleton: str, limit: int) -> list[str]:
        """Target skeletons within ``limit`` edits (insert, delete, replace, swap neighbours), nearest first."""
        return _near(self.name_buckets, skeleton, limit)

    def near_owners(self, skeleton: str, limit: int) -> list[Owner]:
        """Owners whose skeleton is within ``limit`` edits, nearest first."""
        near = _near(self.owner_buckets, skeleton, limit)
        return [owner for found in near for owner in self.owners_by_skeleton[found]]

    def rank_of(self, namespace: str, without: str) -> int | None:
        """The best rank of the namespace's targets, the (casefolded) id ``without`` left aside."""
        owner = self.owners.get(namespace.casefold())
        ranks = (target.rank for target in owner.targets if target.id.casefold() != without) if owner else ()
        return next(iter(ranks), None)

    def siblings_of(self, namespace: str) -> Siblings:
        """All that is listed of a namespace: what a misspelt id may have meant."""
        return _siblings(self.listed, namespace.casefold())


def index_of(
    popular: PopularList, publishers: PopularList | None = None, *, reference_top: int | None = None
) -> NameIndex:
    """The index of a list, built once per process."""
    return _index(popular, publishers, reference_top)


@functools.lru_cache(maxsize=8)
def _index(popular: PopularList, publishers: PopularList | None, reference_top: int | None) -> NameIndex:
    """Positional alone: the cache takes the same question in another spelling for another question."""
    return NameIndex.build(popular, load_names(), reference_top=reference_top, publishers=publishers)


@functools.lru_cache(maxsize=1024)
def _siblings(listed: PopularList, namespace: str) -> Siblings:
    names = _names_by_namespace(listed).get(namespace, ())
    return Siblings(
        {name_skeleton(name): f"{owner}/{name}" for owner, name in names},
        Counter(word for _, name in names for word in set(words(name))),
    )


@functools.lru_cache(maxsize=8)
def _names_by_namespace(listed: PopularList) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for repo_id in listed.ids:
        namespace, _, name = repo_id.rpartition("/")
        found[namespace.casefold()].append((namespace, name))
    return found


def _targets(popular: PopularList, names: Names, *, everything: bool) -> Iterator[Target]:
    least = (0, 0) if everything else (REFERENCE_DOWNLOADS, REFERENCE_LIKES)
    for rank, repo in popular.counted(*least):
        namespace, _, name = repo.id.rpartition("/")
        if not names.is_artefact(namespace, name):
            yield Target(repo.id, namespace, name, rank, repo.downloads or 0, name_skeleton(name))


def _moved_targets(names: Names, known: tuple[Target, ...]) -> Iterator[Target]:
    """What the oldest ids of the Hub have become: known by heart, whatever a list of the day counts."""
    seen = {target.id.casefold() for target in known}
    new = dict.fromkeys(entry.new for entry in names.moved.values() if entry.new.casefold() not in seen)
    for rank, repo_id in enumerate(new, start=len(known) + 1):
        namespace, _, name = repo_id.rpartition("/")
        yield Target(repo_id, namespace, name, rank, 0, name_skeleton(name))


def _near(buckets: dict[int, list[str]], text: str, limit: int) -> list[str]:
    found: list[tuple[str, int, int]] = []
    for length in range(len(text) - limit, len(text) + limit + 1):
        bucket = buckets.get(length, [])
        found += process.extract(text, bucket, scorer=OSA.distance, score_cutoff=limit, limit=None)
    return [match for match, _, _ in sorted(found, key=lambda hit: hit[1])]
