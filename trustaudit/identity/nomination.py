"""What the name rules work with: the id in question, the nominations they make, and how names relate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, StrEnum

from msgspec import Struct
from rapidfuzz.distance import OSA

from trustaudit.finding import Severity
from trustaudit.identity.index import Owner, Target, best
from trustaudit.identity.skeleton import camel_words, digit_mask, name_skeleton, words
from trustaudit.knowledge.name_words import name_words

NAME_TYPO_LENGTH = 8
"""A shorter skeleton has honest neighbours everywhere (``bert-mini``, ``bert-tiny``)."""
_FAMILY_LENGTH = 3


class Rule(StrEnum):
    """The name rules, by the words that reports use."""

    INVALID = "invalid-id"
    DENIED = "denied-namespace"
    LOOKALIKE = "namespace-lookalike"
    OWNER_TYPO = "namespace-typo"
    BRAND = "namespace-brand"
    SAME_NAME = "same-name"
    NAME_TYPO = "name-typo"
    EMBEDDED = "embedded-owner"
    CLAIM = "claims-official"
    VERSION = "version-confusion"
    MISSPELT = "misspelt-id"
    RENAMED = "renamed-id"


OWNER_RULES = frozenset({Rule.LOOKALIKE, Rule.OWNER_TYPO, Rule.BRAND})
"""The rules about the namespace; the other nominations are about the repository's name."""


class Relation(IntEnum):
    """How a repository name relates to those of one owner, ascending."""

    NONE = 0
    FAMILY = 1
    NEAR = 2
    SAME = 3


class Query(Struct, frozen=True):
    """An id under judgement, with a namespace. The id itself is never its own target."""

    namespace: str
    name: str

    @property
    def own(self) -> str:
        """The id as the Hub compares it."""
        return f"{self.namespace}/{self.name}".casefold()

    def is_own(self, namespace: str) -> bool:
        """Whether that is the namespace of the id."""
        return namespace.casefold() == self.namespace.casefold()

    def foreign(self, targets: Iterable[Target]) -> Iterator[Target]:
        """The targets of other owners."""
        return (target for target in targets if not self.is_own(target.namespace))


class Nomination(Struct, frozen=True):
    """An id that may be taken for ``target``: an id, a namespace with its slash, or empty for something unknown.

    ``reason`` continues a sentence that begins with the id. ``habitual`` marks names that many
    publishers give for honest reasons (a quantization named after its base model and format).
    """

    rule: Rule
    severity: Severity
    target: str
    reason: str
    habitual: bool = False

    @property
    def is_vague(self) -> bool:
        """Whether no particular repository is imitated: only an owner, or nobody known."""
        return not self.target or self.target.endswith("/")


def relation(query: Query, owner: Owner) -> tuple[Relation, Target | None]:
    """How close the name is to the repositories of ``owner``, and to which of them."""
    others = [target for target in owner.targets if target.id.casefold() != query.own]
    skeleton = name_skeleton(query.name)
    same = best(target for target in others if target.skeleton == skeleton)
    if same:
        return Relation.SAME, same
    near = best(target for target in others if _is_near(query.name, skeleton, target))
    if near:
        return Relation.NEAR, near
    word = family(query.name)
    kin = best(target for target in others if word and family(target.name) == word)
    converted = owner.converts and name_words().is_format(words(query.name)[-1])
    return (Relation.FAMILY if kin or converted else Relation.NONE), kin


def _is_near(name: str, skeleton: str, target: Target) -> bool:
    if digit_mask(name) == digit_mask(target.name) or continues(name, target.name):
        return True
    close = 2
    return len(target.skeleton) >= NAME_TYPO_LENGTH and OSA.distance(skeleton, target.skeleton) <= close


def continues(name: str, origin: str) -> bool:
    """Whether ``name`` is ``origin`` followed by further words: what a derivative is called."""
    head, whole = words(origin), words(name)
    return len(whole) > len(head) and whole[: len(head)] == head


def family(name: str) -> str:
    """The model family a name opens with: letters of its first word, empty when too short to tell."""
    opening = next(iter(camel_words(name)), "")
    return opening if len(opening) >= _FAMILY_LENGTH and opening.isalpha() else ""
