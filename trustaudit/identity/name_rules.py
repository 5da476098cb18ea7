"""Rules about the name of a repository, under whatever owner: every documented attack of 2026 copied it."""

from __future__ import annotations

from collections import Counter

from trustaudit.finding import Severity
from trustaudit.identity.affixes import without_claims, without_format
from trustaudit.identity.index import NameIndex, Target, best
from trustaudit.identity.nomination import NAME_TYPO_LENGTH, Nomination, Query, Rule
from trustaudit.identity.skeleton import digit_mask, name_skeleton, namespace_skeleton, squashed, words
from trustaudit.identity.slips import is_drawn_alike, is_typing_slip
from trustaudit.knowledge.name_words import name_words

GENERIC_USES = 3
"""A name of one plain word that stands in so many popular names belongs to nobody."""
_CODE_LENGTH = 3
_LONG_WORD = 5
_LONGEST_OWNER = 4
_NO_DIGITS = str.maketrans("", "", "0123456789")


def same_name(query: Query, index: NameIndex) -> Nomination | None:
    """T4: the very name of a popular repository under another owner."""
    target = best(query.foreign(index.targets_by_skeleton.get(name_skeleton(query.name), ())))
    if target is None:
        return None
    if target.name.casefold() != query.name.casefold():
        reason = f"differs from {target.id} only in how the name is written"
        return Nomination(Rule.NAME_TYPO, Severity.MEDIUM, target.id, reason)
    habitual = _is_conversion(query, target, index)
    severity = Severity.LOW if habitual or _is_generic(query, index) else Severity.MEDIUM
    reason = f"has the name of {target.id} under another owner"
    return Nomination(Rule.SAME_NAME, severity, target.id, reason, habitual=habitual)


def _is_conversion(query: Query, target: Target, index: NameIndex) -> bool:
    """Whether the name is a format behind the name of somebody else's model: all converters call it so."""
    parts = words(query.name)
    owner = index.owners.get(target.namespace.casefold())
    if owner is None or not name_words().is_format(parts[-1]):
        return False
    origins = index.targets_by_skeleton.get(name_skeleton("".join(without_format(parts))), ())
    made_here = {origin.namespace for origin in origins} == {target.namespace}
    return not made_here and (owner.converts or not owner.brand)


def _is_generic(query: Query, index: NameIndex) -> bool:
    parts = words(query.name)
    return len(parts) == 1 and parts[0].isalpha() and index.vocabulary[parts[0]] > GENERIC_USES


def misspelt(query: Query, index: NameIndex) -> Nomination | None:
    """T5: one typing error away from the name of a popular repository of another owner."""
    skeleton = name_skeleton(query.name)
    if len(skeleton) < NAME_TYPO_LENGTH or skeleton in index.targets_by_skeleton:
        return None
    near = (target for found in index.near_names(skeleton, 1) for target in index.targets_by_skeleton[found])
    target = best(target for target in query.foreign(near) if is_slip(query, target.name, index))
    if target is None:
        return None
    return Nomination(Rule.NAME_TYPO, Severity.MEDIUM, target.id, f"is one letter away from {target.id}")


def is_slip(query: Query, meant: str, index: NameIndex, *, codes: bool = False) -> bool:
    """Whether the one edit between two names is a slip rather than the step to a sibling.

    Siblings differ in digits (sizes, versions), in short codes (``I2V``, ``T2V``), by a whole
    word, or in a word that other names use as well; a slip makes a word that nobody uses.
    ``codes`` counts slips in short codes too: right where nobody but the owner publishes.
    """
    ours, theirs = words(query.name), words(meant)
    if len(ours) != len(theirs):
        return not _only_digits_differ(squashed(query.name), squashed(meant)) and not _is_extended(ours, theirs)
    pairs = [(slip, word) for slip, word in zip(ours, theirs, strict=True) if slip != word]
    if len(pairs) != 1:
        return True
    slip, word = pairs[0]
    if _only_digits_differ(slip, word) or (_uses(slip, query, index) and not _is_long_slip(slip, word)):
        return False
    return codes or len(word) > _CODE_LENGTH or _looks_like(slip, word) or _is_doubled(slip, word)


def _is_long_slip(slip: str, word: str) -> bool:
    """Whether a letter of a long word is missing or too many, though other names may spell it so (``distil``)."""
    long = min(len(slip), len(word)) >= _LONG_WORD
    return long and len(slip) != len(word) and is_typing_slip(slip, word)


def _is_doubled(slip: str, word: str) -> bool:
    """Whether a letter of the word is written twice."""
    return any(slip == word[:place] + word[place - 1 :] for place in range(1, len(word) + 1))


def _uses(word: str, query: Query, index: NameIndex) -> bool:
    """Whether a popular name other than this one has the word."""
    own = query.own in index.listed and word in words(query.name)
    return index.vocabulary[word] > own


def _looks_like(slip: str, word: str) -> bool:
    """Whether one character is replaced by one drawn like it: a slip whatever the length of the word."""
    odd = [pair for pair in zip(slip, word, strict=False) if pair[0] != pair[1]]
    return len(slip) == len(word) and len(odd) == 1 and is_drawn_alike(*odd[0])


def _only_digits_differ(one: str, other: str) -> bool:
    return one.translate(_NO_DIGITS) == other.translate(_NO_DIGITS)


def _is_extended(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether one name is the other with a word more."""
    shorter, longer = sorted((ours, theirs), key=len)
    return not Counter(shorter) - Counter(longer)


def confused_version(query: Query, index: NameIndex) -> Nomination | None:
    """A version or size that its only publisher is not known to have, from somebody else.

    Never grave by itself: the Hub is full of honest siblings. Converted names are left out, as
    converters are often quicker than lists.
    """
    parts = words(query.name)
    if name_skeleton(query.name) in index.targets_by_skeleton or name_words().is_format(parts[-1]):
        return None
    kin = list(query.foreign(index.targets_by_mask.get(digit_mask(query.name), ())))
    origins = [member for member in kin if not index.names.is_reuploader(member.namespace)] or kin
    target = best(origins)
    if target is None or any(member.namespace != target.namespace for member in origins):
        return None
    reason = f"is a version or size of {target.name} that {target.namespace} is not known to have"
    return Nomination(Rule.VERSION, Severity.LOW, target.id, reason)


def claimed_official(query: Query, index: NameIndex) -> Nomination | None:
    """T6: a claim around a name (``official-``, ``-original``, ``-free-download``), popular or not.

    Of 32,428 popular ids seven begin or end with a word that needs no popular name beside it.
    """
    parts = words(query.name)
    bare = without_claims(parts)
    if not bare or bare == parts:
        return None
    target = best(query.foreign(index.targets_by_skeleton.get(name_skeleton("".join(bare)), ())))
    claims = [word for word in parts if word in name_words().claims]
    if target is None and name_words().plain_claims.isdisjoint((parts[0], parts[-1])):
        return None
    about = f"the name of {target.id} under another owner" if target else "a name that is not known"
    reason = f"adds {' '.join(claims)!r} to {about}"
    return Nomination(Rule.CLAIM, Severity.MEDIUM, target.id if target else "", reason)


def embedded_owner(query: Query, index: NameIndex) -> Nomination | None:
    """T6: owner and name of a popular repository in one name (``someone/openai-gpt-oss-20b``).

    With a format behind it this is how converters name their source: nothing to report.
    """
    parts = without_claims(words(query.name))
    for length in range(1, min(len(parts) - 1, _LONGEST_OWNER) + 1):
        head, rest = namespace_skeleton("".join(parts[:length])), name_skeleton("".join(parts[length:]))
        owners = (*index.owners_by_skeleton.get(head, ()), *index.owners_by_core.get(head, ()))
        target = best(t for owner in owners for t in query.foreign(owner.targets) if t.skeleton == rest)
        if target:
            reason = f"carries owner and name of {target.id} under another owner"
            return Nomination(Rule.EMBEDDED, Severity.MEDIUM, target.id, reason)
    return None
